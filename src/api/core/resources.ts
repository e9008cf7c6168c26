/**
 * What a pod asks for: its containers' requests and limits put together (init containers run one
 * after the other, sidecars beside them), its own, and the overhead of its runtime class.
 * upstream: staging/src/k8s.io/component-helpers/resource/helpers.go
 */
import { type Quantity, quantityOf, quantityOfMilli, quantityOfUnits } from "#base/quantity.ts";
import { findCondition } from "#api/meta/conditions.ts";
import type { Container, ResourceRequirements } from "./container.ts";
import type { PodSpec } from "./pod-spec.ts";
import type { ContainerStatus, PodStatus } from "./pod-status.ts";
import type { ResourceList } from "./resource-amounts.ts";
import { isPodLevelResource } from "./resource-names.ts";

export type Amounts = ReadonlyMap<string, Quantity>;

/** As much of a pod as matters here. */
export interface PodResources {
  readonly spec: Pick<
    PodSpec,
    "containers" | "initContainers" | "overhead" | "resources" | "restartPolicy"
  >;
  readonly status?: PodStatus;
}

interface AmountsOptions {
  /** Without what the runtime class adds. */
  readonly excludesOverhead?: boolean;
  /** While a resize is under way, count the larger of what is asked and what is given. */
  readonly usesStatus?: boolean;
  /** Only the containers, although the pod as a whole says something. */
  readonly excludesPodLevel?: boolean;
}

type Side = "requests" | "limits";

/** What the scheduler reserves for the pod. */
export const podRequests = (pod: PodResources, options: AmountsOptions = {}): Amounts =>
  totalOf(pod, "requests", options);

/** The most that the pod may use; resources that some container leaves open are missing. */
export const podLimits = (pod: PodResources, options: AmountsOptions = {}): Amounts =>
  totalOf(pod, "limits", options);

/** Sidecars start before, and run beside, everything that follows them. */
export const isSidecar = (container: Pick<Container, "restartPolicy">): boolean =>
  container.restartPolicy === "Always";

function totalOf(pod: PodResources, side: Side, options: AmountsOptions): Amounts {
  const total = containersTotal(pod, side, options);
  if (!options.excludesPodLevel) setAll(total, podLevelAmounts(pod.spec.resources?.[side]));
  if (options.excludesOverhead || !pod.spec.overhead) return total;
  for (const [name, quantity] of amountsOf(pod.spec.overhead)) {
    const isOpen = side === "limits" && (total.get(name)?.isZero() ?? true);
    if (!isOpen) addTo(total, name, quantity);
  }
  return total;
}

/** What the pod as a whole says counts instead of the sum of its containers. */
const podLevelAmounts = (own: ResourceList | undefined): Amounts =>
  new Map([...amountsOf(own)].filter(([name]) => isPodLevelResource(name)));

function setAll(total: Map<string, Quantity>, amounts: Amounts): void {
  for (const [name, quantity] of amounts) total.set(name, quantity);
}

function containersTotal(pod: PodResources, side: Side, options: AmountsOptions) {
  const statuses = options.usesStatus ? pod.status : undefined;
  const isInfeasible = statuses !== undefined && isResizeInfeasible(statuses);
  const amountsFor = isInfeasible ? amountsGiven : amountsAtMost;
  const total = new Map<string, Quantity>();
  for (const container of pod.spec.containers) {
    addAll(total, amountsFor(container, side, statuses?.containerStatuses));
  }
  const sidecars = new Map<string, Quantity>();
  const most = new Map<string, Quantity>();
  for (const container of pod.spec.initContainers ?? []) {
    const own = amountsFor(container, side, statuses?.initContainerStatuses);
    if (isSidecar(container)) {
      addAll(total, own);
      addAll(sidecars, own);
      raiseTo(most, sidecars);
    } else {
      const together = new Map(sidecars);
      addAll(together, own);
      raiseTo(most, together);
    }
  }
  raiseTo(total, most);
  return total;
}

/** What one container asks for; during a resize, the most of what it asked, got and will get. */
function amountsAtMost(
  container: Container,
  side: Side,
  statuses: readonly ContainerStatus[] | undefined,
): Map<string, Quantity> {
  const asked = amountsOf(container.resources[side]);
  if (statuses?.some(({ name }) => name === container.name))
    raiseTo(asked, amountsGiven(container, side, statuses));
  return asked;
}

