/** A daemon set, the nodes and its pods on each of them, at one moment. */
import { scaledValue } from "#api/apps/int-or-percent.ts";
import type { DaemonSet } from "#api/apps/daemonset.ts";
import { templateGenerationAnnotation } from "#api/apps/template-generation.ts";
import type { Node } from "#api/core/node.ts";
import { isPodAvailable, isPodTerminal, isPodTerminating } from "#api/core/pod-conditions.ts";
import type { Pod } from "#api/core/pod.ts";
import { targetOf, type Verdict, verdictOn } from "./placement.ts";

export const hashLabel = "controller-revision-hash";
export const generationLabel = "pod-template-generation";

/** What concerns one node. */
export interface Post {
  readonly nodeName: string;
  readonly verdict: Verdict;
  /** The oldest first, those that run already before others. */
  readonly pods: readonly Pod[];
}

export interface Fleet {
  readonly set: DaemonSet;
  /** Of the current template. */
  readonly hash: string;
  readonly posts: readonly Post[];
  /** Tied to nodes that are not there, and running nowhere: nobody else would clean them up. */
  readonly stray: readonly Pod[];
  readonly now: number;
}

const none: readonly Pod[] = [];

export function fleetOf(
  set: DaemonSet,
  pods: readonly Pod[],
  {
    nodes,
    hash,
    now,
  }: { readonly nodes: readonly Node[]; readonly hash: string; readonly now: number },
): Fleet {
  const byTarget = Map.groupBy(pods.filter(isOfConcern), (pod) => targetOf(pod));
  const posts = nodes.map((node) => {
    const nodeName = node.metadata.name ?? "";
    const there = byTarget.get(nodeName) ?? none;
    byTarget.delete(nodeName);
    const sorted = there.length > 1 ? there.toSorted(bySeniority) : there;
    return { nodeName, verdict: verdictOn(node, set), pods: sorted };
  });
  byTarget.delete(undefined);
  const stray = [...byTarget.values()].flat().filter(({ spec }) => !spec.nodeName);
  return { set, hash, posts, stray, now };
}

/** A pod that ended and is deleted is only held by a finalizer. */
const isOfConcern = (pod: Pod): boolean => !(isPodTerminal(pod) && isPodTerminating(pod));

function bySeniority(a: Pod, b: Pod): number {
  const scheduled = Number(!!b.spec.nodeName) - Number(!!a.spec.nodeName);
  if (scheduled !== 0) return scheduled;
  const [left = "", right = ""] = [a.metadata.creationTimestamp, b.metadata.creationTimestamp];
  if (left !== right) return left < right ? -1 : 1;
  return (a.metadata.name ?? "") < (b.metadata.name ?? "") ? -1 : 1;
}

export const generationOf = ({ metadata }: DaemonSet): string | undefined =>
  metadata.annotations?.[templateGenerationAnnotation];

/** Made from the current template. */
export function isCurrent({ metadata: { labels } }: Pod, { set, hash }: Fleet): boolean {
  if (labels?.[hashLabel] === hash) return true;
  const generation = generationOf(set);
  return generation !== undefined && labels?.[generationLabel] === generation;
}

export const isAvailable = (pod: Pod, { set, now }: Fleet): boolean =>
  isPodAvailable(pod, set.spec.minReadySeconds ?? 0, now);

export interface Margins {
  readonly maxSurge: number;
  readonly maxUnavailable: number;
  /** Nodes that are to have a pod. */
  readonly desired: number;
}

export function marginsOf({ set, posts }: Fleet): Margins {
  const desired = posts.filter(({ verdict }) => verdict.shouldRun).length;
  const { type, rollingUpdate } = set.spec.updateStrategy;
  if (type !== "RollingUpdate") return { maxSurge: 0, maxUnavailable: 0, desired };
  const scaled = (value: number | string): number =>
    scaledValue(value, { total: desired, round: "up" });
  const maxSurge = scaled(rollingUpdate?.maxSurge ?? 0);
  const maxUnavailable = scaled(rollingUpdate?.maxUnavailable ?? 0);
  // Without any room nothing could ever move.
  const isStuck = desired > 0 && maxSurge === 0 && maxUnavailable === 0;
  return { maxSurge, maxUnavailable: isStuck ? 1 : maxUnavailable, desired };
}
