/**
 * Why a pod cannot be scheduled, in upstream's words:
 * `0/3 nodes are available: 1 Insufficient cpu, 2 node(s) were unschedulable. preemption: …`
 * upstream: pkg/scheduler/framework/types.go#FitError
 */
import type { Verdicts } from "./verdicts.ts";

/** Reasons of single nodes, counted and sorted as text. A node with two reasons counts for both. */
export function reasonCounts(verdicts: Verdicts): readonly string[] {
  const counts = new Map<string, number>();
  for (const { refusal, count } of verdicts.counts()) {
    for (const reason of refusal.reasons) counts.set(reason, (counts.get(reason) ?? 0) + count);
  }
  return [...counts].map(([reason, count]) => `${count} ${reason}`).sort();
}

export interface Misfit {
  readonly nodeCount: number;
  /** When a plugin refused the pod before any node was looked at. */
  readonly preFilterMessage?: string | undefined;
  readonly verdicts: Verdicts;
  readonly postFilterMessage?: string | undefined;
}

/** exact: kube-scheduler */
export function fitMessage(misfit: Misfit): string {
  const { nodeCount, preFilterMessage, verdicts, postFilterMessage } = misfit;
  const why = preFilterMessage ?? reasonCounts(verdicts).join(", ");
  const first = `0/${nodeCount} nodes are available: ${why}.`;
  return postFilterMessage ? `${first} ${postFilterMessage}` : first;
}
