/**
 * What would have to change so that a pod fits on a node: for each thing that is in the way, one
 * change. All are tried together on a copy of the pod, or with pods supposed away: what is suggested
 * helps.
 */
import { systemCriticalPriority } from "#api/scheduling/priorityclass.ts";
import type { Framework } from "../cycle/framework.ts";
import type { NodeView } from "../snapshot/node-view.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import { Examination, type NodeFinding } from "./examination.ts";
import { changesFor, type Draft } from "./pod-changes.ts";

export interface Remedy {
  readonly changes: readonly string[];
  readonly node: string;
  /** To compare remedies of equally many changes: the smaller the gentler. */
  readonly size: number;
}

export interface Sick {
  readonly framework: Framework;
  readonly snapshot: Snapshot;
  readonly pod: PodInfo;
}

/** One that changes the pod or the node, and one that evicts pods, as far as they help. */
export function remediesOn(
  sick: Sick,
  node: NodeView,
  findings: readonly NodeFinding[],
): readonly Remedy[] {
  const changed = changing(sick, node, findings);
  const freed = findings.some(({ refusal }) => refusal.isHopeless)
    ? undefined
    : evicting(sick, node);
  return [...(changed ? [changed] : []), ...(freed ? [freed] : [])];
}

function changing(
  sick: Sick,
  node: NodeView,
  findings: readonly NodeFinding[],
): Remedy | undefined {
  const draft: Draft = { pod: sick.pod.pod, changes: [], size: 0 };
  for (const { plugin } of findings) {
    if (!changesFor[plugin]?.(draft, sick, node)) return undefined;
  }
  const { framework, snapshot } = sick;
  const info = snapshot.podInfos.of(draft.pod);
  const doesFit = new Examination(framework, snapshot, info).fits(node);
  return doesFit ? { changes: draft.changes, node: node.name, size: draft.size } : undefined;
}

/** Suggesting to evict a crowd helps nobody. */
const evictedMax = 3;

/** The least important ones first; no more than needed. */
function evicting({ framework, snapshot, pod }: Sick, node: NodeView): Remedy | undefined {
  const fits = (): boolean => new Examination(framework, snapshot, pod).fits(node);
  // Nobody suggests to evict what the cluster needs to run.
  const others = [...node.pods]
    .filter(({ priority }) => priority < systemCriticalPriority)
    .sort((a, b) => a.priority - b.priority);
  using supposition = snapshot.suppose(node);
  const evicted: PodInfo[] = [];
  for (const one of others) {
    supposition.lift(one);
    if (!fits()) {
      supposition.add(one);
      continue;
    }
    return eviction([one], node);
  }
  for (const one of others) {
    supposition.lift(one);
    evicted.push(one);
    if (fits()) break;
  }
  if (!fits()) return undefined;
  const needed = evicted.filter((one) => {
    supposition.add(one);
    if (fits()) return false;
    supposition.lift(one);
    return true;
  });
  return needed.length <= evictedMax ? eviction(needed, node) : undefined;
}

const eviction = (pods: readonly PodInfo[], node: NodeView): Remedy => ({
  changes: pods.map(({ fullName, priority }) => `evict pod ${fullName} (priority ${priority})`),
  node: node.name,
  // Gentler is whatever hurts nobody.
  size: pods.length + 1,
});
