/**
 * Whether this node takes a pod that was sent to it. The scheduler decided on what it knew; by now
 * the node may be full, or no longer what the pod asks for.
 * upstream: pkg/kubelet/lifecycle/predicate.go
 */
import type { Node, Taint } from "#api/core/node.ts";
import { isSelectedBy } from "#api/core/node-affinity.ts";
import type { Pod } from "#api/core/pod.ts";
import { countOf, podRequests, qosClassOf } from "#api/core/resources.ts";
import { safeSysctls } from "#api/core/safe-sysctls.ts";
import { findUntoleratedTaint, isTolerated, nodeTaints } from "#api/core/taints.ts";
import { quantityOf } from "#base/quantity.ts";
import type { Pressures } from "./node/pressures.ts";
import { isCritical } from "./pod/critical.ts";
import type { ResizeVerdict } from "./pod/effects.ts";
import type { Verdict } from "./pod/state.ts";

/** What the pods that run here already take. */
export interface Occupancy {
  readonly pods: number;
  /** In the units of `countOf`. */
  readonly used: (resource: string) => number;
  readonly isTaken: (hostPort: string) => boolean;
}

export function occupancyOf(pods: readonly Pod[]): Occupancy {
  return {
    pods: pods.length,
    used: (resource) => pods.reduce((sum, pod) => sum + (amountOf(pod, resource) ?? 0), 0),
    isTaken: (port) => pods.some((pod) => hostPortsOf(pod).includes(port)),
  };
}

const amountOf = (pod: Pod, resource: string): number | undefined => {
  const amount = podRequests(pod).get(resource);
  return amount && countOf(resource, amount);
};

const memoryPressure: Taint = { key: nodeTaints.memoryPressure, effect: "NoSchedule" };

/**
 * Why a node that runs short of something does not take the pod. Undefined when it does.
 * upstream: pkg/kubelet/eviction/eviction_manager.go#Admit
 */
export function pressureRefusalOf(pod: Pod, pressures: Pressures): Verdict | undefined {
  if (pressures.size === 0 || isCritical(pod)) return undefined;
  const isOnlyMemory = pressures.size === 1 && pressures.has("MemoryPressure");
  const isModest =
    qosClassOf(pod) !== "BestEffort" || isTolerated(memoryPressure, pod.spec.tolerations);
  if (isOnlyMemory && isModest) return undefined;
  // exact: kubelet
  return {
    reason: "Evicted",
    message: `The node had condition: [${[...pressures].join(" ")}]. `,
  };
}

/** Undefined when it is welcome. */
export function refusalOf(pod: Pod, others: Occupancy, node: Node): Verdict | undefined {
  const { spec, status } = node;
  // exact: kubelet
  if ((pod.spec.os?.name ?? "linux") !== "linux")
    return {
      reason: "PodOSNotSupported",
      message: "Failed to admit pod as the OS field doesn't match node OS",
    };
  const unfit = findForbiddenSysctl(pod) ?? findFull(pod, others, status.allocatable ?? {});
  if (unfit) return unfit;
  if (!isSelectedBy(node, pod.spec))
    return predicate("NodeAffinity", "node(s) didn't match Pod's node affinity/selector");
  if (hostPortsOf(pod).some(others.isTaken))
    return predicate("NodePorts", "node(s) didn't have free ports for the requested pod ports");
  if (findUntoleratedTaint(spec.taints, pod.spec.tolerations, ["NoExecute"]))
    return predicate("TaintToleration", "node(s) had untolerated taint");
  return undefined;
}

const predicate = (name: string, why: string): Verdict => ({
  reason: name,
  message: `Predicate ${name} failed: ${why}`,
});

/** exact: kubelet. upstream: pkg/kubelet/sysctl/allowlist.go */
function findForbiddenSysctl({ spec }: Pod): Verdict | undefined {
  for (const { name } of spec.securityContext?.sysctls ?? []) {
    const dotted = name.replaceAll("/", ".");
    const sharesNode = dotted.startsWith("net.") ? spec.hostNetwork : spec.hostIPC;
    const kind = dotted.startsWith("net.") ? "net" : "ipc";
    const quoted = JSON.stringify(name);
    const message = sharesNode
      ? `forbidden sysctl: ${quoted} not allowed with host ${kind} enabled`
      : safeSysctls.has(dotted)
        ? undefined
        : `forbidden sysctl: ${quoted} not allowlisted`;
    if (message) return { reason: "SysctlForbidden", message };
  }
  return undefined;
}

type Amounts = { readonly [name: string]: string };

/** The first resource of which there is not enough. */
function findFull(pod: Pod, others: Occupancy, allocatable: Amounts): Verdict | undefined {
  const podsMax = quantityOf(allocatable["pods"] ?? "0").value();
  if (others.pods + 1 > podsMax)
    return outOf("pods", { requested: 1, used: others.pods, capacity: podsMax });
  for (const [name, quantity] of podRequests(pod)) {
    const requested = countOf(name, quantity);
    const capacity = countOf(name, quantityOf(allocatable[name] ?? "0"));
    const used = others.used(name);
    if (requested > 0 && used + requested > capacity)
      return outOf(name, { requested, used, capacity });
  }
  return undefined;
}

/**
 * Whether the node can give a pod that runs here what it asks for by now, beside what all others
 * have. upstream: pkg/kubelet/allocation/allocation_manager.go#canResizePod
 */
export function resizeRefusalOf(
  pod: Pod,
  others: Occupancy,
  allocatable: Amounts,
): ResizeVerdict | undefined {
  const requests = podRequests(pod);
  for (const name of ["memory", "cpu"]) {
    const requested = countOf(name, requests.get(name) ?? quantityOf("0"));
    const capacity = countOf(name, quantityOf(allocatable[name] ?? "0"));
    // exact: kubelet
    const message = `Node didn't have enough capacity: ${name}, requested: ${requested}, capacity: ${capacity}`;
    if (requested > capacity) return { reason: "Infeasible", message };
  }
  const full = findFull(pod, others, allocatable);
  return full && { reason: "Deferred", message: full.message };
}

interface Shortage {
  readonly requested: number;
  readonly used: number;
  readonly capacity: number;
}

/** exact: kubelet */
const outOf = (name: string, { requested, used, capacity }: Shortage): Verdict => ({
  reason: `OutOf${name}`,
  message: `Node didn't have enough resource: ${name}, requested: ${requested}, used: ${used}, capacity: ${capacity}`,
});

/** `TCP/8080/10.0.0.1`; an address of its own keeps a port apart. */
export const hostPortsOf = ({ spec }: Pod): readonly string[] =>
  spec.containers.flatMap(({ ports = [] }) =>
    ports.flatMap(({ hostPort = 0, protocol = "TCP", hostIP = "0.0.0.0" }) =>
      hostPort > 0 ? [`${protocol}/${hostPort}/${hostIP || "0.0.0.0"}`] : [],
    ),
  );
