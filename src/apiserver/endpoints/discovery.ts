/**
 * What the server serves: `/api`, `/apis` and below, each group by itself or all at once.
 * upstream: apiserver/pkg/endpoints/discovery
 */
import type {
  APIGroupDiscovery,
  APIResourceDiscovery,
  APISubresourceDiscovery,
  APIVersionDiscovery,
} from "#api/meta/aggregated-discovery.ts";
import type { APIGroup, APIResource } from "#api/meta/discovery.ts";
import type { GroupVersionKind } from "#api/meta/group-version.ts";
import { Scale } from "#api/autoscaling/scale.ts";
import type { ApiResponse } from "#api/request.ts";
import { parseAccept } from "#base/accept.ts";
import { sha256Hex } from "#base/hash.ts";
import type { Directory } from "../aggregation/directory.ts";
import { describedVersion, mergedGroups } from "../aggregation/merged-groups.ts";
import type { RemoteServices } from "../aggregation/watching.ts";
import type { Context } from "../context.ts";
import type { KindRegistry, Served } from "../kinds.ts";
import { bytesAnswer, jsonAnswer } from "../responses.ts";
import { type ServedGroup, servedGroups, type ServedVersion } from "./groups.ts";

export interface DiscoveryOptions {
  readonly kinds: KindRegistry;
  /** Of those who serve what this server does not. */
  readonly remotes?: Remotes | undefined;
  /** Where the server is reached: `10.0.0.1:6443`. */
  readonly address: () => string;
}

/** Answers `/api`, `/apis` and below, where no resource is named; undefined: nobody serves it. */
export function discover(options: DiscoveryOptions, context: Context): ApiResponse | undefined {
  const { address, remotes } = options;
  const [root, group, version, ...more] = context.info.path
    .split("/")
    .filter((part) => part !== "");
  if (!/^\/apis?(\/|$)/.test(context.info.path) || more.length > 0) return undefined;
  const groups = allGroups(options);
  if (group === undefined && wantsAll(context)) {
    const shown = groups.filter((one) => (one.group === "") === (root === "api"));
    return aggregated(context, shown, remotes);
  }
  if (root === "api") return group === undefined ? coreVersions(address()) : coreOf(groups, group);
  if (group === undefined) {
    const named = groups.filter((one) => one.group !== "");
    return jsonAnswer({ kind: "APIGroupList", apiVersion: "v1", groups: named.map(groupOf) });
  }
  const found = groups.find((one) => one.group === group && group !== "");
  if (!found) return undefined;
  if (version === undefined) {
    return jsonAnswer({ kind: "APIGroup", apiVersion: "v1", ...groupOf(found) });
  }
  return resourcesOf(found.versions.find((one) => one.version === version));
}

export interface Remotes {
  readonly directory: Directory;
  readonly services: RemoteServices;
}

export const allGroups = ({
  kinds,
  remotes,
}: Pick<DiscoveryOptions, "kinds" | "remotes">): readonly ServedGroup[] => {
  const local = servedGroups(kinds);
  return remotes ? mergedGroups(local, remotes.directory.remotes) : local;
};

const coreVersions = (serverAddress: string): ApiResponse =>
  jsonAnswer({
    kind: "APIVersions",
    versions: ["v1"],
    serverAddressByClientCIDRs: [{ clientCIDR: "0.0.0.0/0", serverAddress }],
  });

function coreOf(groups: readonly ServedGroup[], version: string): ApiResponse | undefined {
  const core = groups.find(({ group }) => group === "");
  return resourcesOf(core?.versions.find((one) => one.version === version));
}

function groupOf({ group, versions }: ServedGroup): APIGroup {
  const all = versions.map(({ apiVersion, version }) => ({ groupVersion: apiVersion, version }));
  return {
    name: group,
    versions: all,
    preferredVersion: all[0] ?? { groupVersion: "", version: "" },
  };
}

function resourcesOf(version: ServedVersion | undefined): ApiResponse | undefined {
  if (!version) return undefined;
  return jsonAnswer({
    kind: "APIResourceList",
    // exact: apiserver leaves it out for the core group.
    ...(version.group === "" ? {} : { apiVersion: "v1" }),
    groupVersion: version.apiVersion,
    resources: version.served.flatMap(resourceWithParts),
  });
}

const sortedVerbs = (verbs: readonly string[]): string[] => verbs.toSorted();

