/**
 * Resources that change while a pod runs. The node is asked first; what it gives, the pod's control
 * group and its containers get: while they run, or by a restart, as each container wishes.
 * upstream: pkg/kubelet/allocation/allocation_manager.go,
 * pkg/kubelet/kuberuntime/kuberuntime_manager.go#computePodResizeAction, #doPodResizeAction
 */
import type { Container, ResourceRequirements } from "#api/core/container.ts";
import type { Pod } from "#api/core/pod.ts";
import type { PodCondition } from "#api/core/pod-status.ts";
import { qosClassOf } from "#api/core/resources.ts";
import { findCondition } from "#api/meta/conditions.ts";
import { minutes, seconds } from "#base/clock.ts";
import {
  type Allocation,
  allocationOf,
  differences,
  isAllocated,
  resizableContainers,
  withAllocation,
} from "./allocation.ts";
import { nextRetry } from "./backoff.ts";
import type { Did, ResizeVerdict } from "./effects.ts";
import { findLatest, nothingRuns, type ObservedContainer } from "./observed.ts";
import { type Pending, type PodState, type Resize, trackOf, without } from "./state.ts";
import type { Turn } from "./turn.ts";

/** exact: kubelet */
const deferredRetryMs = minutes(3);
const failedRetryMs = seconds(10);

const unchanged = { given: 0, set: 0, isAsking: false, isBusy: false };

/** The pod as it is now may ask for something else than before. */
export function noticeResize(turn: Turn, before: Pod | undefined, pod: Pod): void {
  if (!before || before.metadata.generation === pod.metadata.generation) return;
  const { resize } = turn.state;
  const allocation = resize?.allocation ?? allocationOf(before);
  const isWanted = !isAllocated(pod, allocation);
  if (!isWanted && !resize) return;
  const known = without(resize ?? { ...unchanged, allocation }, "pending", "askAtMs");
  turn.set({ resize: { ...known, ...(isWanted ? { askAtMs: turn.atMs } : {}) } });
}

/** After the first look: the containers that run may have been made with other resources. */
export function recallResize(turn: Turn): void {
  const { pod, runtime, resize } = turn.state;
  if (!pod || !runtime || resize) return;
  const made = resizableContainers(pod).flatMap(({ name, resources }) => {
    const latest = findLatest(runtime, name);
    const isOther = latest?.state === "running" && latest.resources;
    return isOther && differences(latest.resources, resources).length > 0
      ? [[name, latest.resources] as const]
      : [];
  });
  if (made.length === 0) return;
  const asked = allocationOf(pod);
  const containers = { ...asked.containers, ...Object.fromEntries(made) };
  turn.set({
    resize: { ...unchanged, allocation: { ...asked, containers }, askAtMs: turn.atMs },
  });
}

/** There is more room on the node than there was. */
export function noticeRoom(turn: Turn): void {
  const { resize } = turn.state;
  if (resize?.pending?.reason === "Deferred")
    turn.set({ resize: { ...resize, askAtMs: turn.atMs } });
}

export function advanceResize(turn: Turn, pod: Pod): void {
  if (!turn.state.resize) return;
  askNode(turn, pod);
  giveToContainers(turn, pod);
  settle(turn, pod);
}

function askNode(turn: Turn, pod: Pod): void {
  const { resize } = turn.state;
  if (resize?.askAtMs === undefined || resize.isAsking) return;
  if (resize.askAtMs > turn.atMs) {
    turn.wake(resize.askAtMs);
    return;
  }
  turn.set({ resize: { ...without(resize, "askAtMs"), isAsking: true } });
  turn.perform({ do: "allocate", pod });
}

export function allocated(turn: Turn, { task, outcome }: Did<"allocate">): void {
  const { resize, pod } = turn.state;
  if (!resize || !pod) return;
  if (!outcome.ok) {
    turn.set({ resize: { ...resize, isAsking: false, askAtMs: turn.atMs + failedRetryMs } });
  } else if (outcome.verdict) {
    deny(turn, task.pod, outcome.verdict);
  } else {
    grant(turn, task.pod, pod);
  }
}

