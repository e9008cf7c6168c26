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
  return {
    version,
    resources: mains.map((resource) => described(home, resource, resources)),
    freshness: isStale ? "Stale" : "Current",
  };
}

interface Home {
  readonly group: string;
  readonly version: string;
}

const typeIn = (home: Home, { group, version, kind }: APIResource) => ({
  group: group || home.group,
  version: version || home.version,
  kind,
});

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
