/**
 * Rules for the parts of a pod that are changed through subresources of their own: resources
 * (`resize`) and ephemeral containers (`ephemeralcontainers`).
 * upstream: pkg/apis/core/validation/validation.go#ValidatePodResize, #ValidatePodEphemeralContainersUpdate
 */
import { describeDifference } from "#api/difference.ts";
import { equal } from "#schema/copy.ts";
import { type FieldError, forbidden, invalid } from "#schema/field-error.ts";
import type { Container, ResourceRequirements } from "./container.ts";
import { isMirrorPod } from "./pod-conditions.ts";
import type { PodParts } from "./pod-parts.ts";
import type { PodSpec } from "./pod-spec.ts";
import { qosClassOf } from "./resources.ts";
import type { ResourceList } from "./resource-amounts.ts";

/** Existing ones stay as they are. Beside the rules of the whole pod. */
export function* validateEphemeralContainers(pod: PodParts, old: PodParts): Iterable<FieldError> {
  if (isMirrorPod(old)) {
    yield forbidden("", "static pods do not support ephemeral containers");
    return;
  }
  const path = "spec.ephemeralContainers";
  for (const before of old.spec.ephemeralContainers ?? []) {
    const shown = JSON.stringify(before.name);
    const now = pod.spec.ephemeralContainers?.find(({ name }) => name === before.name);
    if (!now) yield forbidden(path, `existing ephemeral containers ${shown} may not be removed\n`);
    else if (!equal(now, before)) {
      const difference = describeDifference(before, now);
      const problem = `existing ephemeral containers ${shown} may not be changed\n${difference}`;
      yield forbidden(path, problem);
    }
  }
}

/** Only processors and memory, of containers that can take it. Beside the rules of the whole pod. */
export function* validateResize(pod: PodParts, old: PodParts): Iterable<FieldError> {
  if (isMirrorPod(old)) {
    yield forbidden("", "static pods cannot be resized");
    return;
  }
  if (old.spec.os?.name === "windows") {
    yield forbidden("", "windows pods cannot be resized");
    return;
  }
  if ((old.status.qosClass || qosClassOf(old)) !== qosClassOf(pod)) {
    const problem = "Pod QOS Class may not change as a result of resizing";
    yield invalid("spec", pod.status.qosClass ?? "", problem);
  }
  const running = old.status.containerStatuses?.find(({ state }) => state.running);
  if (running && !running.resources) {
    yield forbidden("spec", "Pod running on node without support for resize");
  }
  yield* validateContainerResizes(pod.spec, old.spec);
}

function* validateContainerResizes(spec: PodSpec, old: PodSpec): Iterable<FieldError> {
  const errors = [...resizePairs(spec, old)].flatMap(({ now, before, at }) => [
    ...validateResources(now, before, at),
  ]);
  yield* errors;
  if (spec.resources && old.resources) {
    yield* validateRemoval(spec.resources, old.resources, "spec.resources");
  }
  if (errors.length === 0 && !equal(withResourcesOf(spec, old), old)) {
    yield forbidden("spec", "only cpu and memory resources are mutable");
  }
}

interface ResizePair {
  readonly now: Container;
  readonly before: Container;
  readonly at: string;
}

/** An init container may be resized before it runs, and while it does. */
function* resizePairs(spec: PodSpec, old: PodSpec): Iterable<ResizePair> {
  for (const list of ["initContainers", "containers"] as const) {
    for (const [i, before] of (old[list] ?? []).entries()) {
      const now = spec[list]?.[i];
      if (!now) continue;
      yield { now, before, at: `spec.${list}[${i}].resources` };
    }
  }
}

function* validateResources(
  { resources, resizePolicy = [] }: Container,
  before: Container,
  at: string,
): Iterable<FieldError> {
  yield* validateRemoval(resources, before.resources, at);
  const policy = resizePolicy.find(({ resourceName }) => resourceName === "memory");
  if (policy?.restartPolicy === "RestartContainer") return;
  const now = resources.limits?.["memory"];
  const was = before.resources.limits?.["memory"];
  // Since 1.34 a lower limit is tried in place; a new one still needs a restart.
  if (now === undefined || was !== undefined) return;
  const problem = "memory limits cannot be added unless resizePolicy is RestartContainer";
  yield forbidden(`${at}.limits[memory]`, problem);
}

function* validateRemoval(
  resources: ResourceRequirements,
  before: ResourceRequirements,
  at: string,
): Iterable<FieldError> {
  for (const side of ["requests", "limits"] as const) {
    const isRemoved = Object.keys(before[side] ?? {}).some(
      (name) => resources[side]?.[name] === undefined,
    );
    if (isRemoved) yield forbidden(`${at}.${side}`, `resource ${side} cannot be removed`);
  }
}

/** The new spec with the old processors and memory: what still differs may not. */
function withResourcesOf(spec: PodSpec, old: PodSpec): PodSpec {
  const restored = (list: readonly Container[], before: readonly Container[] = []) =>
    list.map((container, i) => withAmountsOf(container, before[i]));
  return {
    ...spec,
    containers: restored(spec.containers, old.containers),
    initContainers: spec.initContainers && restored(spec.initContainers, old.initContainers),
    resources: spec.resources && old.resources && amountsFrom(spec.resources, old.resources),
  };
}

const withAmountsOf = (container: Container, before: Container | undefined): Container =>
  before
    ? { ...container, resources: amountsFrom(container.resources, before.resources) }
    : container;

function amountsFrom(
  resources: ResourceRequirements,
  before: ResourceRequirements,
): ResourceRequirements {
  return {
    ...resources,
    limits: mixed(resources.limits, before.limits),
    requests: mixed(resources.requests, before.requests),
  };
}

function mixed(now: ResourceList | undefined, was: ResourceList | undefined) {
  const { cpu: _cpu, memory: _memory, ...others } = now ?? {};
  const list: Record<string, string> = { ...others };
  for (const name of ["cpu", "memory"]) {
    const amount = was?.[name];
    if (amount !== undefined) list[name] = amount;
  }
  return Object.keys(list).length === 0 ? undefined : list;
}