function grant(turn: Turn, asked: Pod, now: Pod): void {
  const { resize, volumes } = turn.state;
  if (!resize) return;
  const { generation = 0 } = asked.metadata;
  const allocation = allocationOf(asked);
  turn.set({
    resize: {
      ...without(resize, "pending", "retry", "askAtMs"),
      allocation,
      given: generation,
      progress: { generation },
      isAsking: false,
      // It may have changed its mind meanwhile.
      ...(isAllocated(now, allocation) ? {} : { askAtMs: turn.atMs }),
    },
  });
  turn.normal("ResizeStarted", `Pod resize started: ${summaryOf(asked, generation)}`); // exact: kubelet
  // Files may show what a container has.
  if (volumes.at === "mounted") turn.set({ volumes: { ...volumes, isStale: true } });
}

function deny(turn: Turn, asked: Pod, verdict: ResizeVerdict): void {
  const { resize, pod } = turn.state;
  if (!resize || !pod) return;
  const { generation = 0 } = asked.metadata;
  const rest = { ...resize, isAsking: false };
  // It asks for something else by now: that counts.
  if (pod.metadata.generation !== asked.metadata.generation) {
    turn.set({ resize: rest });
    return;
  }
  const { reason, message } = verdict;
  const retry = reason === "Deferred" ? { askAtMs: turn.atMs + deferredRetryMs } : {};
  const sinceMs = resize.pending?.sinceMs ?? turn.atMs;
  const pending = { ...verdict, generation, sinceMs };
  turn.set({ resize: { ...rest, ...retry, pending } });
  const isNews = !isSame(resize.pending ?? saidOf(pod), pending);
  // exact: kubelet
  const text = `Pod resize ${reason}: ${summaryOf(asked, generation, message)}`;
  if (isNews) turn.warning(`Resize${reason}`, text);
}

type Said = Omit<Pending, "sinceMs">;

const isSame = (said: Said | undefined, now: Said): boolean =>
  said?.reason === now.reason && said.message === now.message && said.generation === now.generation;

/** What the API was told before this kubelet began. */
function saidOf({ status }: Pod): Said | undefined {
  const found = findCondition<PodCondition>(status.conditions ?? [], "PodResizePending");
  const { reason, message = "", observedGeneration: generation = 0 } = found ?? {};
  if (reason !== "Deferred" && reason !== "Infeasible") return undefined;
  return { reason, message, generation };
}

/** Containers that run with something else than what they were given. */
function containersBehind(state: PodState, pod: Pod) {
  const { resize, runtime = nothingRuns } = state;
  return resizableContainers(pod).flatMap((container) => {
    const instance = findLatest(runtime, container.name);
    const differing = resize && instance ? changesOf(resize, container, instance) : [];
    return instance && differing.length > 0 ? [{ container, instance, differing }] : [];
  });
}

function changesOf(
  { allocation }: Resize,
  { name }: Container,
  { state, resources }: ObservedContainer,
): readonly string[] {
  if (state !== "running") return [];
  return resources ? differences(resources, allocation.containers[name]) : ["cpu", "memory"];
}

/** It wants to begin anew rather than have these resources changed under its feet. */
export function restartsForResize(
  { resize }: PodState,
  container: Container,
  instance: ObservedContainer,
): boolean {
  if (!resize) return false;
  const differing = changesOf(resize, container, instance);
  return wantsRestart(container, differing);
}

const wantsRestart = ({ resizePolicy = [] }: Container, differing: readonly string[]): boolean =>
  resizePolicy.some(
    ({ resourceName, restartPolicy }) =>
      restartPolicy === "RestartContainer" && differing.includes(resourceName),
  );

function giveToContainers(turn: Turn, pod: Pod): void {
  const { resize, runtime, sandbox } = turn.state;
  if (!resize || resize.isBusy || !runtime || sandbox.isStarting) return;
  const behind = containersBehind(turn.state, pod);
  // First those end that begin anew: their share may be what others get.
  if (behind.some(({ container, differing }) => wantsRestart(container, differing))) return;
  if (behind.length === 0 && isGroupSet(resize)) return;
  if (!turn.isDue(resize.retry)) return;
  const progress = resize.progress ?? { generation: resize.given };
  turn.set({ resize: { ...resize, isBusy: true, progress } });
  const containers = behind.map(({ instance: { name, id } }) => ({ name, id }));
  turn.perform({ do: "resize", given: resize.given, containers });
}

const isGroupSet = ({ given, set }: Resize): boolean => given === set;

