/**
 * What form of an answer a client asks for: JSON, YAML or protobuf, the object itself or a table of
 * it. upstream: apiserver/pkg/endpoints/handlers/negotiation/negotiate.go
 */
import type { ApiRequest } from "#api/request.ts";
import { type Clause, parseAccept } from "#base/accept.ts";
import { isTrue } from "../query-values.ts";
import { notAcceptable } from "../refusals.ts";

export const json = "application/json";
export const yaml = "application/yaml";
export const protobuf = "application/vnd.kubernetes.protobuf";

export type MediaType = typeof json | typeof yaml | typeof protobuf;

export const mediaTypes: readonly MediaType[] = [json, yaml, protobuf];

export type View = "Table" | "PartialObjectMetadata" | "PartialObjectMetadataList";

/** Old clients ask for the second. */
const viewVersions = ["v1", "v1beta1"] as const;

export type ViewVersion = (typeof viewVersions)[number];

export interface Output {
  readonly mediaType: MediaType;
  /** Undefined: the objects as they are. */
  readonly view: View | undefined;
  /** In which version of `meta.k8s.io`. */
  readonly version?: ViewVersion;
}

const plainJson: Output = { mediaType: json, view: undefined };

const memoMax = 1_000;
const known = new Map<string, Output | undefined>();

/** Throws NotAcceptable when nothing that is asked for can be had. */
export function negotiate(
  header: string | undefined,
  hasViews: boolean,
  isJsonOnly = false,
): Output {
  if (header === undefined || header === "" || header === "*/*") return plainJson;
  const memo = `${hasViews ? "" : "-"}${isJsonOnly ? "!" : ""}${header}`;
  if (!known.has(memo)) {
    if (known.size >= memoMax) known.clear();
    known.set(memo, choose(parseAccept(header), { hasViews, isJsonOnly }));
  }
  const output = known.get(memo);
  if (!output) throw notAcceptable(isJsonOnly ? [json, yaml] : mediaTypes);
  return output;
}

interface Offer {
  readonly hasViews: boolean;
  /** The objects themselves have no protobuf form; what is made of them has. */
  readonly isJsonOnly: boolean;
}

function choose(clauses: readonly Clause[], { hasViews, isJsonOnly }: Offer): Output | undefined {
  for (const { range, parameters } of clauses) {
    const mediaType = mediaTypes.find((type) => covers(range, type));
    const wanted = parameters.get("as");
    if (mediaType === undefined) continue;
    if (wanted === undefined) {
      if (isJsonOnly && mediaType === protobuf) continue;
      return { mediaType, view: undefined };
    }
    const version = viewVersion(parameters);
    if (hasViews && isView(wanted) && version) return { mediaType, view: wanted, version };
  }
  return undefined;
}

/** Which of these media types, best first, to answer with. Throws NotAcceptable when none will do. */
export function chooseType(header: string | undefined, offered: readonly string[]): string {
  for (const { range } of parseAccept(header === undefined || header === "" ? "*/*" : header)) {
    const found = offered.find((type) => covers(range, type));
    if (found !== undefined) return found;
  }
  throw notAcceptable(offered);
}

const covers = (range: string, type: string): boolean =>
  range === type || range === "*/*" || range === "application/*";

const isView = (text: string): text is View =>
  text === "Table" || text === "PartialObjectMetadata" || text === "PartialObjectMetadataList";

const viewVersion = (parameters: Clause["parameters"]): ViewVersion | undefined =>
  parameters.get("g") === "meta.k8s.io"
    ? viewVersions.find((version) => version === parameters.get("v"))
    : undefined;

/** People at a terminal or a browser get indented JSON unless they say otherwise. */
export function isPretty({ query, headers }: ApiRequest): boolean {
  const asked = query.get("pretty");
  if (asked) return isTrue(asked);
  return /^(curl|Wget|Mozilla\/5\.0)/.test(headers["user-agent"] ?? "");
}
