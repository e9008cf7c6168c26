/**
 * What an autoscaler did and wanted to do of late, and what follows from it: a recommendation is
 * only as good as those before it. Values only; `memory.ts` keeps them.
 */
import type { HorizontalPodAutoscalerBehavior } from "#api/autoscaling/scaling-behavior.ts";
import { minutes, seconds } from "#base/clock.ts";
import { type Limited, withinDefaults, withinDown, withinUp } from "./limits.ts";

export interface Recommendation {
  readonly replicas: number;
  readonly atMs: number;
}

export interface Change {
  readonly count: number;
  readonly atMs: number;
}

export interface Past {
  readonly recommendations: readonly Recommendation[];
  readonly added: readonly Change[];
  readonly removed: readonly Change[];
}

export interface Bounds {
  readonly min: number;
  readonly max: number;
  readonly current: number;
}

export interface Stabilized {
  readonly replicas: number;
  /** The condition AbleToScale. */
  readonly reason: string;
  readonly message: string;
}

/** --horizontal-pod-autoscaler-downscale-stabilization */
const downWindowDefault = minutes(5) / seconds(1);

/**
 * Begins with the replicas there are: after a restart nothing is taken away before a whole window
 * has passed.
 */
export const freshPast = (replicas: number, now: number): Past => ({
  recommendations: [{ replicas, atMs: now }],
  added: [],
  removed: [],
});

// exact: horizontal-pod-autoscaler
const stabilized = {
  ScaleUpStabilized:
    "recent recommendations were lower than current one, applying the lowest recent recommendation",
  ScaleDownStabilized:
    "recent recommendations were higher than current one, applying the highest recent recommendation",
  ReadyForNewScale: "recommended size matches current size",
} as const;

const told = (replicas: number, reason: keyof typeof stabilized): Stabilized => ({
  replicas,
  reason,
  message: stabilized[reason],
});

export interface Weighed {
  readonly stabilized: Stabilized;
  readonly limited: Limited;
  /** With this recommendation, and without what is too old to matter. */
  readonly past: Past;
}

type Behavior = HorizontalPodAutoscalerBehavior | undefined;

export interface Circumstances {
  readonly bounds: Bounds;
  readonly past: Past;
  readonly behavior: Behavior;
  readonly now: number;
}

/** upstream: horizontal.go#normalizeDesiredReplicasWithBehaviors */
export function weigh(desired: number, circumstances: Circumstances): Weighed {
  const { behavior, past, now, bounds } = circumstances;
  const windows = windowsOf(behavior);
  const stable = stabilize(desired, circumstances, windows);
  const oldest = now - Math.max(windows.upMs, windows.downMs);
  const recent = past.recommendations.filter(({ atMs }) => atMs >= oldest);
  return {
    stabilized: stable,
    limited: limit(stable.replicas, { behavior, past, now, bounds }),
    past: { ...past, recommendations: [...recent, { replicas: desired, atMs: now }] },
  };
}

const windowsOf = (behavior: Behavior): { readonly upMs: number; readonly downMs: number } => ({
  upMs: seconds(behavior?.scaleUp?.stabilizationWindowSeconds ?? 0),
  downMs: seconds(behavior?.scaleDown?.stabilizationWindowSeconds ?? downWindowDefault),
});

/** Not above the lowest of what was recommended within one window, not below the highest within the other. */
function stabilize(
  desired: number,
  { past, now, bounds: { current } }: Circumstances,
  { upMs, downMs }: ReturnType<typeof windowsOf>,
): Stabilized {
  const since = (ms: number): readonly number[] =>
    past.recommendations.filter(({ atMs }) => atMs > now - ms).map(({ replicas }) => replicas);
  const up = Math.min(desired, ...since(upMs));
  const down = Math.max(desired, ...since(downMs));
  const replicas = Math.min(Math.max(current, up), down);
  if (replicas === desired) return told(replicas, "ReadyForNewScale");
  return told(replicas, desired >= current ? "ScaleUpStabilized" : "ScaleDownStabilized");
}

function limit(desired: number, { behavior, past, now, bounds }: Circumstances): Limited {
  const { scaleUp, scaleDown } = behavior ?? {};
  if (!scaleUp || !scaleDown) return withinDefaults(desired, bounds);
  return desired > bounds.current
    ? withinUp(desired, bounds, { rules: scaleUp, past, now })
    : withinDown(desired, bounds, { rules: scaleDown, past, now });
}

/** With a change of the number of replicas that was made. */
export function afterScaling(
  past: Past,
  change: number,
  { behavior, now }: Pick<Circumstances, "behavior" | "now">,
): Past {
  const longest = Math.max(
    0,
    ...[behavior?.scaleUp, behavior?.scaleDown].flatMap((rules) =>
      (rules?.policies ?? []).map(({ periodSeconds }) => seconds(periodSeconds)),
    ),
  );
  const recent = (changes: readonly Change[]): readonly Change[] =>
    changes.filter(({ atMs }) => atMs > now - longest);
  const made = { count: Math.abs(change), atMs: now };
  return change > 0
    ? { ...past, added: [...recent(past.added), made] }
    : { ...past, removed: [...recent(past.removed), made] };
}