export function resized(turn: Turn, { task, outcome }: Did<"resize">): void {
  const { resize, pod } = turn.state;
  if (!resize || !pod) return;
  const { generation = resize.given, error: before } = resize.progress ?? {};
  if (outcome.ok) {
    const done = { ...without(resize, "retry"), isBusy: false, set: task.given };
    turn.set({ resize: { ...done, progress: { generation } } });
    return;
  }
  const { message: error } = outcome;
  const retry = nextRetry(resize.retry, turn.atMs);
  turn.set({ resize: { ...resize, isBusy: false, retry, progress: { generation, error } } });
  // exact: kubelet
  const text = `Pod resize error: ${summaryOf(withAllocation(pod, resize.allocation), generation, error)}`;
  if (error !== before) turn.warning("ResizeError", text);
}

/** A container that is about to start must find its pod's group large enough. */
export const holdsStarts = ({ resize }: PodState): boolean =>
  resize !== undefined && (resize.isBusy || (!isGroupSet(resize) && !resize.retry));

/** Everybody has what was given: says so, and forgets about it when it is all that was asked. */
function settle(turn: Turn, pod: Pod): void {
  const { resize } = turn.state;
  if (!resize || resize.isBusy || !isGroupSet(resize)) return;
  if (containersBehind(turn.state, pod).length > 0 || isReplacing(turn.state, pod)) return;
  const { progress, ...rest } = resize;
  const { pending, isAsking, askAtMs, allocation } = rest;
  const isOver = !pending && !isAsking && askAtMs === undefined && isAllocated(pod, allocation);
  turn.set({ resize: isOver ? undefined : rest });
  if (!progress) return;
  const { generation } = progress;
  const summary = summaryOf(withAllocation(pod, allocation), generation);
  turn.normal("ResizeCompleted", `Pod resize completed: ${summary}`); // exact: kubelet
}

const isReplacing = (state: PodState, pod: Pod): boolean =>
  resizableContainers(pod).some(({ name }) => isBeingReplaced(state, name));

/** It was stopped to begin anew, and has not yet. */
export function isBeingReplaced(state: PodState, name: string): boolean {
  const { replaced } = trackOf(state, name);
  return replaced !== undefined && findLatest(state.runtime ?? nothingRuns, name)?.id === replaced;
}

/** exact: kubelet. upstream: pkg/kubelet/events/resize.go */
function summaryOf({ spec }: Pod, generation: number, error?: string): string {
  const listed = (containers: readonly Container[]) =>
    containers.map(({ name, resources }) => ({ name, resources: inOrder(resources) }));
  const { initContainers = [], containers, resources } = spec;
  return JSON.stringify({
    ...(resources ? { resources: inOrder(resources) } : {}),
    ...(initContainers.length > 0 ? { initContainers: listed(initContainers) } : {}),
    containers: listed(containers),
    generation,
    ...(error === undefined ? {} : { error }),
  });
}

function inOrder({ limits, requests }: ResourceRequirements): Partial<ResourceRequirements> {
  const sorted = (list: { readonly [name: string]: string }) =>
    Object.fromEntries(Object.entries(list).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  return {
    ...(limits ? { limits: sorted(limits) } : {}),
    ...(requests ? { requests: sorted(requests) } : {}),
  };
}

/**
 * Whose turn it is when there is room: by priority, then by class, then by how long they wait.
 * upstream: pkg/kubelet/allocation/allocation_manager.go#sortPendingResizes
 */
export const inTurn = (states: Iterable<PodState>): readonly PodState[] =>
  [...states]
    .filter(({ resize }) => resize?.pending?.reason === "Deferred")
    .toSorted(
      (a, b) =>
        priorityOf(b) - priorityOf(a) || classRank(a) - classRank(b) || sinceMs(a) - sinceMs(b),
    );

const priorityOf = ({ pod }: PodState): number => pod?.spec.priority ?? 0;
const sinceMs = ({ resize }: PodState): number => resize?.pending?.sinceMs ?? 0;
const classRank = ({ pod }: PodState): number => (pod && qosClassOf(pod) === "Guaranteed" ? 0 : 1);

/** What a restarted kubelet finds in its records of a pod. */
export function resizeFromRecord(
  pod: Pod,
  { allocation, isSet }: { readonly allocation: Allocation; readonly isSet: boolean },
  atMs: number,
): Resize | undefined {
  const isWanted = !isAllocated(pod, allocation);
  if (!isWanted && isSet) return undefined;
  const { generation: given = 0 } = pod.metadata;
  return {
    allocation,
    given,
    set: isSet ? given : undefined,
    isAsking: false,
    isBusy: false,
    ...(isWanted ? { askAtMs: atMs } : {}),
  };
}
