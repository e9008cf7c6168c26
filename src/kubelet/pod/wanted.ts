/**
 * What should become of each container, given what runs: the heart of the kubelet.
 * upstream: pkg/kubelet/kuberuntime/kuberuntime_manager.go#computePodActions
 */
import type { Pod } from "#api/core/pod.ts";
import { hasStarted } from "./container-status.ts";
import type { ProbeType } from "./effects.ts";
import {
  findLatest,
  mayRun,
  nothingRuns,
  type ObservedContainer,
  type PodRuntime,
} from "./observed.ts";
import {
  containerHash,
  ephemeralContainersOf,
  initContainersOf,
  mainContainersOf,
  type PodContainer,
  restartPolicyOf,
  runsAgain,
} from "./pod-containers.ts";
import { probeOf } from "./probing.ts";
import { isBeingReplaced, restartsForResize } from "./resizing.ts";
import { sandboxChange } from "./sandbox-change.ts";
import { type PodState, trackOf } from "./state.ts";

export interface Wanted {
  /** Nothing runs, and nothing will run again: the pod is at its end. */
  readonly isOver: boolean;
  /** The number of the sandbox to make, when there must be a new one. */
  readonly sandboxAttempt?: number;
  readonly start: readonly PodContainer[];
  readonly stop: readonly StopOrder[];
}

export interface StopOrder {
  readonly instance: ObservedContainer;
  readonly message: string;
  readonly graceSeconds: number;
  /** Another instance follows, whatever the restart policy says. */
  readonly isReplaced?: boolean;
}

const over: Wanted = { isOver: true, start: [], stop: [] };

export function wantedOf(state: PodState, pod: Pod): Wanted {
  const runtime = state.runtime ?? nothingRuns;
  const change = sandboxChange(pod, runtime);
  if (change.isNeeded) return withNewSandbox(pod, runtime, change.attempt);
  const view: View = { state, pod, runtime, sandboxId: change.id ?? "", start: [], stop: [] };
  for (const member of ephemeralContainersOf(pod))
    if (!findLatest(runtime, member.container.name)) view.start.push(member);
  const progress = wantInit(view);
  if (progress === "failed") return over;
  if (progress === "initialized" && !wantMain(view)) return over;
  return { isOver: false, start: view.start, stop: view.stop };
}

/** Everything begins anew, unless there is nothing left to do. */
function withNewSandbox(pod: Pod, runtime: PodRuntime, attempt: number): Wanted {
  const isRepeat = attempt > 0 && runtime.containers.length > 0;
  if (isRepeat && restartPolicyOf(pod) === "Never") return over;
  const mains = mainContainersOf(pod);
  const instances = mains.map(({ container }) => findLatest(runtime, container.name));
  const isDone = mains.every((member, i) => hasFinished(pod, member, instances[i]));
  if (isRepeat && isDone) return over;
  const running = runtime.containers.filter(mayRun);
  const graceSeconds = graceSecondsOf(pod);
  return {
    isOver: false,
    sandboxAttempt: attempt,
    start: [],
    stop: running.map((instance) => ({ instance, message: "", graceSeconds })),
  };
}

export const graceSecondsOf = (pod: Pod): number => pod.spec.terminationGracePeriodSeconds ?? 30;

const hasFinished = (
  pod: Pod,
  member: PodContainer,
  instance: ObservedContainer | undefined,
): boolean => instance?.state === "exited" && !runsAgain(pod, member, instance);

interface View {
  readonly state: PodState;
  readonly pod: Pod;
  readonly runtime: PodRuntime;
  readonly sandboxId: string;
  readonly start: PodContainer[];
  readonly stop: StopOrder[];
}

type InitProgress = "initializing" | "initialized" | "failed";

/** One after the other; a sidecar lets the next one begin as soon as it has started. */
function wantInit(view: View): InitProgress {
  const members = initContainersOf(view.pod);
  for (const member of members) {
    const instance = findInSandbox(view, member);
    const isPassed = hasPassed(view, member, members);
    const progress =
      member.sort === "sidecar"
        ? wantSidecar(view, member, instance)
        : wantInitContainer(view, member, isPassed ? "passed" : instance);
    if (progress === "failed") return "failed";
    if (progress === "wait" && !isPassed) return "initializing";
  }
  return "initialized";
}

