/**
 * What the pods that are not finished ask for, pod by pod: a page of its own, as it grows with the cluster.
 * upstream: pkg/scheduler/metrics/resources/resources.go
 */
import { isHugePages } from "#api/core/resource-names.ts";
import { type Amounts, podLimits, podRequests } from "#api/core/resources.ts";
import type { Pod } from "#api/core/pod.ts";
import type { Metrics, Sample } from "#base/metrics.ts";

const labels = ["namespace", "pod", "node", "scheduler", "priority", "resource", "unit"];

/** exact: kube-scheduler, names and labels */
export function observePodResources(metrics: Metrics, pods: () => Iterable<Pod>): void {
  for (const [name, help, amounts] of [
    ["kube_pod_resource_request", "What pods ask for, by resource.", podRequests],
    ["kube_pod_resource_limit", "What pods may use at most, by resource.", podLimits],
  ] as const)
    metrics.observed({ name, help, labels }, () =>
      Iterator.from(pods()).flatMap((pod) => samplesOf(pod, amounts(pod))),
    );
}

function* samplesOf({ metadata, spec }: Pod, amounts: Amounts): Iterable<Sample> {
  const { namespace = "", name = "" } = metadata;
  const { nodeName = "", schedulerName = "", priority } = spec;
  const pod = [namespace, name, nodeName, schedulerName, String(priority ?? "")];
  for (const [resource, quantity] of amounts)
    if (!quantity.isZero()) yield [[...pod, resource, unitOf(resource)], quantity.approximate()];
}

const bytes: ReadonlySet<string> = new Set(["memory", "storage", "ephemeral-storage"]);

function unitOf(resource: string): string {
  if (resource === "cpu") return "cores";
  if (bytes.has(resource) || isHugePages(resource)) return "bytes";
  return resource.startsWith("attachable-volumes-") ? "integer" : "";
}
