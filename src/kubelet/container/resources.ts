/**
 * Requests and limits as the kernel's knobs: for a container, for a pod, for all pods of a class.
 * upstream: pkg/kubelet/kuberuntime/kuberuntime_container_linux.go, pkg/kubelet/cm/helpers_linux.go,
 * pkg/kubelet/qos/policy.go
 */
import type { Container } from "#api/core/container.ts";
import type { Pod } from "#api/core/pod.ts";
import {
  amountsOf,
  cpuAndMemoryOf,
  isSidecar,
  podLimits,
  podRequests,
  qosClassOf,
} from "#api/core/resources.ts";
import { parseQuantity } from "#base/quantity.ts";
import { isCritical } from "../pod/critical.ts";
import type { LinuxResources } from "../runtime.ts";

const sharesMin = 2;
const sharesMax = 262_144;
const periodMicroseconds = 100_000;
const quotaMicrosecondsMin = 1_000;

/** cgroup v1's relative weight. */
export const sharesOf = (cpuMilli: number): number =>
  cpuMilli === 0
    ? sharesMin
    : Math.min(Math.max(Math.floor((cpuMilli * 1_024) / 1_000), sharesMin), sharesMax);

/** Microseconds of processor time per period; 0 for as much as there is. */
export const quotaOf = (cpuMilli: number): number =>
  cpuMilli === 0
    ? 0
    : Math.max(Math.floor((cpuMilli * periodMicroseconds) / 1_000), quotaMicrosecondsMin);

export interface Machine {
  readonly memoryBytes: number;
  readonly cgroupVersion: 1 | 2;
}

export function containerResources(
  pod: Pod,
  container: Container,
  machine: Machine,
): LinuxResources {
  const requests = cpuAndMemoryOf(amountsOf(container.resources.requests));
  const limits = cpuAndMemoryOf(amountsOf(container.resources.limits));
  const hugepageLimits = hugepagesOf(container);
  return {
    // Who has a limit and asks for nothing asks for the limit.
    cpuShares: sharesOf(requests.cpuMilli || limits.cpuMilli),
    cpuQuota: quotaOf(limits.cpuMilli),
    cpuPeriod: periodMicroseconds,
    ...(limits.memoryBytes > 0 ? { memoryLimitInBytes: limits.memoryBytes } : {}),
    oomScoreAdj: oomScore(pod, container, machine),
    ...(hugepageLimits.length > 0 ? { hugepageLimits } : {}),
    // All processes of a container die together.
    ...(machine.cgroupVersion === 2 ? { unified: { "memory.oom.group": "1" } } : {}),
  };
}

function hugepagesOf({ resources }: Container) {
  return Object.entries(resources.limits ?? {}).flatMap(([name, quantity]) => {
    if (!name.startsWith("hugepages-")) return [];
    const size = parseQuantity(name.slice("hugepages-".length))?.value() ?? 0;
    return [{ pageSize: pageSizeText(size), limit: parseQuantity(quantity)?.value() ?? 0 }];
  });
}

/** `2MB`, `1GB`: as the kernel names its control files. */
function pageSizeText(bytes: number): string {
  const units = ["B", "KB", "MB", "GB"];
  let [size, unit] = [bytes, 0];
  while (size >= 1_024 && unit < units.length - 1) [size, unit] = [size / 1_024, unit + 1];
  return `${size}${units[unit]}`;
}

const guaranteedScore = -997;
const bestEffortScore = 1_000;
/** Who dies first when memory runs out: those who asked for the least. */
export function oomScore(pod: Pod, container: Container, { memoryBytes }: Machine): number {
  if (isCritical(pod)) return guaranteedScore;
  const qosClass = qosClassOf(pod);
  if (qosClass === "Guaranteed") return guaranteedScore;
  if (qosClass === "BestEffort") return bestEffortScore;
  const own = burstableScore(container, memoryBytes);
  if (!isSidecar(container)) return own;
  // A sidecar must not die before those it serves.
  return Math.min(own, ...pod.spec.containers.map((other) => burstableScore(other, memoryBytes)));
}

function burstableScore({ resources }: Container, memoryBytes: number): number {
  const requested = cpuAndMemoryOf(amountsOf(resources.requests)).memoryBytes;
  const score = 1_000 - Math.floor((1_000 * requested) / memoryBytes);
  return Math.min(Math.max(score, bestEffortScore + guaranteedScore), bestEffortScore - 1);
}

/** What a control group is set to. Absent: as it is; 0: not limited. */
export interface GroupLimits {
  readonly cpuShares: number;
  readonly cpuQuota?: number;
  readonly cpuPeriod?: number;
  readonly memoryBytes?: number;
}

/** Limits of the whole pod only where every container has one. */
export function podGroupLimits(pod: Pod): GroupLimits {
  if (qosClassOf(pod) === "BestEffort") return { cpuShares: sharesMin };
  const requests = cpuAndMemoryOf(podRequests(pod));
  const limits = cpuAndMemoryOf(podLimits(pod));
  const isLimited = (name: string): boolean =>
    pod.spec.resources?.limits?.[name] !== undefined ||
    [...pod.spec.containers, ...(pod.spec.initContainers ?? [])].every(
      ({ resources }) => resources.limits?.[name] !== undefined,
    );
  return {
    cpuShares: sharesOf(requests.cpuMilli),
    ...(isLimited("cpu")
      ? { cpuQuota: quotaOf(limits.cpuMilli), cpuPeriod: periodMicroseconds }
      : {}),
    ...(isLimited("memory") ? { memoryBytes: limits.memoryBytes } : {}),
  };
}

/** Below the root of all pods: one group per class, except for the guaranteed, and one per pod. */
export function podGroupPath(pod: Pod, root: string): string {
  const own = `pod${pod.metadata.uid}`;
  const qosClass = pod.status.qosClass ?? qosClassOf(pod);
  return qosClass === "Guaranteed" ? `${root}/${own}` : `${root}/${qosClass.toLowerCase()}/${own}`;
}

/** Burstable pods together weigh what they ask for. */
export const burstableShares = (pods: readonly Pod[]): number =>
  sharesOf(
    pods
      .filter((pod) => qosClassOf(pod) === "Burstable")
      .reduce((sum, pod) => sum + cpuAndMemoryOf(podRequests(pod)).cpuMilli, 0),
  );
