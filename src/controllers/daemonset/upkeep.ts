/**
 * One pod on each node that is to have one, and none elsewhere.
 * upstream: pkg/controller/daemon/daemon_controller.go#podsShouldBeOnNode
 */
import type { DaemonSet } from "#api/apps/daemonset.ts";
import { isPodReady, isPodTerminal, isPodTerminating } from "#api/core/pod-conditions.ts";
import type { Pod } from "#api/core/pod.ts";
import { minutes, seconds } from "#base/clock.ts";
import type { View } from "../runtime/controller.ts";
import { type Effect, note, wakeIn, warn } from "../runtime/effects.ts";
import { type Fleet, isAvailable, isCurrent, marginsOf, type Post } from "./fleet.ts";

/** Pods to be made and deleted, and what else there is to do and say. */
export interface Duties {
  /** The names of the nodes. */
  readonly create: readonly string[];
  readonly remove: readonly Pod[];
  readonly effects: readonly Effect[];
}

const nothing: Duties = { create: [], remove: [], effects: [] };

export function upkeep(fleet: Fleet, view: View): Duties {
  const { maxSurge } = marginsOf(fleet);
  const all = fleet.posts.map((post) => dutiesAt(fleet, post, { view, surges: maxSurge > 0 }));
  const due = all.filter((duties) => duties !== nothing);
  return {
    create: due.flatMap(({ create }) => create),
    remove: [...due.flatMap(({ remove }) => remove), ...fleet.stray.filter(isStaying)],
    effects: due.flatMap(({ effects }) => effects),
  };
}

const isStaying = (pod: Pod): boolean => !isPodTerminating(pod);

interface Circumstances {
  readonly view: View;
  /** While it is replaced, an old pod may have a new one beside it. */
  readonly surges: boolean;
}

function dutiesAt(fleet: Fleet, post: Post, { view, surges }: Circumstances): Duties {
  const { verdict, pods, nodeName } = post;
  if (pods.length === 0) return verdict.shouldRun ? missing(fleet, nodeName, view) : nothing;
  const staying = pods.filter(isStaying);
  if (!verdict.mayStay) return removing(staying);
  return tidied(fleet, post, { view, surges, staying });
}

/** On a node where pods may be: those that ended and those that are too many go. */
function tidied(
  fleet: Fleet,
  post: Post,
  { view, surges, staying }: Circumstances & { readonly staying: readonly Pod[] },
): Duties {
  const running = staying.filter((pod) => !isPodTerminal(pod));
  const ended = staying.length > running.length ? clearAway(fleet, post, view) : nothing;
  if (ended === nothing) notedTrouble(fleet, post, view);
  const excess = surges ? surplusWhileSurging(fleet, running) : running.slice(1);
  const isBare = surges && running.length === 0 && post.verdict.shouldRun;
  if (ended === nothing && excess.length === 0 && !isBare) return nothing;
  return {
    create: isBare ? [post.nodeName] : [],
    remove: [...ended.remove, ...excess],
    effects: ended.effects,
  };
}

const removing = (pods: readonly Pod[]): Duties =>
  pods.length === 0 ? nothing : { ...nothing, remove: pods };

function missing(fleet: Fleet, nodeName: string, view: View): Duties {
  troubleSince(fleet, nodeName, view);
  return { ...nothing, create: [nodeName] };
}

/**
 * Since when the node has had no current pod that is ready. Asked at every look while it lasts, so
 * that it outlives the pods that fail; a new template begins anew.
 */
const troubleSince = ({ set }: Fleet, nodeName: string, { since }: View): number =>
  since(`no daemon on ${nodeName} at ${set.metadata.generation}`);

function notedTrouble(fleet: Fleet, { pods, nodeName }: Post, view: View): void {
  const isWell = (pod: Pod): boolean => isStaying(pod) && isPodReady(pod) && isCurrent(pod, fleet);
  if (!pods.some(isWell)) troubleSince(fleet, nodeName, view);
}

const retryMsMin = seconds(1);
const retryMsMax = minutes(15);

/**
 * Pods that ended make room for others: at once when they had been well before, else the later the
 * longer the trouble lasts. That doubles the pause each time, and needs no memory of earlier pods.
 * differs: pods that succeeded wait like those that failed; upstream deletes and makes them anew without a pause.
 */
function clearAway(fleet: Fleet, { pods, nodeName }: Post, view: View): Duties {
  const begunMs = troubleSince(fleet, nodeName, view);
  const due: Pod[] = [];
  const waitsMs: number[] = [];
  for (const pod of pods.filter((candidate) => isStaying(candidate) && isPodTerminal(candidate))) {
    const createdMs = Date.parse(pod.metadata.creationTimestamp ?? "") || 0;
    const lastedMs = createdMs - begunMs;
    const pauseMs = Math.min(Math.max(lastedMs, retryMsMin), retryMsMax);
    const waitMs = createdMs + seconds(1) <= begunMs ? 0 : createdMs + pauseMs - view.now;
    if (waitMs > 0) waitsMs.push(waitMs);
    else due.push(pod);
  }
  const wakes = waitsMs.length > 0 ? [wakeIn(Math.min(...waitsMs))] : [];
  const events = due.map((pod) => eventOf(fleet.set, pod, nodeName));
  return { create: [], remove: due, effects: [...events, ...wakes] };
}

// exact: kube-controller-manager
function eventOf(set: DaemonSet, { metadata, status }: Pod, nodeName: string): Effect {
  const pod = `daemon pod ${metadata.namespace}/${metadata.name} on node ${nodeName}`;
  return status.phase === "Failed"
    ? warn(set, "FailedDaemonPod", `Found failed ${pod}, will try to kill it`)
    : note(set, "SucceededDaemonPod", `Found succeeded ${pod}, will try to delete it`);
}

/** One new pod may stand beside an old one that is ready, until it is available itself. */
function surplusWhileSurging(fleet: Fleet, running: readonly Pod[]): readonly Pod[] {
  if (running.length <= 1) return [];
  const current = running.filter((pod) => isCurrent(pod, fleet));
  const old = running.filter((pod) => !isCurrent(pod, fleet));
  const [newPod] = current;
  const [oldPod] = old;
  const excess = [...current.slice(1), ...old.slice(1)];
  if (!newPod || !oldPod) return excess;
  const isReplaced = !isPodReady(oldPod) || isAvailable(newPod, fleet);
  return isReplaced ? [...excess, oldPod] : excess;
}
