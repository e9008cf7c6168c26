/** Extenders in the configuration file. upstream: kube-scheduler/config/v1/types.go#Extender */
import { labelKey } from "#api/names.ts";
import { isExtendedResourceName } from "#api/core/resource-validation.ts";
import type { Section } from "#base/configuration.ts";
import { durationProblem, parseDuration } from "#base/duration.ts";
import type { HttpCallTls } from "#base/http.ts";
import type { ExtenderSettings } from "../extenders/settings.ts";

/** As the file says it: certificates may stand in files of their own. */
export interface ExtenderText {
  readonly settings: ExtenderSettings;
  readonly tls: TlsText | undefined;
  /** Resources that the scheduler itself leaves out of its sums. */
  readonly ignored: readonly string[];
}

interface TlsText {
  readonly isInsecure: boolean;
  readonly serverName?: string | undefined;
  readonly ca?: Pem | undefined;
  readonly certificate?: Pem | undefined;
  readonly key?: Pem | undefined;
}

type Pem = { readonly text: string } | { readonly path: string };

/** Undefined when there is no such file. */
export type ReadText = (path: string) => Promise<string | undefined>;

const defaultTimeoutMs = 5_000;

export function extendersIn(file: Section): readonly ExtenderText[] {
  const managed = new Set<string>();
  const extenders = file.sections("extenders").map((section) => extenderIn(section, managed));
  const binders = extenders.filter(({ settings }) => settings.bindVerb).length;
  // exact: kube-scheduler
  if (binders > 1)
    file.invalid(
      "extenders",
      "only one extender can implement bind",
      `found ${binders} extenders implementing bind`,
    );
  return extenders;
}

function extenderIn(section: Section, managed: Set<string>): ExtenderText {
  const urlPrefix = section.requiredText("urlPrefix");
  if (urlPrefix !== "" && !/^https?:$/.test(URL.parse(urlPrefix)?.protocol ?? ""))
    section.invalid("urlPrefix", "must be an http or https URL");
  const verbs = verbsIn(section);
  const weight = section.integer("weight") ?? 0;
  // exact: kube-scheduler
  if (verbs.prioritizeVerb && weight <= 0)
    section.invalid("weight", "must have a positive weight applied to it", weight);
  const resources = managedIn(section, managed);
  return {
    settings: {
      urlPrefix,
      ...verbs,
      weight,
      isNodeCacheCapable: section.flag("nodeCacheCapable") ?? false,
      isIgnorable: section.flag("ignorable") ?? false,
      timeoutMs: timeoutIn(section),
      managedResources: new Set(resources.keys()),
    },
    tls: tlsIn(section),
    ignored: [...resources].filter(([, isIgnored]) => isIgnored).map(([name]) => name),
  };
}

const verbNames = ["filterVerb", "prioritizeVerb", "preemptVerb", "bindVerb"] as const;

const verbsIn = (section: Section): Pick<ExtenderSettings, (typeof verbNames)[number]> =>
  Object.fromEntries(
    verbNames.flatMap((name) => {
      const verb = section.text(name);
      return verb ? [[name, verb]] : [];
    }),
  );

/** By name: whether the scheduler leaves it alone. `managed` are those of all extenders so far. */
function managedIn(section: Section, managed: Set<string>): ReadonlyMap<string, boolean> {
  const resources = new Map<string, boolean>();
  for (const one of section.sections("managedResources")) {
    const name = one.text("name") ?? "";
    // exact: kube-scheduler
    const problems = labelKey(name);
    for (const problem of problems) one.invalid("name", problem, name);
    if (problems.length === 0 && !isExtendedResourceName(name))
      one.invalid("name", "is an invalid extended resource name");
    if (managed.has(name)) one.invalid("name", "duplicate extender managed resource name");
    managed.add(name);
    resources.set(name, one.flag("ignoredByScheduler") ?? false);
  }
  return resources;
}

function timeoutIn(section: Section): number {
  const text = section.text("httpTimeout");
  if (text === undefined) return defaultTimeoutMs;
  const problem = durationProblem(text);
  if (problem) section.wrong("httpTimeout", problem);
  return parseDuration(text) || defaultTimeoutMs;
}

function tlsIn(section: Section): TlsText | undefined {
  const isForced = section.flag("enableHTTPS") ?? false;
  const own = section.section("tlsConfig");
  const said = own && tlsConfigIn(own);
  if (!isForced) return said;
  // Upstream asks for HTTPS without saying whom to trust: then it trusts everybody.
  return said?.ca ? said : { ...said, isInsecure: true };
}

function tlsConfigIn(own: Section): TlsText {
  const [ca, certificate, key] = [pemIn(own, "ca"), pemIn(own, "cert"), pemIn(own, "key")];
  const isInsecure = own.flag("insecure") ?? false;
  // exact: client-go
  if (isInsecure && ca)
    own.wrong(
      "insecure",
      "specifying a root certificates file with the insecure flag is not allowed",
    );
  if (!certificate !== !key)
    own.wrong(
      certificate ? "keyFile" : "certFile",
      "a certificate and its key are needed together",
    );
  const serverName = own.text("serverName");
  return { isInsecure, serverName, ca, certificate, key };
}

/** The data in the file itself goes before the name of another one. */
function pemIn(section: Section, name: string): Pem | undefined {
  const data = section.text(`${name}Data`);
  const path = section.text(`${name}File`);
  if (data) return { text: Buffer.from(data, "base64").toString() };
  return path ? { path } : undefined;
}

/** Throws when a file is missing, with the name of the extender. */
export async function settingsOf(
  { settings, tls }: ExtenderText,
  read: ReadText,
): Promise<ExtenderSettings> {
  if (!tls) return settings;
  const textOf = async (pem: Pem | undefined): Promise<string | undefined> => {
    if (!pem) return undefined;
    if ("text" in pem) return pem.text;
    const text = await read(pem.path);
    if (text === undefined)
      throw new Error(`extender ${settings.urlPrefix}: there is no file ${pem.path}`);
    return text;
  };
  const [ca, certificate, key] = await Promise.all([tls.ca, tls.certificate, tls.key].map(textOf));
  const call: HttpCallTls = {
    ...(ca ? { ca } : {}),
    ...(certificate && key ? { identity: { certificate, key } } : {}),
    ...(tls.serverName ? { serverName: tls.serverName } : {}),
    ...(tls.isInsecure ? { insecure: true } : {}),
  };
  return { ...settings, tls: call };
}
