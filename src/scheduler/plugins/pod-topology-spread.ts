import type { ClusterEvent } from "../cluster-event.ts";
import { definePlugin, hopeless, type Plugin, refuse, skip } from "../plugin.ts";
import { absent, type LabelColumn } from "../snapshot/label-column.ts";
import type { DomainCounts, NodeCounts } from "../snapshot/node-counts.ts";
import type { NodeView } from "../snapshot/node-view.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import {
  type Constraint,
  type Constraints,
  constraintsOf,
  countedNodes,
  hasOwnConstraints,
  ownConstraints,
  type SpreadDefaults,
} from "./spread-constraints.ts";
import { workloadKinds } from "./workload-selection.ts";

// exact: kube-scheduler
const uneven = refuse("node(s) didn't match pod topology spread constraints");
const unlabelled = hopeless(
  "node(s) didn't match pod topology spread constraints (missing required label)",
);

const hostname = "kubernetes.io/hostname";

/** A constraint that must be kept: no domain may hold more than this many matching pods. */
interface Limit {
  readonly domains: DomainCounts;
  readonly most: number;
}

/** A constraint that should be kept. */
interface Wish {
  readonly constraint: Constraint;
  readonly counts: NodeCounts;
  readonly column: LabelColumn;
  /** Absent for single nodes: they are counted one by one. */
  readonly domains?: DomainCounts;
  /** Differences weigh the more, the more domains there are. */
  readonly weight: number;
}

interface Wishes {
  readonly all: readonly Wish[];
  readonly isIgnored: (node: NodeView) => boolean;
}

/**
 * Pods of one kind spread evenly over zones, nodes or other domains.
 * upstream: pkg/scheduler/framework/plugins/podtopologyspread
 */
export const podTopologySpreadWith = (defaults: SpreadDefaults): Plugin =>
  definePlugin<readonly Limit[], Wishes>({
    name: "PodTopologySpread",
    dependsOn: "cluster",
    reads: workloadKinds.map((kind) => ({ kind, ignoresStatus: true })),
    preFilter(pod, cluster) {
      const constraints = constraintsOf(pod, cluster, { which: "DoNotSchedule", defaults });
      if (constraints.all.length === 0) return skip;
      return constraints.all.map((constraint) =>
        limitOf(pod, cluster, { constraint, constraints }),
      );
    },
    filter: (_pod, { index }, limits) => {
      for (const { domains, most } of limits) {
        if (domains.column.idOf(index) === 0) return unlabelled;
        if (domains.at(index) > most) return uneven;
      }
      return undefined;
    },
    explain: (_pod, { index }, limits) =>
      limits.flatMap(({ domains, most }) => {
        const { column } = domains;
        const domain = column.valueOf(column.idOf(index));
        if (domain === undefined) return [`has no label ${column.key}`];
        const count = domains.at(index);
        const where = `${column.key}=${domain}`;
        return count > most
          ? [`${where} has ${count} such pods, at most ${Math.max(most, 0)} may be there before it`]
          : [];
      }),
    preScore(pod, cluster, feasible) {
      const constraints = constraintsOf(pod, cluster, { which: "ScheduleAnyway", defaults });
      if (constraints.all.length === 0) return skip;
      return wishesOf(pod, cluster, { constraints, feasible });
    },
    score: (_pod, node, wishes) => (wishes.isIgnored(node) ? 0 : crowd(node, wishes.all)),
    normalize: (scores, nodes, wishes) => emptierIsBetter(scores, nodes, wishes),
    events: [
      {
        on: ["AssignedPodAdd", "AssignedPodDelete", "AssignedPodUpdatePodLabel"],
        hint: otherPodHelps,
      },
      { on: ["TargetPodUpdatePodLabel"] },
      { on: ["NodeAdd", "NodeDelete", "NodeUpdateNodeLabel", "NodeUpdateNodeTaint"] },
    ],
  });

export const podTopologySpread = definePlugin(podTopologySpreadWith({}));

interface OneOf {
  readonly constraint: Constraint;
  readonly constraints: Constraints;
}

