/**
 * A pod's status, computed anew from what is known.
 * upstream: pkg/kubelet/kubelet_pods.go#generateAPIPodStatus
 */
import type { Pod } from "#api/core/pod.ts";
import type { ContainerStatus, PodStatus } from "#api/core/pod-status.ts";
import { qosClassOf } from "#api/core/resources.ts";
import { formatTime } from "#base/clock.ts";
import { oneOfEachFamily, versionOf } from "./addresses.ts";
import { withAllocation } from "./allocation.ts";
import { conditionsOf } from "./conditions.ts";
import { containerStatusOf, type StatusFacts } from "./container-status.ts";
import { findStatus, type Phase, phaseOf } from "./phase.ts";
import {
  ephemeralContainersOf,
  initContainersOf,
  mainContainersOf,
  type PodContainer,
} from "./pod-containers.ts";
import { isBeingReplaced } from "./resizing.ts";
import { sandboxChange } from "./sandbox-change.ts";
import type { PodState } from "./state.ts";

export function statusOf(state: PodState, pod: Pod, atMs: number): PodStatus {
  const before = pod.status;
  const isOver = state.life.at !== "running" && state.life.at !== "ending";
  const given = withAllocation(pod, state.resize?.allocation);
  const facts = { state, pod, given, isOver };
  const statusesOf = (
    members: readonly PodContainer[],
    old: readonly ContainerStatus[] | undefined,
  ): readonly ContainerStatus[] =>
    members.map((member) =>
      containerStatusOf(facts, member, findStatus(old ?? [], member.container.name)),
    );
  const init = statusesOf(initContainersOf(pod), before.initContainerStatuses);
  const main = statusesOf(mainContainersOf(pod), before.containerStatuses);
  const ephemeral = statusesOf(ephemeralContainersOf(pod), before.ephemeralContainerStatuses);
  const statuses = [...main, ...init];
  const phase = settledPhase(state, pod, phaseOf(pod, countedIn(facts, statuses), isOver));
  const conditions = conditionsOf({
    pod,
    statuses,
    phase,
    hasSandbox: !sandboxChange(pod, state.runtime).isNeeded,
    before: before.conditions ?? [],
    resize: resizeOf(state),
    disruption: state.disruption,
    atMs,
  });
  return {
    ...(pod.metadata.generation ? { observedGeneration: pod.metadata.generation } : {}),
    phase,
    conditions,
    ...verdictOf(state, pod, phase),
    ...(before.nominatedNodeName ? { nominatedNodeName: before.nominatedNodeName } : {}),
    ...addressesOf(state, pod, before),
    startTime: formatTime(state.startedAtMs),
    ...(init.length > 0 ? { initContainerStatuses: init } : {}),
    ...(main.length > 0 ? { containerStatuses: byName(main) } : {}),
    qosClass: before.qosClass ?? qosClassOf(pod),
    ...(ephemeral.length > 0 ? { ephemeralContainerStatuses: byName(ephemeral) } : {}),
    ...(before.resourceClaimStatuses
      ? { resourceClaimStatuses: before.resourceClaimStatuses }
      : {}),
  };
}

/** Who is on its way out is not resized any more. */
const resizeOf = ({ life, resize }: PodState) => (life.at === "running" ? resize : undefined);

/** A container that only makes place for its next instance does not end the pod. */
const countedIn = (
  { state, isOver }: StatusFacts,
  statuses: readonly ContainerStatus[],
): readonly ContainerStatus[] =>
  statuses.map((status) =>
    !isOver && isBeingReplaced(state, status.name) ? asIfRunning(status) : status,
  );

const asIfRunning = (status: ContainerStatus): ContainerStatus => ({
  ...status,
  state: { running: { startedAt: null } },
});

const byName = (statuses: readonly ContainerStatus[]): readonly ContainerStatus[] =>
  statuses.toSorted((a, b) => (a.name < b.name ? -1 : 1));

/** An end is final: neither a verdict nor a phase that was reported is taken back. */
function settledPhase(state: PodState, pod: Pod, computed: Phase): Phase {
  const { phase } = pod.status;
  const isOver = state.life.at !== "running" && state.life.at !== "ending";
  // Nobody is to put another in its place before it has stopped.
  if (state.verdict && !isOver) return computed === "Pending" ? "Pending" : "Running";
  if (state.verdict) return "Failed";
  if (phase === "Succeeded" || phase === "Failed") return phase;
  // What never came to run, and never will, has failed.
  return isOver && computed !== "Succeeded" ? "Failed" : computed;
}

function verdictOf(
  { verdict }: PodState,
  { status }: Pod,
  phase: Phase,
): Pick<PodStatus, "reason" | "message"> {
  if (verdict && phase === "Failed") return { message: verdict.message, reason: verdict.reason };
  if (status.phase !== phase) return {};
  return {
    ...(status.message ? { message: status.message } : {}),
    ...(status.reason ? { reason: status.reason } : {}),
  };
}

type Addresses = Pick<PodStatus, "hostIP" | "hostIPs" | "podIP" | "podIPs">;

function addressesOf({ runtime, node, life }: PodState, pod: Pod, before: PodStatus): Addresses {
  const [hostIP] = node.hostIps;
  const own = pod.spec.hostNetwork ? node.hostIps : (runtime?.sandboxes[0]?.ips ?? []);
  const isEnding = life.at !== "running";
  const [podIP] = own;
  return {
    ...(hostIP ? { hostIP, hostIPs: node.hostIps.map((ip) => ({ ip })) } : {}),
    ...(podIP
      ? { podIP, podIPs: oneOfEachFamily(own, versionOf(hostIP)).map((ip) => ({ ip })) }
      : isEnding && before.podIP
        ? { podIP: before.podIP, podIPs: before.podIPs }
        : {}),
  };
}
