/**
 * Replaces the pods of an old template. Without surge old pods go first, as many as may be
 * missing; with surge new ones come first.
 * upstream: pkg/controller/daemon/update.go#rollingUpdate
 */
import { isPodTerminating } from "#api/core/pod-conditions.ts";
import type { Pod } from "#api/core/pod.ts";
import { type Fleet, isAvailable, isCurrent, marginsOf, type Margins, type Post } from "./fleet.ts";

export interface Replacement {
  /** The names of nodes that get a new pod beside the old one. */
  readonly create: readonly string[];
  readonly remove: readonly Pod[];
}

export function replacement(fleet: Fleet): Replacement {
  if (fleet.set.spec.updateStrategy.type !== "RollingUpdate") return { create: [], remove: [] };
  const margins = marginsOf(fleet);
  const pairs = fleet.posts
    .filter(({ verdict, pods }) => verdict.shouldRun || pods.length > 0)
    .map((post) => pairAt(post, fleet));
  return margins.maxSurge > 0
    ? surging(fleet, pairs, margins)
    : makingRoom(fleet, pairs, margins.maxUnavailable);
}

interface Pair {
  readonly post: Post;
  readonly newPod: Pod | undefined;
  readonly oldPod: Pod | undefined;
  /** More than one of a sort: upkeep sees to that first. */
  readonly isCrowded: boolean;
}

function pairAt(post: Post, fleet: Fleet): Pair {
  const pods = post.pods.filter((pod) => !isPodTerminating(pod));
  const current = pods.filter((pod) => isCurrent(pod, fleet));
  const old = pods.filter((pod) => !isCurrent(pod, fleet));
  const isCrowded = current.length > 1 || old.length > 1;
  return { post, newPod: current[0], oldPod: old[0], isCrowded };
}

function makingRoom(fleet: Fleet, pairs: readonly Pair[], maxUnavailable: number): Replacement {
  const useless: Pod[] = [];
  const candidates: Pod[] = [];
  let missing = 0;
  for (const { newPod, oldPod, isCrowded } of pairs) {
    const only = isCrowded || (newPod && oldPod) ? undefined : (newPod ?? oldPod);
    const isWell = only !== undefined && isAvailable(only, fleet);
    if (!isWell) missing++;
    if (only === undefined || only === newPod) continue;
    // Nothing is lost with a pod that is not available.
    (isWell ? candidates : useless).push(only);
  }
  const allowed = Math.max(maxUnavailable - missing, 0);
  return { create: [], remove: [...useless, ...candidates.slice(0, allowed)] };
}

function surging(
  fleet: Fleet,
  pairs: readonly Pair[],
  { maxSurge, desired }: Margins,
): Replacement {
  const well = (pod: Pod | undefined): boolean => pod !== undefined && isAvailable(pod, fleet);
  const sound = pairs.filter(({ isCrowded }) => !isCrowded);
  const alone = sound.filter(({ newPod, oldPod }) => oldPod && !newPod);
  const doubled = sound.filter(({ newPod, oldPod }) => oldPod && newPod);
  const served = sound.filter(({ newPod, oldPod }) => well(oldPod ?? newPod)).length;
  const waiting = doubled.filter(({ newPod }) => !well(newPod)).length;
  const surge = pairs.length - sound.length + waiting;
  const placed = alone.filter(({ post }) => post.verdict.shouldRun);
  const misplaced = alone.filter(({ post }) => !post.verdict.shouldRun);
  const oldOf = (some: readonly Pair[]): readonly Pod[] =>
    some.flatMap(({ oldPod }) => oldPod ?? []);
  const namesOf = (some: readonly Pair[]): readonly string[] =>
    some.map(({ post }) => post.nodeName);
  const isWell = ({ oldPod }: Pair): boolean => well(oldPod);
  const isUnwell = (pair: Pair): boolean => !isWell(pair);
  return {
    create: [
      ...namesOf(placed.filter(isUnwell)),
      ...namesOf(placed.filter(isWell)).slice(0, Math.max(maxSurge - surge, 0)),
    ],
    remove: [
      ...oldOf(misplaced.filter(isUnwell)),
      ...oldOf(doubled.filter(({ newPod }) => well(newPod))),
      // Elsewhere enough pods must be available before these go.
      ...oldOf(misplaced.filter(isWell)).slice(0, Math.max(served - desired, 0)),
    ],
  };
}