const tallyOf = ({ selection }: Constraint, cluster: Snapshot): NodeCounts =>
  cluster.tally({ selections: [selection], ignoresTerminating: true });

/** Count + self - least <= maxSkew; too few domains count as an empty one more. */
function limitOf(pod: PodInfo, cluster: Snapshot, one: OneOf): Limit {
  const { constraint } = one;
  const domains = cluster.domainsOf(
    tallyOf(constraint, cluster),
    constraint.topologyKey,
    countedNodes(pod, cluster, one),
  );
  const { sum, domains: count } = domains.least();
  const least = count < constraint.minDomains ? 0 : sum;
  return { domains, most: constraint.maxSkew + least - (constraint.matchesSelf ? 1 : 0) };
}

function wishesOf(
  pod: PodInfo,
  cluster: Snapshot,
  { constraints, feasible }: { constraints: Constraints; feasible: readonly NodeView[] },
): Wishes {
  const columns = constraints.all.map(({ topologyKey }) => cluster.column(topologyKey));
  const isIgnored = constraints.needsAllLabels
    ? ({ index }: NodeView): boolean => columns.some((column) => column.idOf(index) === 0)
    : never;
  const scored = isIgnored === never ? feasible : feasible.filter((node) => !isIgnored(node));
  const all = constraints.all.map((constraint): Wish => {
    const counts = tallyOf(constraint, cluster);
    const column = cluster.column(constraint.topologyKey);
    if (constraint.topologyKey === hostname)
      return { constraint, counts, column, weight: Math.log(scored.length + 2) };
    const isCounted = countedNodes(pod, cluster, { constraint, constraints });
    const domains = cluster.domainsOf(counts, constraint.topologyKey, isCounted);
    const weight = Math.log(domainsAmong(scored, column) + 2);
    return { constraint, counts, column, domains, weight };
  });
  return { all, isIgnored };
}

const never = (): boolean => false;

/** The nodes without the label count as one. */
function domainsAmong(nodes: readonly NodeView[], column: LabelColumn): number {
  const ids = new Set<number>();
  let last = -1;
  // Many nodes, few domains: mostly it is the last one again.
  for (const { index } of nodes) {
    const id = column.idOf(index);
    if (id !== last) ids.add(id);
    last = id;
  }
  return ids.size;
}

/** How many matching pods are about; the fewer the better. */
function crowd({ index }: NodeView, wishes: readonly Wish[]): number {
  let sum = 0;
  for (const { constraint, counts, column, domains, weight } of wishes) {
    if (column.idOf(index) === absent) continue;
    const count = domains ? domains.at(index) : counts.of(index);
    sum += count * weight + (constraint.maxSkew - 1);
  }
  return Math.round(sum);
}

function emptierIsBetter(
  scores: Float64Array,
  nodes: readonly NodeView[],
  { isIgnored }: Wishes,
): void {
  let least = Infinity;
  let most = 0;
  for (let i = 0; i < scores.length; i++) {
    if (isIgnored(nodes[i] as NodeView)) continue;
    least = Math.min(least, scores[i] ?? 0);
    most = Math.max(most, scores[i] ?? 0);
  }
  for (let i = 0; i < scores.length; i++) {
    if (isIgnored(nodes[i] as NodeView)) scores[i] = 0;
    else
      scores[i] = most === 0 ? 100 : Math.trunc((100 * (most + least - (scores[i] ?? 0))) / most);
  }
}

/**
 * The pod that came, went or changed is, or was, one of those that are counted. Which ones the defaults
 * count depends on services and their like: then it may be any.
 */
function otherPodHelps(pod: PodInfo, { pod: other }: ClusterEvent): boolean {
  if (!hasOwnConstraints(pod)) return true;
  const { all } = ownConstraints(pod, "DoNotSchedule");
  const { namespace } = pod.kin.labelSet;
  return [other?.old, other?.new].some(
    (one) =>
      one?.namespace === namespace &&
      all.some(({ selection }) => selection.matcher.matches(one.kin.labelSet.labels)),
  );
}
