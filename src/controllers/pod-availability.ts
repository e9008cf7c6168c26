/** When pods that are ready will have been so for long enough: nothing else happens then. */
import { conditionOf, isPodAvailable, isPodReady } from "#api/core/pod-conditions.ts";
import type { Pod } from "#api/core/pod.ts";
import { seconds } from "#base/clock.ts";
import { type Effect, wakeIn } from "./runtime/effects.ts";

export function wakeWhenAvailable(
  pods: readonly Pod[],
  minReadySeconds: number,
  now: number,
): Effect[] {
  if (minReadySeconds === 0) return [];
  const waits = pods
    .filter((pod) => isPodReady(pod) && !isPodAvailable(pod, minReadySeconds, now))
    .map((pod) => Date.parse(conditionOf(pod, "Ready")?.lastTransitionTime ?? ""))
    .map((since) => since + seconds(minReadySeconds) - now)
    .filter((delayMs) => delayMs > 0);
  return waits.length > 0 ? [wakeIn(waits.reduce((a, b) => Math.min(a, b)))] : [];
}
