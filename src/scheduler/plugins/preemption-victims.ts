/**
 * Which pods would have to leave a node so that a more important one fits, and on which node that
 * does least harm. upstream: preemption.go#SelectVictimsOnNode, #pickOneNodeForPreemption
 */
import { hopeless, type Offer, type Refusal } from "../plugin.ts";
import type { NodeView } from "../snapshot/node-view.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import type { DisruptionBudgets } from "./disruption-budgets.ts";

/** What making room on a node would take. */
export interface Sacrifice extends Offer {
  /** The most important first. */
  readonly victims: readonly PodInfo[];
  readonly cost: Cost;
}

/** By which sacrifices are compared. */
export interface Cost {
  readonly violations: number;
  readonly highestPriority: number;
  readonly prioritySum: number;
  readonly victims: number;
  /** When the first of the most important victims started. */
  readonly startedMs: number;
}

/** exact: kube-scheduler */
const noVictims = hopeless("No preemption victims found for incoming pod");

export interface Question {
  readonly pod: PodInfo;
  readonly cluster: Snapshot;
  readonly budgets: DisruptionBudgets;
  readonly test: (node: NodeView) => Refusal | undefined;
}

/** As few as possible, the least important ones, and those that budgets protect last. */
export function sacrificeOn(node: NodeView, question: Question): Sacrifice | Refusal {
  const { pod, cluster, budgets, test } = question;
  const lower: PodInfo[] = [];
  for (const one of node.pods) if (one.priority < pod.priority) lower.push(one);
  if (lower.length === 0) return noVictims;
  using supposition = cluster.suppose(node);
  for (const one of lower) supposition.lift(one);
  const refusal = test(node);
  if (refusal) return refusal;
  lower.sort(byImportance);
  const violating = budgets.violatedBy(lower);
  const victims: PodInfo[] = [];
  let violations = 0;
  const spare = (one: PodInfo): void => {
    supposition.add(one);
    if (!test(node)) return;
    supposition.lift(one);
    victims.push(one);
    if (violating.has(one)) violations++;
  };
  for (const one of lower) if (violating.has(one)) spare(one);
  for (const one of lower) if (!violating.has(one)) spare(one);
  return sacrificeOf({ node, victims, violations });
}

/** So that every sum of priorities is positive, and more victims are always worse. */
const priorityOffset = 2 ** 31;

export function sacrificeOf(offer: Offer): Sacrifice | Refusal {
  const { node, violations } = offer;
  const victims = offer.victims.toSorted(byImportance);
  const [first] = victims;
  if (!first) return noVictims;
  const cost = {
    violations,
    highestPriority: first.priority,
    prioritySum: victims.reduce((sum, { priority }) => sum + priority + priorityOffset, 0),
    victims: victims.length,
    startedMs: first.startedMs,
  };
  return { node, victims, violations, cost };
}

/** No sacrifice on the node costs less: one victim, of the least important ones the youngest. */
export function leastCostOn(node: NodeView, pod: PodInfo): Cost {
  let lowest = pod.priority;
  let startedMs = 0;
  for (const one of node.pods) {
    if (one.priority >= pod.priority) continue;
    lowest = Math.min(lowest, one.priority);
    startedMs = Math.max(startedMs, one.startedMs);
  }
  const prioritySum = lowest + priorityOffset;
  return { violations: 0, highestPriority: lowest, prioritySum, victims: 1, startedMs };
}

/** Higher priority first, then who has been there for longer. */
const byImportance = (a: PodInfo, b: PodInfo): number =>
  b.priority - a.priority || a.startedMs - b.startedMs || 0;

/** Whether the first does less harm; of equals the one that was looked at first wins. */
export const isLess = (a: Cost, b: Cost): boolean =>
  (a.violations - b.violations ||
    a.highestPriority - b.highestPriority ||
    a.prioritySum - b.prioritySum ||
    a.victims - b.victims ||
    b.startedMs - a.startedMs) < 0;
