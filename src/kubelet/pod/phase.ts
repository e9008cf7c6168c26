/**
 * The one word for a pod's life.
 * upstream: pkg/kubelet/kubelet_pods.go#getPhase
 */
import type { Pod } from "#api/core/pod.ts";
import type { ContainerStatus } from "#api/core/pod-status.ts";
import {
  initContainersOf,
  mainContainersOf,
  restartPolicyOf,
  runsAgain,
} from "./pod-containers.ts";

export type Phase = "Pending" | "Running" | "Succeeded" | "Failed";

interface Counts {
  pendingInit: number;
  failedInit: number;
  running: number;
  waiting: number;
  stopped: number;
  succeeded: number;
  /** Stopped, and about to run again. */
  restarting: number;
  unknown: number;
}

/** `isOver`: the containers will not run again, whatever the restart policy says. */
export function phaseOf(pod: Pod, statuses: readonly ContainerStatus[], isOver: boolean): Phase {
  const counts = countsOf(pod, statuses);
  if (counts.failedInit > 0 && restartPolicyOf(pod) === "Never") return "Failed";
  if (counts.pendingInit > 0 && !hasAnyMainStarted(pod, statuses)) return "Pending";
  if (counts.waiting > 0 || counts.unknown > 0) return "Pending";
  if (counts.running > 0) return "Running";
  return counts.stopped === 0 ? "Pending" : stoppedPhase(counts, isOver);
}

/** Every container has run, and none runs now. */
function stoppedPhase({ stopped, succeeded, restarting }: Counts, isOver: boolean): Phase {
  if (restarting > 0 && !isOver) return "Running";
  return stopped === succeeded ? "Succeeded" : "Failed";
}

/** It was initialized at some time, even if a sidecar is just starting again. */
export const hasAnyMainStarted = (pod: Pod, statuses: readonly ContainerStatus[]): boolean =>
  mainContainersOf(pod).some(({ container }) => {
    const status = findStatus(statuses, container.name);
    return !!(status?.state.running || status?.state.terminated || status?.lastState.terminated);
  });

export const findStatus = (
  statuses: readonly ContainerStatus[],
  name: string,
): ContainerStatus | undefined => statuses.find((status) => status.name === name);

function countsOf(pod: Pod, statuses: readonly ContainerStatus[]): Counts {
  const counts = {
    pendingInit: 0,
    failedInit: 0,
    running: 0,
    waiting: 0,
    stopped: 0,
    succeeded: 0,
    restarting: 0,
    unknown: 0,
  };
  for (const { container, sort } of initContainersOf(pod)) {
    const status = findStatus(statuses, container.name);
    if (sort === "sidecar") countSidecar(counts, status);
    else countInit(counts, status);
  }
  for (const member of mainContainersOf(pod)) {
    const status = findStatus(statuses, member.container.name);
    const ended = endOf(status);
    countMain(counts, status);
    if (ended && runsAgain(pod, member, ended)) counts.restarting++;
  }
  return counts;
}

/** How a container that does not run ended. */
const endOf = (status: ContainerStatus | undefined) =>
  status?.state.terminated ?? (status?.state.waiting && status.lastState.terminated);

function countInit(counts: Counts, status: ContainerStatus | undefined): void {
  const ended = endOf(status);
  if (!ended) counts.pendingInit++;
  else if (ended.exitCode !== 0) counts.failedInit++;
}

/** Sidecars that ended do not matter: they follow the main containers. */
function countSidecar(counts: Counts, status: ContainerStatus | undefined): void {
  if (!status) {
    counts.unknown++;
  } else if (status.state.running) {
    if (!status.started) counts.pendingInit++;
    counts.running++;
  } else if (status.state.waiting && !status.lastState.terminated) {
    counts.pendingInit++;
    counts.waiting++;
  }
}

function countMain(counts: Counts, status: ContainerStatus | undefined): void {
  if (status?.state.running) {
    counts.running++;
  } else if (status?.state.terminated) {
    counts.stopped++;
    if (status.state.terminated.exitCode === 0) counts.succeeded++;
  } else if (status?.state.waiting) {
    if (status.lastState.terminated) counts.stopped++;
    else counts.waiting++;
  } else {
    counts.unknown++;
  }
}
