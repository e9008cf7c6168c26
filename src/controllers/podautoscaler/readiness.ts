/**
 * Which pods' measurements count.
 * upstream: pkg/controller/podautoscaler/replica_calculator.go#groupPods
 */
import { conditionOf, isPodTerminating } from "#api/core/pod-conditions.ts";
import type { Pod } from "#api/core/pod.ts";
import { minutes, seconds } from "#base/clock.ts";
import type { Measure, Measures } from "./calculator.ts";

/** After its start, a pod's use of CPU says little: --horizontal-pod-autoscaler-cpu-initialization-period. */
const cpuInitializationMs = minutes(5);
/** A pod whose readiness changed within this time of its start was never ready: --horizontal-pod-autoscaler-initial-readiness-delay. */
const initialReadinessMs = seconds(30);

export interface Grouped {
  readonly readyCount: number;
  /** Measured, or too young to be; not yet ready. */
  readonly unready: ReadonlySet<string>;
  readonly missing: ReadonlySet<string>;
  /** On their way out, or failed. */
  readonly ignored: ReadonlySet<string>;
}

export function groupPods(
  pods: readonly Pod[],
  measures: Measures,
  { isCpu, now }: { readonly isCpu: boolean; readonly now: number },
): Grouped {
  const groups = {
    ready: new Set<string>(),
    unready: new Set<string>(),
    missing: new Set<string>(),
    ignored: new Set<string>(),
  };
  for (const pod of pods) {
    const name = pod.metadata.name ?? "";
    groups[groupOf(pod, measures.get(name), { isCpu, now })].add(name);
  }
  return { ...groups, readyCount: groups.ready.size };
}

function groupOf(
  pod: Pod,
  measure: Measure | undefined,
  { isCpu, now }: { readonly isCpu: boolean; readonly now: number },
): "ready" | "unready" | "missing" | "ignored" {
  if (isPodTerminating(pod) || pod.status.phase === "Failed") return "ignored";
  if (pod.status.phase === "Pending") return "unready";
  if (!measure) return "missing";
  return isCpu && isWarmingUp(pod, measure, now) ? "unready" : "ready";
}

function isWarmingUp(pod: Pod, { atMs, windowMs }: Measure, now: number): boolean {
  const ready = conditionOf(pod, "Ready");
  const { startTime } = pod.status;
  if (!ready || !startTime) return true;
  const startMs = Date.parse(startTime);
  const changedMs = Date.parse(ready.lastTransitionTime ?? "");
  const isUnready = ready.status === "False";
  if (startMs + cpuInitializationMs > now) return isUnready || atMs < changedMs + windowMs;
  return isUnready && startMs + initialReadinessMs > changedMs;
}
