/** The groups and versions that are served, in the order in which clients shall prefer them. */
import type { APIService } from "#api/apiregistration/apiservice.ts";
import { priorityOf } from "../aggregation/local-services.ts";
import type { Served } from "../kinds.ts";
import type { KindRegistry } from "../kinds.ts";

export interface ServedVersion {
  readonly group: string;
  readonly version: string;
  /** `apps/v1`. */
  readonly apiVersion: string;
  /** By plural. */
  readonly served: readonly Served[];
  /** Somebody else serves it. */
  readonly remote?: APIService;
}

export interface ServedGroup {
  readonly group: string;
  /** The preferred one first. */
  readonly versions: readonly [ServedVersion, ...ServedVersion[]];
}

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
    .toSorted((a, b) => rankOf(b) - rankOf(a) || compareText(a.group, b.group));
}

const rankOf = ({ group, versions: [{ apiVersion }] }: ServedGroup): number =>
  priorityOf(group, apiVersion).group;

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
export function compareVersions(
  { version: a }: ServedVersion,
  { version: b }: ServedVersion,
): number {
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
