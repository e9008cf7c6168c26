/**
 * How large each ReplicaSet of a deployment should be: in a rolling update, when the deployment
 * itself is scaled, in proportion when that happens in the middle of an update.
 * upstream: pkg/controller/deployment/{rolling,sync}.go
 */
import type { ReplicaSet } from "#api/apps/replicaset.ts";
import { desiredWhenScaled, maxWhenScaled } from "./revisions.ts";
import { active, askedBy, availableOf, byAge, isRolling, type Rollout, sizeOf } from "./rollout.ts";

export interface Resize {
  readonly set: ReplicaSet;
  readonly size: number;
}

/** The size of the current set: as large as the surge allows. Its own size, when it is not there. */
export function currentSize({ current, all, replicas, maxSurge }: Rollout): number {
  const size = current ? sizeOf(current) : 0;
  if (size >= replicas) return replicas;
  const room = replicas + maxSurge - askedBy(all);
  return room <= 0 ? size : Math.min(size + room, replicas);
}

/** Old sets get smaller as far as enough pods stay available; first those whose pods do not work. */
export function shrunkOld(rollout: Rollout): readonly Resize[] {
  const { current, all, replicas, maxUnavailable } = rollout;
  const old = active(rollout.old).toSorted(byAge);
  const minAvailable = replicas - maxUnavailable;
  const currentUnavailable = current
    ? sizeOf(current) - (current.status.availableReplicas ?? 0)
    : 0;
  const removable = askedBy(all) - minAvailable - currentUnavailable;
  if (old.length === 0 || removable <= 0) return [];
  const unhealthy = ({ status, spec }: ReplicaSet): number =>
    (spec.replicas ?? 1) - (status.availableReplicas ?? 0);
  const cleaned = shrink(old.map(same), removable, ({ set }) => Math.max(unhealthy(set), 0));
  const spare = availableOf(all) - minAvailable;
  const shrunk = spare > 0 ? shrink(cleaned, spare, ({ size }) => size) : cleaned;
  return shrunk.filter(({ set, size }) => size !== sizeOf(set));
}

const same = (set: ReplicaSet): Resize => ({ set, size: sizeOf(set) });

/** Takes at most `count` in all, and of each at most what `share` says. */
function shrink(
  resizes: readonly Resize[],
  count: number,
  share: (resize: Resize) => number,
): readonly Resize[] {
  let left = count;
  return resizes.map((resize) => {
    const taken = Math.min(left, share(resize), resize.size);
    left -= taken;
    return { set: resize.set, size: resize.size - taken };
  });
}

/** The deployment was scaled since its sets were. */
export const isScalingEvent = ({ all, replicas }: Rollout): boolean =>
  active(all).some((set) => {
    const desired = desiredWhenScaled(set);
    return desired !== undefined && desired !== replicas;
  });

/** What becomes of the sets when the deployment is scaled, or paused. */
export function scaled(rollout: Rollout): readonly Resize[] {
  const { current, old, replicas } = rollout;
  const only = activeOrLatest(rollout);
  if (only) return [{ set: only, size: replicas }];
  if (isSaturated(rollout)) return active(old).map((set) => ({ set, size: 0 }));
  return isRolling(rollout) ? inProportion(rollout, [...old, ...(current ? [current] : [])]) : [];
}

/** The one set that has pods; the newest when none has; undefined when several have. */
function activeOrLatest({ current, old, all }: Rollout): ReplicaSet | undefined {
  const [first, ...others] = active(all);
  if (others.length > 0) return undefined;
  return first ?? current ?? old.toSorted(byAge).at(-1);
}

/** All of the deployment's pods are of the current set, and available. */
function isSaturated({ current, replicas }: Rollout): boolean {
  if (!current) return false;
  return (
    sizeOf(current) === replicas &&
    desiredWhenScaled(current) === replicas &&
    current.status.availableReplicas === replicas
  );
}

/** Spreads the difference over the sets by their size; what rounding leaves goes to the largest. */
function inProportion(rollout: Rollout, sets: readonly ReplicaSet[]): readonly Resize[] {
  const { replicas, maxSurge } = rollout;
  const allowed = replicas > 0 ? replicas + maxSurge : 0;
  const toAdd = allowed - askedBy(active(sets));
  const sorted = active(sets).toSorted(largestFirst(toAdd > 0 ? "newer" : "older"));
  let added = 0;
  const resizes = sorted.map((set) => {
    const share = toAdd === 0 ? 0 : proportion(rollout, set, { toAdd, added });
    added += share;
    return { set, size: sizeOf(set) + share };
  });
  return resizes.map(({ set, size }, at) => ({
    set,
    size: at === 0 && toAdd !== 0 ? Math.max(size + toAdd - added, 0) : size,
  }));
}

const largestFirst =
  (prefer: "newer" | "older") =>
  (a: ReplicaSet, b: ReplicaSet): number =>
    sizeOf(b) - sizeOf(a) || (prefer === "older" ? byAge(a, b) : byAge(b, a));

function proportion(
  { replicas, maxSurge, deployment }: Rollout,
  set: ReplicaSet,
  { toAdd, added }: { readonly toAdd: number; readonly added: number },
): number {
  const size = sizeOf(set);
  const allowed = toAdd - added;
  if (size === 0 || allowed === 0) return 0;
  const before = maxWhenScaled(set) || (deployment.status.replicas ?? 0);
  const target = before > 0 ? Math.round((size * (replicas + maxSurge)) / before) : size;
  const fraction = replicas === 0 ? -size : target - size;
  return toAdd > 0 ? Math.min(fraction, allowed) : Math.max(fraction, allowed);
}
