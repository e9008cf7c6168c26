/**
 * What a pod's status says of each container.
 * upstream: pkg/kubelet/kubelet_pods.go#convertToAPIContainerStatuses
 */
import type { Container } from "#api/core/container.ts";
import type { ResourceList } from "#api/core/resource-amounts.ts";
import type { Pod } from "#api/core/pod.ts";
import type { ContainerState, ContainerStatus, VolumeMountStatus } from "#api/core/pod-status.ts";
import { formatTime } from "#base/clock.ts";
import { inOnePiece } from "#base/in-one-piece.ts";
import type { ObservedContainer } from "./observed.ts";
import { findContainer, type PodContainer, runsAgain } from "./pod-containers.ts";
import { isBeingReplaced } from "./resizing.ts";
import { type PodState, type Probes, trackOf } from "./state.ts";

export interface StatusFacts {
  readonly state: PodState;
  readonly pod: Pod;
  /** As it would be if it asked for what it was given. */
  readonly given: Pod;
  /** The containers will not run again, whatever the restart policy says. */
  readonly isOver: boolean;
}

export function containerStatusOf(
  facts: StatusFacts,
  member: PodContainer,
  before: ContainerStatus | undefined,
): ContainerStatus {
  const { container } = member;
  const runtime = facts.state.runtime ?? { sandboxes: [], containers: [] };
  const instances = runtime.containers.filter(({ name }) => name === container.name);
  const [latest, previous] = instances;
  const base = latest
    ? observedStatus(latest, previous, before)
    : absentStatus(facts, member, before);
  const status = withWaitingReason(facts, member, base);
  const user = latest?.user ? { user: { linux: latest.user } } : {};
  return {
    ...status,
    ...readinessOf(facts, member, status),
    ...(status.state.running ? resourcesOf(facts, member, latest) : {}),
    ...mountsOf(container, before),
    ...user,
  };
}

type Bare = Omit<ContainerStatus, "ready">;

const containerId = ({ id }: ObservedContainer): string => inOnePiece("containerd://", id);

function observedStatus(
  latest: ObservedContainer,
  previous: ObservedContainer | undefined,
  before: ContainerStatus | undefined,
): Bare {
  return {
    name: latest.name,
    state: observedState(latest),
    lastState:
      previous?.state === "exited" ? observedState(previous) : keptLastState(latest, before),
    restartCount: latest.restartCount,
    image: latest.image,
    imageID: latest.imageRef,
    containerID: containerId(latest),
  };
}

/** The instance before may have been collected; what was reported of it stays true. */
const keptLastState = (
  latest: ObservedContainer,
  before: ContainerStatus | undefined,
): ContainerState =>
  before?.containerID === containerId(latest) ? before.lastState : (endOf(before) ?? {});

const endOf = (before: ContainerStatus | undefined): ContainerState | undefined =>
  before?.state.terminated ? { terminated: before.state.terminated } : before?.lastState;

function observedState(container: ObservedContainer): ContainerState {
  switch (container.state) {
    case "running":
      return { running: { startedAt: formatTime(container.startedAtMs) } };
    case "exited":
      return {
        terminated: {
          exitCode: container.exitCode,
          ...(container.reason ? { reason: container.reason } : {}),
          ...(container.message ? { message: container.message } : {}),
          startedAt: formatTime(container.startedAtMs),
          finishedAt: formatTime(container.finishedAtMs),
          containerID: containerId(container),
        },
      };
    case "created":
    case "unknown":
    default:
      return { waiting: {} };
  }
}

const defaultReason = (pod: Pod): string =>
  (pod.spec.initContainers ?? []).length > 0 ? "PodInitializing" : "ContainerCreating";

/** The runtime has no instance: there was none yet, or it was removed. */
function absentStatus(
  { pod, isOver }: StatusFacts,
  { container }: PodContainer,
  before: ContainerStatus | undefined,
): Bare {
  if (before?.state.terminated) return before;
  const { name, image = "" } = container;
  const blank = { name, image, imageID: "", restartCount: before?.restartCount ?? 0 };
  const waiting = { waiting: { reason: defaultReason(pod) } };
  if (!before?.state.running)
    return { ...blank, state: waiting, lastState: before?.lastState ?? {} };
  if (isOver)
    return { ...blank, state: lost("when the pod was terminated"), lastState: before.lastState };
  return {
    ...blank,
    // A pod that goes on makes up for the loss with a restart.
    restartCount: blank.restartCount + 1,
    state: waiting,
    lastState: lost("when the pod was deleted.  The container used to be Running"),
  };
}

