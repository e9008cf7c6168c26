/**
 * Rules for the parts of a pod that are changed through subresources of their own: resources
 * (`resize`) and ephemeral containers (`ephemeralcontainers`).
 * upstream: pkg/apis/core/validation/validation.go#ValidatePodResize, #ValidatePodEphemeralContainersUpdate
 */
import { describeDifference } from "#api/difference.ts";
import { equal } from "#schema/copy.ts";
import { type FieldError, forbidden, invalid, wholeObject } from "#schema/field-error.ts";
import type { Container, ResourceRequirements } from "./container.ts";
import { isMirrorPod } from "./pod-conditions.ts";
import type { PodParts } from "./pod-parts.ts";
import type { PodSpec } from "./pod-spec.ts";
import { isSidecar, qosClassOf } from "./resources.ts";
import type { ResourceList } from "./resource-amounts.ts";

/** What speaks against ephemeral containers in this pod, whatever they are. */
export function* refusesEphemeral(old: PodParts): Iterable<FieldError> {
  if (!isMirrorPod(old)) return;
  yield forbidden(wholeObject, "static pods do not support ephemeral containers");
}

/** Existing ones stay as they are. Beside the rules of the whole pod. */
export function* validateEphemeralContainers(pod: PodParts, old: PodParts): Iterable<FieldError> {
  const path = "spec.ephemeralContainers";
  for (const before of old.spec.ephemeralContainers ?? []) {
    const shown = JSON.stringify(before.name);
    const now = pod.spec.ephemeralContainers?.findLast(({ name }) => name === before.name);
    if (!now) yield forbidden(path, `existing ephemeral containers ${shown} may not be removed\n`);
    else if (!equal(now, before)) {
      const difference = describeDifference(before, now);
      const problem = `existing ephemeral containers ${shown} may not be changed\n${difference}`;
      yield forbidden(path, problem);
    }
  }
}

/** What speaks against resizing this pod, to whatever size. */
export function* refusesResize(old: PodParts): Iterable<FieldError> {
  if (isMirrorPod(old)) yield forbidden(wholeObject, "static pods cannot be resized");
  else if (old.spec.os?.name === "windows") {
    yield forbidden(wholeObject, "windows pods cannot be resized");
  }
}

const onlyThese = "only cpu and memory resources are mutable";

/**
 * Only processors and memory, of containers that can take it. `found` is what is wrong with the
 * pod as such; as long as there is anything, no more is looked for.
 */
export function validateResize(
  pod: PodParts,
  old: PodParts,
  found: readonly FieldError[],
): readonly FieldError[] {
  const errors = [...found, ...validateQuality(pod, old), ...validatePodLevel(pod.spec, old.spec)];
  const moved = [...validateOrder(pod.spec, old.spec)];
  if (moved.length > 0) return [...errors, ...moved];
  errors.push(...validateRemovals(pod.spec, old.spec), ...validateOthers(pod.spec, old.spec));
  const isOther = !equal(withSizesOf(pod.spec, old.spec), old.spec);
  return errors.length === 0 && isOther ? [forbidden("spec", onlyThese)] : errors;
}

function* validateQuality(pod: PodParts, old: PodParts): Iterable<FieldError> {
  if ((old.status.qosClass || qosClassOf(old)) !== qosClassOf(pod)) {
    const problem = "Pod QOS Class may not change as a result of resizing";
    yield invalid("spec", pod.status.qosClass ?? "", problem);
  }
  const running = old.status.containerStatuses?.find(({ state }) => state.running);
  if (running && !running.resources) {
    yield forbidden("spec", "Pod running on node without support for resize");
  }
}

/** upstream: #validatePodLevelResourcesResize */
function* validatePodLevel(
  { resources }: PodSpec,
  { resources: before }: PodSpec,
): Iterable<FieldError> {
  if (before && !resources) {
    yield forbidden("spec.resources", "pod-level resources cannot be removed");
    return;
  }
  if (!resources) return;
  if (before) yield* validateRemoval(resources, before, { at: "spec.resources", of: "pod-level " });
  const rest = sizesFrom(resources, before ?? {});
  if (!equal(withoutEmpty(rest), withoutEmpty(before ?? {}))) {
    yield forbidden("spec", `${onlyThese} at pod-level`);
  }
}

const withoutEmpty = (resources: ResourceRequirements): object =>
  Object.fromEntries(Object.entries(resources).filter(([, value]) => value !== undefined));

const lists = ["containers", "initContainers"] as const;

/** Containers neither come nor go nor move. */
function* validateOrder(spec: PodSpec, old: PodSpec): Iterable<FieldError> {
  for (const list of lists) {
    const [now, before] = [spec[list] ?? [], old[list] ?? []];
    if (now.length !== before.length) {
      yield forbidden(`spec.${list}`, `${list} may not be added or removed on resize`);
      continue;
    }
    for (const [i, { name }] of before.entries()) {
      if (now[i]?.name === name) continue;
      const problem = `${list} may not be renamed or reordered on resize`;
      yield forbidden(`spec.${list}[${i}].name`, problem);
    }
  }
}

function* validateRemovals(spec: PodSpec, old: PodSpec): Iterable<FieldError> {
  for (const list of lists.toReversed()) {
    for (const [i, before] of (old[list] ?? []).entries()) {
      const resources = spec[list]?.[i]?.resources ?? {};
      yield* validateRemoval(resources, before.resources, {
        at: `spec.${list}[${i}].resources`,
        of: "",
      });
    }
  }
}

function* validateRemoval(
  resources: ResourceRequirements,
  before: ResourceRequirements,
  { at, of }: { readonly at: string; readonly of: string },
): Iterable<FieldError> {
  for (const side of ["requests", "limits"] as const) {
    const isRemoved = Object.keys(before[side] ?? {}).some(
      (name) => resources[side]?.[name] === undefined,
    );
    if (isRemoved) yield forbidden(`${at}.${side}`, `${of}resource ${side} cannot be removed`);
  }
}

/** What else differs in the containers. */
function* validateOthers(spec: PodSpec, old: PodSpec): Iterable<FieldError> {
  for (const [i, container] of spec.containers.entries()) {
    const before = old.containers[i];
    if (!equal(withSizeOf(container, before), before)) yield forbidden("spec", onlyThese);
  }
  for (const [i, container] of (spec.initContainers ?? []).entries()) {
    const before = old.initContainers?.[i];
    const at = `spec.initContainers[${i}]`;
    if (!equal(withSizeOf(container, before), before)) {
      const problem = "only cpu and memory resources for init or sidecar containers are mutable";
      yield forbidden(at, problem);
    }
    if (isSidecar(container) || equal(container, before)) continue;
    for (const { restartPolicy } of container.resizePolicy ?? []) {
      if (restartPolicy !== "RestartContainer") continue;
      const problem =
        "non-sidecar init containers with a resize policy of RestartContainer cannot be resized";
      yield forbidden(at, problem);
    }
  }
}

/** The new spec with the old processors and memory: what still differs may not. */
function withSizesOf(spec: PodSpec, old: PodSpec): PodSpec {
  const restored = (list: readonly Container[], before: readonly Container[] = []) =>
    list.map((container, i) => withSizeOf(container, before[i]));
  return {
    ...spec,
    containers: restored(spec.containers, old.containers),
    initContainers: spec.initContainers && restored(spec.initContainers, old.initContainers),
    // These were compared already.
    resources: old.resources,
  };
}

const withSizeOf = (container: Container, before: Container | undefined): Container =>
  before
    ? { ...container, resources: sizesFrom(container.resources, before.resources) }
    : container;

function sizesFrom(
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