function resourceWithParts(served: Served): readonly APIResource[] {
  const { kind } = served;
  const { shortNames, categories, storage } = kind;
  const namespaced = kind.scope === "Namespaced";
  const resource: APIResource = {
    name: kind.plural,
    singularName: kind.singular,
    namespaced,
    kind: kind.kind,
    verbs: sortedVerbs(kind.verbs),
    ...(shortNames.length > 0 ? { shortNames } : {}),
    ...(categories.length > 0 ? { categories } : {}),
    ...(storage ? { storageVersionHash: storage.hash } : {}),
  };
  const parts = partsOf(served).map((part): APIResource => ({
    name: `${kind.plural}/${part.name}`,
    singularName: "",
    namespaced,
    ...(isForeign(part, kind) ? { group: part.type.group, version: part.type.version } : {}),
    kind: part.type.kind,
    verbs: sortedVerbs(part.verbs),
  }));
  return [resource, ...parts];
}

const isForeign = ({ type }: ServedPart, kind: Served["kind"]): boolean =>
  type.group !== kind.group || type.version !== kind.version;

export interface ServedPart {
  readonly name: string;
  readonly type: GroupVersionKind;
  readonly verbs: readonly string[];
}

const partVerbs = ["get", "patch", "update"];

/** The subresources, by name. */
export function partsOf({ kind, stored, subresources }: Served): readonly ServedPart[] {
  const { group, version } = kind;
  const parts: ServedPart[] = [...subresources.values()].map((part) => ({
    name: part.name,
    type: { group, version, ...part.groupVersion, kind: part.kind },
    verbs: part.verbs,
  }));
  if (stored.status) {
    parts.push({ name: "status", type: { group, version, kind: kind.kind }, verbs: partVerbs });
  }
  if (stored.scale) parts.push({ name: "scale", type: typeOf(Scale), verbs: partVerbs });
  return parts.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

const typeOf = ({ group, version, kind }: GroupVersionKind): GroupVersionKind => ({
  group,
  version,
  kind,
});

const aggregatedType = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/** All groups in one answer; clients that know it ask for it first. */
const wantsAll = ({ request }: Context): boolean =>
  parseAccept(request.headers["accept"] ?? "").some(
    ({ range, parameters }) =>
      range === "application/json" &&
      parameters.get("as") === "APIGroupDiscoveryList" &&
      parameters.get("g") === "apidiscovery.k8s.io" &&
      parameters.get("v") === "v2",
  );

function aggregated(
  { request }: Context,
  groups: readonly ServedGroup[],
  remotes: Remotes | undefined,
): ApiResponse {
  const list = {
    kind: "APIGroupDiscoveryList",
    apiVersion: "apidiscovery.k8s.io/v2",
    metadata: {},
    items: groups.map((group) => groupDiscovery(group, remotes)),
  };
  const bytes = Buffer.from(`${JSON.stringify(list)}\n`);
  const etag = `"${sha256Hex(bytes).toUpperCase()}"`;
  const headers = { etag, vary: "Accept", "cache-control": "public" };
  if (request.headers["if-none-match"] === etag) {
    return { status: 304, headers, body: { is: "none" } };
  }
  return bytesAnswer(bytes, aggregatedType, headers);
}

const groupDiscovery = (
  { group, versions }: ServedGroup,
  remotes: Remotes | undefined,
): APIGroupDiscovery => ({
  metadata: group === "" ? {} : { name: group },
  versions: versions.map((one) =>
    one.remote && remotes
      ? describedVersion(one, remotes.services.describedBy(one.remote))
      : versionDiscovery(one),
  ),
});

const versionDiscovery = ({ version, served }: ServedVersion): APIVersionDiscovery => ({
  version,
  resources: served.map(resourceDiscovery),
  freshness: "Current",
});

function resourceDiscovery(served: Served): APIResourceDiscovery {
  const { kind } = served;
  const { shortNames, categories } = kind;
  const subresources = partsOf(served).map(partDiscovery);
  return {
    resource: kind.plural,
    responseKind: typeOf(kind),
    scope: kind.scope === "Namespaced" ? "Namespaced" : "Cluster",
    singularResource: kind.singular,
    verbs: sortedVerbs(kind.verbs),
    ...(shortNames.length > 0 ? { shortNames } : {}),
    ...(categories.length > 0 ? { categories } : {}),
    ...(subresources.length > 0 ? { subresources } : {}),
  };
}

const partDiscovery = ({ name, type, verbs }: ServedPart): APISubresourceDiscovery => ({
  subresource: name,
  responseKind: type,
  verbs: sortedVerbs(verbs),
});
