/**
 * Which taints a pod puts up with.
 * upstream: staging/src/k8s.io/component-helpers/scheduling/corev1/helpers.go
 */
import { isEnabled } from "#api/feature-gates.ts";
import { parseInt64 } from "#api/selectors.ts";
import type { Toleration } from "./affinity.ts";
import type { Taint } from "./node.ts";

export type TaintEffect = Taint["effect"];

/** An empty key, effect or operator of the toleration stands for all keys, all effects, Equal. */
export function tolerates(toleration: Toleration, taint: Taint): boolean {
  const { effect, key, operator } = toleration;
  if (effect && effect !== taint.effect) return false;
  if (key && key !== taint.key) return false;
  switch (operator || "Equal") {
    case "Equal":
      return (toleration.value ?? "") === (taint.value ?? "");
    case "Exists":
      return true;
    case "Gt":
      return comparesTo(toleration, taint, (a, b) => a > b);
    case "Lt":
      return comparesTo(toleration, taint, (a, b) => a < b);
    default:
      return false;
  }
}

/** Numeric operators are behind a gate: without it they tolerate nothing. */
function comparesTo(
  toleration: Toleration,
  taint: Taint,
  holds: (taint: bigint, toleration: bigint) => boolean,
): boolean {
  if (!isEnabled("TaintTolerationComparisonOperators")) return false;
  const theirs = parseInt64(taint.value);
  const ours = parseInt64(toleration.value);
  return theirs !== undefined && ours !== undefined && holds(theirs, ours);
}

export const isTolerated = (
  taint: Taint,
  tolerations: readonly Toleration[] | undefined,
): boolean => tolerations?.some((toleration) => tolerates(toleration, taint)) ?? false;

/** The first taint of these effects that no toleration covers. */
export const findUntoleratedTaint = (
  taints: readonly Taint[] | undefined,
  tolerations: readonly Toleration[] | undefined,
  effects: readonly TaintEffect[] = ["NoSchedule", "NoExecute"],
): Taint | undefined =>
  taints?.find((taint) => effects.includes(taint.effect) && !isTolerated(taint, tolerations));

/** Of one key and effect: a node can have only one such. */
export const isSameTaint = (a: Taint, b: Taint): boolean =>
  a.key === b.key && a.effect === b.effect;

/** Taints that the system puts on nodes by itself. */
export const nodeTaints = {
  notReady: "node.kubernetes.io/not-ready",
  unreachable: "node.kubernetes.io/unreachable",
  unschedulable: "node.kubernetes.io/unschedulable",
  memoryPressure: "node.kubernetes.io/memory-pressure",
  diskPressure: "node.kubernetes.io/disk-pressure",
  pidPressure: "node.kubernetes.io/pid-pressure",
  networkUnavailable: "node.kubernetes.io/network-unavailable",
  outOfService: "node.kubernetes.io/out-of-service",
} as const;