/** Instances of an earlier sandbox belong to an earlier life: initialization begins anew. */
const findInSandbox = (view: View, { container }: PodContainer): ObservedContainer | undefined =>
  view.runtime.containers.find(
    ({ name, sandboxId }) => name === container.name && sandboxId === view.sandboxId,
  );

/** Something later has come to life in this sandbox, so this one's turn is over. */
const hasPassed = (view: View, member: PodContainer, all: readonly PodContainer[]): boolean =>
  [...all.slice(member.index + 1), ...mainContainersOf(view.pod)].some(
    (later) => findInSandbox(view, later) !== undefined,
  );

type Progress = "go on" | "wait" | "failed";

function wantInitContainer(
  view: View,
  member: PodContainer,
  instance: ObservedContainer | "passed" | undefined,
): Progress {
  if (instance === "passed") return "go on";
  if (instance?.state === "running") return "wait";
  if (instance?.state === "exited") {
    if (instance.exitCode === 0) return "go on";
    if (!runsAgain(view.pod, member, instance)) return "failed";
  }
  if (instance?.state === "unknown") view.stop.push(unknownOrder(view, instance, "Init container"));
  view.start.push(member);
  return "wait";
}

function wantSidecar(
  view: View,
  member: PodContainer,
  instance: ObservedContainer | undefined,
): Progress {
  if (instance?.state !== "running") {
    if (instance?.state === "unknown")
      view.stop.push(unknownOrder(view, instance, "Init container"));
    view.start.push(member);
    return "wait";
  }
  const order = replacementOrder(view, member, instance);
  if (order) view.stop.push(order);
  const { probes, starting } = trackOf(view.state, member.container.name);
  const isUp = hasStarted(member.container, probes) && starting?.at !== "hooking";
  return isUp ? "go on" : "wait";
}

/** False when none of them runs or will run. */
function wantMain(view: View): boolean {
  let isAlive = false;
  for (const member of mainContainersOf(view.pod)) {
    const instance = findLatest(view.runtime, member.container.name);
    const isReplaced = isBeingReplaced(view.state, member.container.name);
    if (!isReplaced && hasFinished(view.pod, member, instance)) continue;
    isAlive = true;
    if (instance?.state === "running") {
      const order = replacementOrder(view, member, instance);
      if (order) view.stop.push(order);
      continue;
    }
    if (instance?.state === "unknown") view.stop.push(unknownOrder(view, instance, "Container"));
    view.start.push(member);
  }
  return isAlive;
}

/** Why a running container has to be replaced. */
function replacementOrder(
  view: View,
  { container, sort }: PodContainer,
  instance: ObservedContainer,
): StopOrder | undefined {
  const { probes } = trackOf(view.state, container.name);
  const hasFailed = (type: ProbeType): boolean =>
    probes?.id === instance.id && probes.states[type]?.result === "failure";
  const podGrace = graceSecondsOf(view.pod);
  const returns = restartPolicyOf(view.pod) !== "Never";
  // exact: kubelet
  const ordered = (why: string, graceSeconds: number): StopOrder => ({
    instance,
    message:
      sort === "sidecar"
        ? `Init container ${container.name} ${why}`
        : `Container ${container.name} ${why}${returns ? ", will be restarted" : ""}`,
    graceSeconds,
  });
  if (instance.hash !== "" && instance.hash !== containerHash(container))
    return ordered("definition changed", podGrace);
  for (const type of ["liveness", "startup"] as const) {
    if (!hasFailed(type)) continue;
    const own = probeOf(container, type)?.terminationGracePeriodSeconds;
    return ordered(`failed ${type} probe`, own ?? podGrace);
  }
  if (restartsForResize(view.state, container, instance)) {
    const message = `Container ${container.name} resize requires restart`;
    return { instance, message, graceSeconds: podGrace, isReplaced: true };
  }
  return undefined;
}

/** It may be running: two instances at once must not be. */
const unknownOrder = (view: View, instance: ObservedContainer, what: string): StopOrder => ({
  instance,
  message: `${what} is in "unknown" state, try killing it before restart`, // exact: kubelet
  graceSeconds: graceSecondsOf(view.pod),
});
