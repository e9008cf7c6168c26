/**
 * What one object uses of a quota, by the names that quotas have for it.
 * upstream: pkg/quota/v1/evaluator/core/{pods,services,persistent_volume_claims}.go
 */
import { isPodTerminal } from "#api/core/pod-conditions.ts";
import { Pod } from "#api/core/pod.ts";
import { PersistentVolumeClaim } from "#api/core/persistentvolumeclaim.ts";
import { isHugePages, isNativeResource } from "#api/core/resource-names.ts";
import { type Amounts, podLimits, podRequests } from "#api/core/resources.ts";
import { Service } from "#api/core/service.ts";
import { type AnyKind, type ApiObject, groupResource } from "#api/kind.ts";
import { type Quantity, quantityOf, quantityOfUnits } from "#base/quantity.ts";

export const count = (pieces: number): Quantity => quantityOfUnits(pieces, "decimal");

const one = count(1);

/** Everything is counted as `count/deployments.apps`; a few have an older, shorter name too. */
export function usageOf(kind: AnyKind, object: ApiObject): Amounts {
  const usage = new Map([[`count/${groupResource(kind)}`, one]]);
  if (plainlyCounted.has(groupResource(kind))) usage.set(kind.plural, one);
  if (kind === Pod) addPod(usage, object as Pod);
  if (kind === Service) addService(usage, object as Service);
  if (kind === PersistentVolumeClaim) addClaim(usage, object as PersistentVolumeClaim);
  return usage;
}

/** With a name of their own, and nothing to measure. */
const plainlyCounted: ReadonlySet<string> = new Set([
  "configmaps",
  "persistentvolumeclaims",
  "replicationcontrollers",
  "resourcequotas",
  "secrets",
  "services",
]);

/** Kinds of which a change can change what they use. */
export const measuredKinds: readonly AnyKind[] = [Pod, Service, PersistentVolumeClaim];

/** A pod that has finished uses nothing any more, but is still there. */
function addPod(usage: Map<string, Quantity>, pod: Pod): void {
  if (isPodTerminal(pod)) return;
  usage.set("pods", one);
  addRequests(usage, podRequests(pod, { usesStatus: true }));
  for (const [name, quantity] of podLimits(pod, { usesStatus: true }))
    if (hasLimit.has(name)) usage.set(`limits.${name}`, quantity);
}

const hasLimit: ReadonlySet<string> = new Set(["cpu", "memory", "ephemeral-storage"]);

function addRequests(usage: Map<string, Quantity>, requests: Amounts): void {
  for (const [name, quantity] of requests) {
    if (hasLimit.has(name) || isHugePages(name)) usage.set(name, quantity);
    const isExtended = !isNativeResource(name);
    if (hasLimit.has(name) || isHugePages(name) || isExtended)
      usage.set(`requests.${name}`, quantity);
  }
}

function addService(usage: Map<string, Quantity>, { spec }: Service): void {
  const ports = spec.ports ?? [];
  if (spec.type === "LoadBalancer") usage.set("services.loadbalancers", one);
  const isAllocated = spec.type === "NodePort" || spec.allocateLoadBalancerNodePorts !== false;
  if (spec.type !== "NodePort" && spec.type !== "LoadBalancer") return;
  const given = isAllocated ? ports : ports.filter(({ nodePort }) => nodePort);
  usage.set("services.nodeports", count(given.length));
}

function addClaim(usage: Map<string, Quantity>, { metadata, spec, status }: PersistentVolumeClaim) {
  const className =
    metadata.annotations?.["volume.beta.kubernetes.io/storage-class"] ?? spec.storageClassName;
  const asked = quantityOf(spec.resources.requests?.["storage"] ?? "0");
  const given = quantityOf(status.allocatedResources?.["storage"] ?? "0");
  const storage = given.compare(asked) > 0 ? given : asked;
  usage.set("requests.storage", storage);
  if (!className) return;
  const prefix = `${className}.storageclass.storage.k8s.io/`;
  usage.set(`${prefix}persistentvolumeclaims`, one);
  usage.set(`${prefix}requests.storage`, storage);
}

const requirable: ReadonlySet<string> = new Set([
  "cpu",
  "memory",
  "requests.cpu",
  "requests.memory",
  "limits.cpu",
  "limits.memory",
]);

/**
 * What containers must say when a quota measures it; undefined when they do. exact: apiserver
 */
export function unsaid(pod: Pod, hard: readonly string[]): string | undefined {
  const required = hard.filter((name) => requirable.has(name)).sort();
  const containers = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])];
  const parts = required.flatMap((name) => {
    if (says(pod.spec.resources, name)) return [];
    const silent = containers.filter(({ resources }) => !says(resources, name));
    const names = silent.map((container) => container.name).sort();
    return silent.length === 0 ? [] : `${name} for: ${names.join(",")}`;
  });
  return parts.length === 0 ? undefined : `must specify ${parts.join("; ")}`;
}

function says(resources: Pod["spec"]["resources"], name: string): boolean {
  const isLimit = name.startsWith("limits.");
  const list = isLimit ? resources?.limits : resources?.requests;
  return list?.[name.replace(/^(limits|requests)\./, "")] !== undefined;
}
