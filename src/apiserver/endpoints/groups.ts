/** The groups and versions that are served, in the order in which clients shall prefer them. */
import type { Served } from "../kinds.ts";
import type { KindRegistry } from "../kinds.ts";

export interface ServedVersion {
  readonly group: string;
  readonly version: string;
  /** `apps/v1`. */
  readonly apiVersion: string;
  /** By plural. */
  readonly served: readonly Served[];
}

export interface ServedGroup {
  readonly group: string;
  /** The preferred one first. */
  readonly versions: readonly [ServedVersion, ...ServedVersion[]];
}

/** As upstream's API services rank them; others follow by name. */
const ranking: readonly string[] = [
  "",
  "apiregistration.k8s.io",
  "apps",
  "events.k8s.io",
  "authentication.k8s.io",
  "authorization.k8s.io",
  "autoscaling",
  "batch",
  "certificates.k8s.io",
  "networking.k8s.io",
  "policy",
  "rbac.authorization.k8s.io",
  "storage.k8s.io",
  "admissionregistration.k8s.io",
  "apiextensions.k8s.io",
  "scheduling.k8s.io",
  "coordination.k8s.io",
  "node.k8s.io",
  "discovery.k8s.io",
  "resource.k8s.io",
  "flowcontrol.apiserver.k8s.io",
];

const rankOf = (group: string): number => {
  const rank = ranking.indexOf(group);
  return rank < 0 ? ranking.length : rank;
};

const known = new WeakMap<KindRegistry, { changes: number; groups: readonly ServedGroup[] }>();

export function servedGroups(kinds: KindRegistry): readonly ServedGroup[] {
  const memo = known.get(kinds);
  if (memo?.changes === kinds.changes) return memo.groups;
  const groups = groupsOf(kinds);
  known.set(kinds, { changes: kinds.changes, groups });
  return groups;
}

function groupsOf(kinds: KindRegistry): readonly ServedGroup[] {
  const byGroup = Map.groupBy(kinds.all(), ({ kind }) => kind.group);
  return [...byGroup]
    .map(([group, served]) => ({ group, versions: versionsOf(served) }))
    .toSorted((a, b) => rankOf(a.group) - rankOf(b.group) || compareText(a.group, b.group));
}

function versionsOf(all: readonly Served[]): ServedGroup["versions"] {
  const byVersion = Map.groupBy(all, ({ kind }) => kind.apiVersion);
  const versions = [...byVersion].map(([apiVersion, served]) => {
    const { group = "", version = "" } = served[0]?.kind ?? {};
    const sorted = served.toSorted((a, b) => compareText(a.kind.plural, b.kind.plural));
    return { group, version, apiVersion, served: sorted };
  });
  return versions.toSorted(compareVersions) as unknown as ServedGroup["versions"];
}

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Stable before beta before alpha, new before old: v2, v1, v1beta2, v1beta1. */
function compareVersions({ version: a }: ServedVersion, { version: b }: ServedVersion): number {
  const [left, right] = [versionRank(a), versionRank(b)];
  for (const [i, rank] of left.entries()) {
    const difference = (right[i] ?? 0) - rank;
    if (difference !== 0) return difference;
  }
  return compareText(a, b);
}

function versionRank(version: string): readonly number[] {
  const [, major = "0", stage, minor = "0"] = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version) ?? [];
  const maturity = stage === undefined ? 2 : stage === "beta" ? 1 : 0;
  return [maturity, Number(major), Number(minor)];
}
