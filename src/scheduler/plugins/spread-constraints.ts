/**
 * The spread constraints of a pod, compiled: its own, or for pods of services and workloads without
 * any, the ones that everybody gets.
 * upstream: pkg/scheduler/framework/plugins/podtopologyspread/common.go
 */
import type { TopologySpreadConstraint } from "#api/core/affinity.ts";
import { findUntoleratedTaint } from "#api/core/taints.ts";
import { labelSelectorOf, type Labels } from "#api/selectors.ts";
import type { NodeSet } from "../snapshot/node-counts.ts";
import { type NodeTest, requiredNodeTest } from "../snapshot/node-test.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import { PodSelection, selectorWithLabels } from "../snapshot/pod-selection.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import { perTaintSet } from "../snapshot/taint-sets.ts";
import { workloadSelection } from "./workload-selection.ts";

export interface Constraint {
  readonly maxSkew: number;
  readonly topologyKey: string;
  readonly minDomains: number;
  readonly selection: PodSelection;
  /** The pod itself counts once it is there. */
  readonly matchesSelf: boolean;
  /** Only nodes that its node affinity picks, or whose taints it tolerates, are counted. */
  readonly honorsAffinity: boolean;
  readonly honorsTaints: boolean;
}

export interface Constraints {
  readonly all: readonly Constraint[];
  /** Nodes without one of the labels take no part. */
  readonly needsAllLabels: boolean;
}

export type Unsatisfiable = TopologySpreadConstraint["whenUnsatisfiable"];

const none: Constraints = Object.freeze({ all: [], needsAllLabels: true });

/** The system's: mild enough to lose against anything that somebody asked for. */
const systemDefaults: readonly TopologySpreadConstraint[] = [
  { topologyKey: "kubernetes.io/hostname", maxSkew: 3, whenUnsatisfiable: "ScheduleAnyway" },
  { topologyKey: "topology.kubernetes.io/zone", maxSkew: 5, whenUnsatisfiable: "ScheduleAnyway" },
];

export interface SpreadDefaults {
  /** Instead of the system's. */
  readonly constraints?: readonly TopologySpreadConstraint[];
}

const memoKeys: { readonly [W in Unsatisfiable]: object } = {
  DoNotSchedule: {},
  ScheduleAnyway: {},
};

/** Those of one severity. */
export function constraintsOf(
  pod: PodInfo,
  cluster: Snapshot,
  { which, defaults }: { readonly which: Unsatisfiable; readonly defaults: SpreadDefaults },
): Constraints {
  if (hasOwnConstraints(pod)) return ownConstraints(pod, which);
  const given = (defaults.constraints ?? systemDefaults).filter(isOf(which));
  if (given.length === 0) return none;
  const selection = workloadSelection(pod, cluster);
  if (!selection) return none;
  return {
    all: given.map((one) => ({ ...termsOf(one), selection, matchesSelf: true })),
    needsAllLabels: defaults.constraints !== undefined,
  };
}

export const hasOwnConstraints = ({ shape }: PodInfo): boolean =>
  (shape.spec.topologySpreadConstraints ?? []).length > 0;

export const ownConstraints = (pod: PodInfo, which: Unsatisfiable): Constraints =>
  pod.kin.memo.of(memoKeys[which], () => ({
    all: (pod.shape.spec.topologySpreadConstraints ?? [])
      .filter(isOf(which))
      .map((one) => compile(one, pod)),
    needsAllLabels: true,
  }));

const isOf =
  (which: Unsatisfiable) =>
  ({ whenUnsatisfiable }: TopologySpreadConstraint): boolean =>
    whenUnsatisfiable === which;

function compile(constraint: TopologySpreadConstraint, { kin }: PodInfo): Constraint {
  const { namespace, labels } = kin.labelSet;
  const { labelSelector, matchLabelKeys = [] } = constraint;
  const further = pick(labels, matchLabelKeys);
  const matcher = labelSelectorOf(selectorWithLabels(labelSelector, further));
  return {
    ...termsOf(constraint),
    selection: new PodSelection([namespace], matcher),
    matchesSelf: matcher.matches(labels),
  };
}

/** Whatever pods it is about. */
const termsOf = ({
  maxSkew,
  topologyKey,
  minDomains = 1,
  nodeAffinityPolicy,
  nodeTaintsPolicy,
}: TopologySpreadConstraint): Omit<Constraint, "selection" | "matchesSelf"> => ({
  maxSkew,
  topologyKey,
  minDomains,
  honorsAffinity: nodeAffinityPolicy !== "Ignore",
  honorsTaints: nodeTaintsPolicy === "Honor",
});

const pick = (labels: Labels, keys: readonly string[]): Labels =>
  Object.fromEntries(
    keys.flatMap((key) => {
      const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
      return value === undefined ? [] : [[key, value]];
    }),
  );

/** The nodes that are counted for this constraint. */
export function countedNodes(
  { shape: { spec, memo } }: PodInfo,
  cluster: Snapshot,
  {
    constraint,
    constraints,
  }: { readonly constraint: Constraint; readonly constraints: Constraints },
): NodeSet {
  const { honorsAffinity, honorsTaints } = constraint;
  const keys = constraints.needsAllLabels
    ? constraints.all.map(({ topologyKey }) => topologyKey)
    : [];
  const selecting = honorsAffinity
    ? memo.of(selectingKey, () => JSON.stringify([spec.nodeSelector, requiredTerms(spec)]))
    : "";
  const tolerating = honorsTaints
    ? memo.of(toleratingKey, () => JSON.stringify(spec.tolerations ?? []))
    : "";
  return cluster.group(`spread ${keys.join()} ${selecting} ${tolerating}`, () => {
    const tests: NodeTest[] = keys.map((key) => {
      const column = cluster.column(key);
      return (node) => column.idOf(node) !== 0;
    });
    const selects = honorsAffinity ? requiredNodeTest(spec, cluster) : undefined;
    if (selects) tests.push(selects);
    if (honorsTaints)
      tests.push(
        perTaintSet(
          cluster.taints,
          (taints) => findUntoleratedTaint(taints, spec.tolerations) === undefined,
        ),
      );
    return (node) => tests.every((test) => test(node));
  });
}

const selectingKey = {};
const toleratingKey = {};

const requiredTerms = ({ affinity }: PodInfo["pod"]["spec"]): unknown =>
  affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