/** exact: kubelet */
const lost = (when: string): ContainerState => ({
  terminated: {
    exitCode: 137,
    reason: "ContainerStatusUnknown",
    message: `The container could not be located ${when}`,
    startedAt: null,
    finishedAt: null,
  },
});

/** A container that is to run, and does not, says why. */
function withWaitingReason(
  { state, pod, isOver }: StatusFacts,
  member: PodContainer,
  status: Bare,
): Bare {
  const { name } = member.container;
  const { waiting } = trackOf(state, name);
  if (isOver || status.state.running) return status;
  const ended = status.state.terminated;
  const isReplaced = isBeingReplaced(state, name);
  if (ended && !isReplaced && !runsAgain(pod, member, ended)) return status;
  if (ended && isReplaced && !waiting) return withWaiting(status, { reason: defaultReason(pod) });
  if (!waiting) {
    // Between two steps of its start: not worth a change of status.
    if (!status.state.waiting || status.state.waiting.reason) return status;
    return { ...status, state: { waiting: { reason: defaultReason(pod) } } };
  }
  return withWaiting(status, { reason: waiting.reason, ...messageOf(waiting.message) });
}

/** How it ended last stays to be seen. */
const withWaiting = (status: Bare, waiting: NonNullable<ContainerState["waiting"]>): Bare => ({
  ...status,
  state: { waiting },
  lastState: status.state.terminated ? { terminated: status.state.terminated } : status.lastState,
});

const messageOf = (message: string): { message?: string } => (message ? { message } : {});

/** upstream: pkg/kubelet/prober/prober_manager.go#UpdatePodStatus */
function readinessOf(
  { state }: StatusFacts,
  { container, sort }: PodContainer,
  status: Bare,
): Pick<ContainerStatus, "ready" | "started"> {
  if (sort === "ephemeral") return { ready: false };
  const { probes } = trackOf(state, container.name);
  const isRunning = status.state.running !== undefined;
  const started = isRunning && hasStarted(container, probes);
  if (sort === "init") return { ready: status.state.terminated?.exitCode === 0, started };
  const ready =
    started && (!container.readinessProbe || resultOf(probes, "readiness") === "success");
  return { ready, started };
}

export const hasStarted = (container: Container, probes: Probes | undefined): boolean =>
  !container.startupProbe || resultOf(probes, "startup") === "success";

const resultOf = (probes: Probes | undefined, type: "startup" | "readiness") =>
  probes?.states[type]?.result;

const standard: ReadonlySet<string> = new Set(["cpu", "memory", "ephemeral-storage"]);

/** What it was given, and what it has: the same, except while it is resized. */
function resourcesOf(
  { given }: StatusFacts,
  { container }: PodContainer,
  latest: ObservedContainer | undefined,
): Pick<ContainerStatus, "allocatedResources" | "resources"> {
  const resources = findContainer(given, container.name)?.container.resources ?? {};
  const allocated = standardOf(resources.requests);
  const now = latest?.resources ?? resources;
  const [limits, requests] = [standardOf(now.limits), standardOf(now.requests)];
  return {
    ...(allocated ? { allocatedResources: allocated } : {}),
    resources: { ...(limits ? { limits } : {}), ...(requests ? { requests } : {}) },
  };
}

function standardOf(list: ResourceList | undefined): ResourceList | undefined {
  const known = Object.entries(list ?? {}).filter(([name]) => standard.has(name));
  return known.length > 0 ? Object.fromEntries(known) : undefined;
}

function mountsOf(
  { volumeMounts = [] }: Container,
  before: ContainerStatus | undefined,
): Pick<ContainerStatus, "volumeMounts"> {
  if (volumeMounts.length === 0) return {};
  if (before?.volumeMounts) return { volumeMounts: before.volumeMounts };
  return {
    volumeMounts: volumeMounts.map(({ name, mountPath, readOnly }): VolumeMountStatus => ({
      name,
      mountPath,
      ...(readOnly ? { readOnly, recursiveReadOnly: "Disabled" } : {}),
    })),
  };
}
