import { HorizontalPodAutoscaler } from "#api/autoscaling/horizontalpodautoscaler.ts";
import type { MetricSpec, MetricStatus } from "#api/autoscaling/metrics.ts";
import { defineDescriber } from "./describer.ts";
import { describeLabels, describeName } from "./metadata.ts";
import type { Page } from "./page.ts";
import { formatMoment } from "./times.ts";

// exact: kubectl, the texts of this file
export const horizontalPodAutoscaler = defineDescriber({
  kind: HorizontalPodAutoscaler,

  describe(page, object) {
    const { metadata, spec, status } = object;
    const { kind, name } = spec.scaleTargetRef;
    describeName(page, object);
    describeLabels(page, object);
    page.line(0, "CreationTimestamp:", formatMoment(metadata.creationTimestamp));
    page.line(0, "Reference:", `${kind}/${name}`);
    page.line(0, "Metrics:", "( current / target )");
    for (const [index, metric] of (spec.metrics ?? []).entries())
      describeMetric(page, metric, status.currentMetrics?.[index]);
    page.line(0, "Min replicas:", spec.minReplicas ?? "<unset>");
    page.line(0, "Max replicas:", spec.maxReplicas);
    const { currentReplicas = 0, desiredReplicas } = status;
    page.line(0, `${kind} pods:`, `${currentReplicas} current / ${desiredReplicas} desired`);
    const { conditions = [] } = status;
    if (conditions.length === 0) return;
    page.line(0, "Conditions:");
    const rows = conditions.map((one) => [
      one.type,
      one.status,
      one.reason ?? "",
      one.message ?? "",
    ]);
    page.table(1, ["Type", "Status", "Reason", "Message"], rows);
  },
});

function describeMetric(page: Page, spec: MetricSpec, status: MetricStatus | undefined): void {
  page.line(1, `${titleOf(spec)}:`, `${currentOf(status)} / ${targetOf(spec)}`);
}

const share = (target: Target | undefined): string =>
  target?.averageUtilization === undefined ? "" : "  (as a percentage of request)";

function titleOf({ resource, containerResource, pods, object, external }: MetricSpec): string {
  if (resource) return `resource ${resource.name} on pods${share(resource.target)}`;
  if (containerResource) {
    const { name, container, target } = containerResource;
    return `resource ${name} of container "${container}" on pods${share(target)}`;
  }
  if (pods) return `"${pods.metric.name}" on pods`;
  if (external) return `"${external.metric.name}" (target ${sortOf(external.target)})`;
  const { metric, describedObject, target } = object ?? {};
  const what = `${describedObject?.kind}/${describedObject?.name}`;
  return `"${metric?.name}" on ${what} (target ${sortOf(target)})`;
}

interface Target {
  readonly averageUtilization?: number | undefined;
  readonly averageValue?: string | undefined;
  readonly value?: string | undefined;
}

const sortOf = (target: Target | undefined): string =>
  target?.averageValue === undefined ? "value" : "average value";

function targetOf({ resource, containerResource, pods, object, external }: MetricSpec): string {
  const target: Target | undefined = (resource ?? containerResource ?? pods ?? object ?? external)
    ?.target;
  if (target?.averageUtilization !== undefined) return `${target.averageUtilization}%`;
  return target?.averageValue ?? target?.value ?? "<unset>";
}

function currentOf(status: MetricStatus | undefined): string {
  const { resource, containerResource, pods, object, external } = status ?? {};
  const current: Target | undefined = (resource ?? containerResource ?? pods ?? object ?? external)
    ?.current;
  if (!current) return "<unknown>";
  if (current.averageUtilization !== undefined)
    return `${current.averageUtilization}% (${current.averageValue ?? ""})`;
  return current.averageValue ?? current.value ?? "<unknown>";
}
