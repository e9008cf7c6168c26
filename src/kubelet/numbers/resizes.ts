/** Resizes by what is asked and what comes of it. upstream: pkg/kubelet/allocation/allocation_manager.go */
import type { ResourceRequirements } from "#api/core/container.ts";
import type { Pod } from "#api/core/pod.ts";
import type { PodCondition } from "#api/core/pod-status.ts";
import { findCondition } from "#api/meta/conditions.ts";
import type { Metrics } from "#base/metrics.ts";
import { quantityOf } from "#base/quantity.ts";
import { resizableContainers } from "../pod/allocation.ts";
import type { Observation } from "../pod/effects.ts";
import type { PodState } from "../pod/state.ts";

/** One pod before and after something was observed. */
export interface Step {
  readonly before: PodState;
  readonly after: PodState;
  readonly observation: Observation;
}

export function noteResizes(metrics: Metrics, step: Step): void {
  noteRequests(metrics, step);
  const [was, is] = [step.before.resize, step.after.resize];
  const isNew = is?.pending?.generation !== was?.pending?.generation;
  if (is?.pending?.reason === "Infeasible" && (isNew || was?.pending?.reason !== "Infeasible"))
    metrics
      .counter("kubelet_pod_infeasible_resizes_total", "Number of infeasible resizes for pods.", [
        "reason_detail",
      ])
      .with("insufficient_node_allocatable")
      .inc();
}

/** Why a node is asked, by what was observed. exact: kubelet */
const triggers: Readonly<Partial<Record<Observation["is"], string>>> = {
  time: "periodic_retry",
  pod: "pod_updated",
};

export const triggerOf = (observation: Observation): string =>
  observation.is === "room" ? observation.why : (triggers[observation.is] ?? "periodic_retry");

/** What the node gives now: has it put it off before, as the API was told? */
export function noteAccepted(metrics: Metrics, pod: Pod, trigger: string): void {
  const told = findCondition<PodCondition>(pod.status.conditions ?? [], "PodResizePending");
  if (told?.reason !== "Deferred") return;
  metrics
    .counter(
      "kubelet_pod_deferred_accepted_resizes_total",
      "Cumulative number of resizes that were accepted after being deferred.",
      ["retry_trigger"],
    )
    .with(trigger)
    .inc();
}

function noteRequests(metrics: Metrics, { before, after }: Step): void {
  const [old, pod] = [before.pod, after.pod];
  if (!old || !pod || old.metadata.generation === pod.metadata.generation) return;
  const asked = new Map(resizableContainers(old).map(({ name, resources }) => [name, resources]));
  const requested = metrics.counter(
    "kubelet_container_requested_resizes_total",
    "Number of requested resizes, counted at the container level. Different resources on the same container are counted separately. The 'requirement' label refers to 'memory' or 'limits'; the 'operation' label can be one of 'add', 'remove', 'increase' or 'decrease'.",
    ["resource", "requirement", "operation"],
  );
  for (const { name, resources } of resizableContainers(pod))
    for (const change of changesOf(asked.get(name), resources)) requested.with(...change).inc();
}

/** exact: kubelet */
function* changesOf(was: ResourceRequirements | undefined, is: ResourceRequirements) {
  if (was === is) return;
  for (const resource of ["cpu", "memory"] as const)
    for (const requirement of ["requests", "limits"] as const) {
      const operation = operationOf(was?.[requirement]?.[resource], is[requirement]?.[resource]);
      if (operation) yield [resource, requirement, operation] as const;
    }
}

function operationOf(was: string | undefined, is: string | undefined): string | undefined {
  if (was === is) return undefined;
  if (was === undefined) return "add";
  if (is === undefined) return "remove";
  const order = quantityOf(is).compare(quantityOf(was));
  if (order === 0) return undefined;
  return order > 0 ? "increase" : "decrease";
}