/** What its node will never give does not count. */
const isResizeInfeasible = ({ conditions = [] }: PodStatus): boolean =>
  findCondition(conditions, "PodResizePending")?.reason === "Infeasible";

/** What it has and what it was promised. */
function amountsGiven(
  { name, resources }: Container,
  side: Side,
  statuses: readonly ContainerStatus[] | undefined,
): Map<string, Quantity> {
  const status = statuses?.find((other) => other.name === name);
  if (!status) return amountsOf(resources[side]);
  const given = amountsOf(status.resources?.[side]);
  if (side === "requests") raiseTo(given, amountsOf(status.allocatedResources));
  return given;
}

function addTo(total: Map<string, Quantity>, name: string, quantity: Quantity): void {
  const before = total.get(name);
  total.set(name, before ? before.add(quantity) : quantity);
}

function addAll(total: Map<string, Quantity>, more: Amounts): void {
  for (const [name, quantity] of more) addTo(total, name, quantity);
}

function raiseTo(total: Map<string, Quantity>, least: Amounts): void {
  for (const [name, quantity] of least) {
    const before = total.get(name);
    if (!before || before.compare(quantity) < 0) total.set(name, quantity);
  }
}

export function amountsOf(list: ResourceList | undefined): Map<string, Quantity> {
  const amounts = new Map<string, Quantity>();
  for (const name in list) amounts.set(name, quantityOf(list[name] ?? "0"));
  return amounts;
}

/** Back to the form of the API. */
export const resourceListOf = (amounts: Amounts): Record<string, string> =>
  Object.fromEntries([...amounts].map(([name, quantity]) => [name, quantity.format()]));

/** The two resources that everything is measured by, as numbers. */
export interface CpuAndMemory {
  readonly cpuMilli: number;
  readonly memoryBytes: number;
}

export const cpuAndMemoryOf = (amounts: Amounts): CpuAndMemory => ({
  cpuMilli: amounts.get("cpu")?.milliValue() ?? 0,
  memoryBytes: amounts.get("memory")?.value() ?? 0,
});

/** In the unit that schedulers count the resource by: thousandths of a core, bytes, or pieces. */
export const countOf = (name: string, quantity: Quantity): number =>
  name === "cpu" ? quantity.milliValue() : quantity.value();

/** As users write it: 300m, 1500Mi, 2. */
export function countText(name: string, count: number): string {
  if (name === "cpu") return quantityOfMilli(count, "decimal").toString();
  const isBytes =
    name === "memory" || name === "ephemeral-storage" || name.startsWith("hugepages-");
  return quantityOfUnits(count, isBytes ? "binary" : "decimal").toString();
}

export type QosClass = "Guaranteed" | "Burstable" | "BestEffort";

/** upstream: pkg/apis/core/helper/qos/qos.go#ComputePodQOS */
export function qosClassOf({ spec }: PodResources): QosClass {
  const parts: readonly ResourceRequirements[] = spec.resources
    ? [spec.resources]
    : [...spec.containers, ...(spec.initContainers ?? [])].map(({ resources }) => resources);
  const requests = new Map<string, Quantity>();
  const limits = new Map<string, Quantity>();
  let isLimited = true;
  for (const part of parts) {
    addAll(requests, qosAmounts(part.requests));
    const limited = qosAmounts(part.limits);
    addAll(limits, limited);
    isLimited &&= limited.size === 2;
  }
  if (requests.size + limits.size === 0) return "BestEffort";
  const matches = [...requests].every(
    ([name, quantity]) => limits.get(name)?.equals(quantity) ?? false,
  );
  return isLimited && matches && requests.size === limits.size ? "Guaranteed" : "Burstable";
}

/** Only processors and memory make a class, and only when more than none of it is asked for. */
function qosAmounts(list: ResourceList | undefined): Amounts {
  const amounts = new Map<string, Quantity>();
  for (const name of ["cpu", "memory"]) {
    const quantity = list?.[name] === undefined ? undefined : quantityOf(list[name]);
    if (quantity && quantity.sign() > 0) amounts.set(name, quantity);
  }
  return amounts;
}
