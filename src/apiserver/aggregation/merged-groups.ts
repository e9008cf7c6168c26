/** The groups of this server and of all others, in the order in which clients prefer them. */
import type { APIService } from "#api/apiregistration/apiservice.ts";
import type {
  APIResourceDiscovery,
  APISubresourceDiscovery,
  APIVersionDiscovery,
} from "#api/meta/aggregated-discovery.ts";
import type { APIResource } from "#api/meta/discovery.ts";
import { compareVersions, type ServedGroup, type ServedVersion } from "../endpoints/groups.ts";
import { apiVersionOf } from "./directory.ts";
import { priorityOf } from "./local-services.ts";
import type { Description } from "./watching.ts";

export function mergedGroups(
  local: readonly ServedGroup[],
  remotes: ReadonlyMap<string, APIService>,
): readonly ServedGroup[] {
  if (remotes.size === 0) return local;
  const versions = [
    ...local.flatMap((group) =>
      group.versions.filter(({ apiVersion }) => !remotes.has(apiVersion)),
    ),
    ...[...remotes.values()].map(remoteVersion),
  ];
  return [...Map.groupBy(versions, ({ group }) => group)]
    .map(([group, own]) => ({ group, versions: own.toSorted(compareInGroup) }))
    .toSorted((a, b) => groupRank(b.versions) - groupRank(a.versions) || compare(a.group, b.group))
    .map((group) => group as unknown as ServedGroup);
}

function remoteVersion(remote: APIService): ServedVersion {
  const { group = "", version = "" } = remote.spec;
  return { group, version, apiVersion: apiVersionOf(remote.spec), served: [], remote };
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const groupRank = (versions: readonly ServedVersion[]): number =>
  Math.max(
    ...versions.map(({ group, apiVersion, remote }) =>
      remote ? remote.spec.groupPriorityMinimum : priorityOf(group, apiVersion).group,
    ),
  );

const versionRank = ({ group, apiVersion, remote }: ServedVersion): number =>
  remote ? remote.spec.versionPriority : priorityOf(group, apiVersion).version;

const compareInGroup = (a: ServedVersion, b: ServedVersion): number =>
  versionRank(b) - versionRank(a) || compareVersions(a, b);

/** What a server said of a version, for those who ask for all at once. */
export function describedVersion(
  { group, version }: Pick<ServedVersion, "group" | "version">,
  { resources = [], isStale }: Description,
): APIVersionDiscovery {
  const home = { group, version };
  const mains = resources.filter(({ name }) => !name.includes("/"));
  const known = new Set(mains.map(({ name }) => name));
  const parents = resources.map(({ name, namespaced }) => ({ name: parentOf(name), namespaced }));
  const orphaned = parents.filter(({ name }) => !known.has(name));
  const absent = new Map(orphaned.map((parent) => [parent.name, absentResource(parent)]));
  return {
    version,
    resources: [...mains, ...absent.values()].map((one) => described(home, one, resources)),
    freshness: isStale ? "Stale" : "Current",
  };
}

const parentOf = (name: string): string => name.split("/", 1)[0] ?? "";

/** There are servers with subresources only. */
const absentResource = ({ name, namespaced }: Pick<APIResource, "name" | "namespaced">) => ({
  name,
  namespaced,
  singularName: "",
  kind: "",
  verbs: [],
});

interface Home {
  readonly group: string;
  readonly version: string;
}

/** Without a kind clients know that there is nothing but subresources. */
const typeIn = (home: Home, { group, version, kind }: APIResource) =>
  kind === ""
    ? { group: "", version: "", kind }
    : { group: group || home.group, version: version || home.version, kind };

function described(
  home: Home,
  resource: APIResource,
  all: readonly APIResource[],
): APIResourceDiscovery {
  const { name, singularName, namespaced, verbs, shortNames = [], categories = [] } = resource;
  const parts = all.filter((one) => one.name.startsWith(`${name}/`));
  const subresources = parts.map((part): APISubresourceDiscovery => ({
    subresource: part.name.slice(name.length + 1),
    responseKind: typeIn(home, part),
    verbs: part.verbs,
  }));
  return {
    resource: name,
    responseKind: typeIn(home, resource),
    scope: namespaced ? "Namespaced" : "Cluster",
    singularResource: singularName,
    verbs,
    ...(shortNames.length > 0 ? { shortNames } : {}),
    ...(categories.length > 0 ? { categories } : {}),
    ...(subresources.length > 0 ? { subresources } : {}),
  };
}
