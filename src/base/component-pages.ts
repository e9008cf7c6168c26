/**
 * `/statusz` and `/flagz`: what a component is and with what it was started, for people who look for what is wrong.
 * As text unless a version of the structured form is asked for by name.
 * upstream: apiserver/pkg/server/statusz, apiserver/pkg/server/flagz (KEP-4827, KEP-4828)
 */
import { parseAccept } from "./accept.ts";
import { formatTime } from "./clock.ts";
import { pick, type Random } from "./random.ts";
import { formatYaml } from "./yaml.ts";

export interface ComponentPage {
  readonly kind: "Statusz" | "Flagz";
  /** The component: `kubelet`. */
  readonly name: string;
  /** Of the structured form, without kind, version and metadata. */
  readonly fields: object;
  readonly text: string;
}

export interface ComponentFacts {
  readonly name: string;
  readonly startedMs: number;
  readonly goVersion: string;
  /** `v1.36.0+k8ts`. */
  readonly gitVersion: string;
  /** All paths that are served. */
  readonly paths: readonly string[];
}

/** At the moment `nowMs`, of the same clock as `startedMs`. */
export function statusPage(facts: ComponentFacts, nowMs: number, random: Random): ComponentPage {
  const { name, startedMs, goVersion, gitVersion } = facts;
  const uptimeSeconds = Math.max(0, Math.floor((nowMs - startedMs) / 1_000));
  const [, binaryVersion = "", emulationVersion = ""] =
    /^v?((\d+\.\d+)[^+]*)/.exec(gitVersion) ?? [];
  const paths = debuggingPaths(facts.paths);
  const delimiter = pick(random, delimiters);
  const line = (title: string, value: string): string => `${title}${delimiter} ${value}\n`;
  // exact: component-base
  const text = [
    line("Started", unixDate(startedMs)),
    line("Up", duration(uptimeSeconds)),
    line("Go version", goVersion),
    line("Binary version", binaryVersion),
    line("Emulation version", emulationVersion),
    line("Paths", paths.join(" ")),
  ];
  const startTime = formatTime(startedMs);
  return {
    kind: "Statusz",
    name,
    fields: { startTime, uptimeSeconds, goVersion, binaryVersion, emulationVersion, paths },
    text: `${head(name, "statusz")}\n${text.join("")}`,
  };
}

/** `flags`: by name, without what is secret. */
export function flagPage(
  name: string,
  flags: Readonly<Record<string, string>>,
  random: Random,
): ComponentPage {
  const sorted = Object.entries(flags).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const delimiter = pick(random, delimiters);
  const lines = sorted.map(([flag, value]) => `${flag}${delimiter}${value}\n`);
  return {
    kind: "Flagz",
    name,
    fields: { flags: Object.fromEntries(sorted) },
    text: `${head(name, "flagz")}${lines.join("")}`,
  };
}

/** Chosen by lot, so that nobody comes to depend on the text. As upstream. */
const delimiters = [":", ": ", "=", " "] as const;

/** exact: component-base */
const head = (name: string, page: string): string =>
  `\n${name} ${page}\nWarning: This endpoint is not meant to be machine parseable, has no formatting compatibility guarantees and is for debugging purposes only.\n`;

const pad = (number: number): string => String(number).padStart(2, "0");

const duration = (seconds: number): string =>
  `${Math.floor(seconds / 3_600)} hr ${pad(Math.floor(seconds / 60) % 60)} min ${pad(seconds % 60)} sec`;

/** `Thu Jan  1 00:00:00 UTC 2026`. */
function unixDate(ms: number): string {
  const [day = "", date = "", month = "", year = "", time = ""] = new Date(ms)
    .toUTCString()
    .split(" ");
  return `${day.slice(0, 3)} ${month} ${date.replace(/^0/, " ")} ${time} UTC ${year}`;
}

/** Where the API itself is served is no page to look at. */
const ofTheApi = new Set(["/apis", "/api", "/openid", "/openapi", "/.well-known"]);

/** The first part of each path. */
const debuggingPaths = (paths: readonly string[]): readonly string[] =>
  [...new Set(paths.map((path) => `/${path.split("/")[1] ?? ""}`))]
    .filter((folder) => folder !== "/" && !ofTheApi.has(folder))
    .toSorted();

const plain = "text/plain";
const structured = ["application/json", "application/yaml"] as const;

/** The media types that there are, in the order in which a refusal names them. */
export const pageTypes: readonly string[] = [...structured, plain];

export interface PageForm {
  readonly contentType: string;
  readonly body: string;
  /** About the version that was asked for. */
  readonly warning?: string;
}

/** Undefined when nothing that the header `Accept` asks for can be had. */
export function pageForm(page: ComponentPage, accept = ""): PageForm | undefined {
  for (const { range, parameters } of parseAccept(accept.trim() === "" ? plain : accept)) {
    if (!parameters.has("as")) {
      if (covers(range, plain)) return { contentType: `${plain}; charset=utf-8`, body: page.text };
      continue;
    }
    const type = structured.find((one) => covers(range, one));
    const version = parameters.get("v") ?? "";
    const isKnown = parameters.get("as") === page.kind && parameters.get("g") === group;
    if (type && isKnown && versions.has(version)) return structuredForm(page, { type, version });
  }
  return undefined;
}

const covers = (range: string, type: string): boolean =>
  range === type || range === "*/*" || range === `${type.split("/", 1)[0]}/*`;

const group = "config.k8s.io";

/** Whether they are deprecated. */
const versions: ReadonlyMap<string, boolean> = new Map([
  ["v1beta1", false],
  ["v1alpha1", true],
]);

interface Wanted {
  readonly type: (typeof structured)[number];
  readonly version: string;
}

function structuredForm(
  { kind, name, fields }: ComponentPage,
  { type, version }: Wanted,
): PageForm {
  const object = { kind, apiVersion: `${group}/${version}`, metadata: { name }, ...fields };
  const body = type === "application/yaml" ? formatYaml(object) : `${JSON.stringify(object)}\n`;
  if (!versions.get(version)) return { contentType: type, body };
  // exact: component-base
  const warning = `This version of the ${kind.toLowerCase()} endpoint is deprecated. Please use a newer version.`;
  return { contentType: type, body, warning };
}
