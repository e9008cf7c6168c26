/**
 * How far one look may go from the current number of replicas: arithmetic only.
 * upstream: pkg/controller/podautoscaler/horizontal.go#convertDesiredReplicasWithBehaviorRate
 */
import type { HPAScalingRules } from "#api/autoscaling/scaling-behavior.ts";
import { seconds } from "#base/clock.ts";
import type { Bounds, Change, Past } from "./past.ts";

/** Why a number is as it is: the condition ScalingLimited says so. */
export interface Limited {
  readonly replicas: number;
  readonly reason: string;
  readonly message: string;
}

// exact: horizontal-pod-autoscaler
const messages = {
  ScaleUpLimit: "the desired replica count is increasing faster than the maximum scale rate",
  ScaleDownLimit: "the desired replica count is decreasing faster than the maximum scale rate",
  TooManyReplicas: "the desired replica count is more than the maximum replica count",
  TooFewReplicas: "the desired replica count is less than the minimum replica count",
  DesiredWithinRange: "the desired count is within the acceptable range",
} as const;

const limited = (replicas: number, reason: keyof typeof messages): Limited => ({
  replicas,
  reason,
  message: messages[reason],
});

/** Without rules of its own: twice as many at once, but four always. */
export function withinDefaults(desired: number, { min, max, current }: Bounds): Limited {
  const atOnce = Math.max(2 * current, 4);
  if (desired < min) return limited(min, "TooFewReplicas");
  if (max > atOnce && desired > atOnce) return limited(atOnce, "ScaleUpLimit");
  if (desired > max) return limited(max, "TooManyReplicas");
  return limited(desired, "DesiredWithinRange");
}

export interface RulesAt {
  readonly rules: HPAScalingRules;
  readonly past: Past;
  readonly now: number;
}

export function withinUp(desired: number, { max, current }: Bounds, at: RulesAt): Limited {
  const limit = Math.max(scaleUpLimit(current, at), current);
  const allowed = Math.min(max, limit);
  if (desired <= allowed) return limited(desired, "DesiredWithinRange");
  return limited(allowed, max > limit ? "ScaleUpLimit" : "TooManyReplicas");
}

export function withinDown(desired: number, { min, current }: Bounds, at: RulesAt): Limited {
  const limit = Math.min(scaleDownLimit(current, at), current);
  const allowed = Math.max(min, limit);
  if (desired >= allowed) return limited(desired, "DesiredWithinRange");
  return limited(allowed, min < limit ? "ScaleDownLimit" : "TooFewReplicas");
}

function scaleUpLimit(current: number, at: RulesAt): number {
  const { selectPolicy, policies = [] } = at.rules;
  if (selectPolicy === "Disabled") return current;
  const proposals = policies.map(({ type, value, periodSeconds }) => {
    const before = replicasBefore(current, periodSeconds, at);
    // Rounded up: a few percent of a few replicas must be one at least.
    return type === "Pods" ? before + value : Math.ceil(before * (1 + value / 100));
  });
  return selectPolicy === "Min" ? Math.min(...proposals) : Math.max(...proposals);
}

function scaleDownLimit(current: number, at: RulesAt): number {
  const { selectPolicy, policies = [] } = at.rules;
  if (selectPolicy === "Disabled") return current;
  const proposals = policies.map(({ type, value, periodSeconds }) => {
    const before = replicasBefore(current, periodSeconds, at);
    return type === "Pods" ? before - value : Math.trunc(before * (1 - value / 100));
  });
  return selectPolicy === "Min" ? Math.max(...proposals) : Math.min(...proposals);
}

/** As many as there were when the period began. */
function replicasBefore(current: number, periodSeconds: number, { past, now }: RulesAt): number {
  const since = now - seconds(periodSeconds);
  return current - within(past.added, since) + within(past.removed, since);
}

const within = (changes: readonly Change[], sinceMs: number): number =>
  changes.filter(({ atMs }) => atMs > sinceMs).reduce((sum, { count }) => sum + count, 0);
