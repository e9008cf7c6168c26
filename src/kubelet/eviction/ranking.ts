/**
 * Who goes first when the node runs short: who uses more than it asked for, then who matters less,
 * then who uses most beyond what it asked for.
 * upstream: pkg/kubelet/eviction/helpers.go#rankMemoryPressure, rankDiskPressureFunc, rankPIDPressure
 */
import type { Pod } from "#api/core/pod.ts";
import { podRequests } from "#api/core/resources.ts";
import { type PodUsage, type Scarcity, usageOf } from "./pod-usage.ts";

export interface Candidate {
  readonly pod: Pod;
  /** Absent when it could not be measured: such a pod goes first. */
  readonly usage: PodUsage | undefined;
}

/** The first one has to go first. */
export function ranked<T extends Candidate>(
  candidates: readonly T[],
  scarcity: Scarcity,
): readonly T[] {
  const excesses = new Map(candidates.map((one) => [one, excessOf(one, scarcity)]));
  const excess = (one: T): Excess => excesses.get(one) ?? unknown;
  // Nobody can ask for processes: using many is no wrong by itself.
  const isWrong = (one: T): boolean => scarcity.starved !== "pids" && excess(one).isExceeded;
  return candidates.toSorted(
    (a, b) =>
      Number(isWrong(b)) - Number(isWrong(a)) ||
      priorityOf(a.pod) - priorityOf(b.pod) ||
      excess(b).amount - excess(a).amount,
  );
}

interface Excess {
  readonly isExceeded: boolean;
  /** Beyond what was asked for; negative when it uses less. */
  readonly amount: number;
}

const unknown: Excess = { isExceeded: true, amount: Number.MAX_VALUE };

function excessOf({ pod, usage }: Candidate, scarcity: Scarcity): Excess {
  if (!usage) return unknown;
  const used = usageOf(usage, scarcity);
  return {
    isExceeded: used > requestOf(pod, scarcity.starved),
    // As upstream: of inodes, too, the bytes are taken off that were asked for.
    amount:
      used - requestOf(pod, scarcity.starved === "inodes" ? "ephemeral-storage" : scarcity.starved),
  };
}

const requestOf = (pod: Pod, resource: string): number =>
  podRequests(pod).get(resource)?.value() ?? 0;

const priorityOf = ({ spec }: Pod): number => spec.priority ?? 0;
