/**
 * Which pods hurt least when a set gets smaller.
 * upstream: pkg/controller/controller_utils.go#ActivePodsWithRanks
 */
import { conditionOf, isPodReady } from "#api/core/pod-conditions.ts";
import type { Pod } from "#api/core/pod.ts";

export interface RankingContext {
  /** How many active pods of the same workload run on the node. */
  readonly neighbours: (nodeName: string) => number;
  readonly nowMs: number;
}

/** The first ones go first. */
export const rankedForDeletion = (pods: readonly Pod[], context: RankingContext): readonly Pod[] =>
  pods.toSorted((a, b) => {
    for (const criterion of criteria) {
      const order = criterion(a, b, context);
      if (order !== 0) return order;
    }
    return 0;
  });

/** Negative: `a` goes before `b`. */
type Criterion = (a: Pod, b: Pod, context: RankingContext) => number;

/** In order of weight. */
const criteria: readonly Criterion[] = [
  // Pods that run nowhere yet.
  (a, b) => Number(!!a.spec.nodeName) - Number(!!b.spec.nodeName),
  (a, b) => phaseRank(a) - phaseRank(b),
  (a, b) => Number(isPodReady(a)) - Number(isPodReady(b)),
  (a, b) => deletionCost(a) - deletionCost(b),
  // Pods that share their node with more of the same.
  (a, b, { neighbours }) => neighbours(b.spec.nodeName ?? "") - neighbours(a.spec.nodeName ?? ""),
  (a, b, { nowMs }) =>
    isPodReady(a) && isPodReady(b) ? compareAges(a, b, { of: readySince, nowMs }) : 0,
  (a, b) => restartCount(b) - restartCount(a),
  (a, b, { nowMs }) => compareAges(a, b, { of: createdAt, nowMs }),
];

const phases: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 };

const phaseRank = ({ status }: Pod): number => phases[status.phase ?? ""] ?? 0;

const deletionCostAnnotation = "controller.kubernetes.io/pod-deletion-cost";

/** Validation keeps it an int32; anything else counts as nothing. */
function deletionCost({ metadata }: Pod): number {
  const text = metadata.annotations?.[deletionCostAnnotation] ?? "";
  return /^-?(0|[1-9][0-9]*)$/.test(text) ? Number(text) : 0;
}

const readySince = (pod: Pod): number => timeOf(conditionOf(pod, "Ready")?.lastTransitionTime);

const createdAt = ({ metadata }: Pod): number => timeOf(metadata.creationTimestamp);

const timeOf = (text: string | null | undefined): number => (text ? Date.parse(text) : 0);

const restartCount = ({ status }: Pod): number =>
  Math.max(0, ...(status.containerStatuses ?? []).map((container) => container.restartCount));

/**
 * Younger pods go first; but ages of the same order of magnitude count as equal, and then the uid
 * decides: otherwise the pods of every set would always die youngest first.
 */
function compareAges(
  a: Pod,
  b: Pod,
  { of, nowMs }: { readonly of: (pod: Pod) => number; readonly nowMs: number },
): number {
  const timeA = of(a);
  const timeB = of(b);
  if (timeA === timeB) return 0;
  if (timeA === 0 || timeB === 0) return timeA === 0 ? -1 : 1;
  const order = magnitude(nowMs - timeA) - magnitude(nowMs - timeB);
  return order === 0 ? compareText(a.metadata.uid ?? "", b.metadata.uid ?? "") : order;
}

/** Upstream takes the logarithm of nanoseconds. */
const magnitude = (ageMs: number): number => (ageMs > 0 ? Math.floor(Math.log2(ageMs * 1e6)) : -1);

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
