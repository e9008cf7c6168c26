/**
 * Rules for changing a pod: nearly nothing of its spec may change once it is there.
 * upstream: pkg/apis/core/validation/validation.go#ValidatePodUpdate
 */
import { describeDifference } from "#api/difference.ts";
import { inclusiveRange } from "#api/names.ts";
import { equal } from "#schema/copy.ts";
import { type FieldError, forbidden, invalid, required } from "#schema/field-error.ts";
import { validateToleration } from "./affinity-validation.ts";
import type { NodeAffinity, Toleration } from "./affinity.ts";
import { untrimmedImage } from "./container-validation.ts";
import type { Container } from "./container.ts";
import type { NodeSelectorTerm } from "./node-selector.ts";
import { appArmorPrefix } from "./pod-annotations.ts";
import { mirrorAnnotation } from "./pod-conditions.ts";
import type { PodParts } from "./pod-parts.ts";
import type { PodSchedulingGate, PodSpec } from "./pod-spec.ts";

export function* validatePodUpdate(pod: PodParts, old: PodParts): Iterable<FieldError> {
  yield* validateAnnotationUpdate(pod, old);
  const { spec } = pod;
  if (spec === old.spec || equal(spec, old.spec)) return;
  for (const list of ["containers", "initContainers"] as const) {
    const at = `spec.${list}`;
    if (countOf(spec[list]) !== countOf(old.spec[list])) {
      yield forbidden(at, "pod updates may not add or remove containers");
      return;
    }
    yield* validateImages(spec[list] ?? [], at);
  }
  const late = [...validateDeadline(spec, old.spec)];
  yield* late;
  if (late.length > 0 && spec.activeDeadlineSeconds !== undefined) return;
  yield* validateTolerations(spec.tolerations, old.spec.tolerations);
  yield* validateGates(spec.schedulingGates, old.spec.schedulingGates);
  const isGated = countOf(old.spec.schedulingGates) > 0;
  if (isGated) yield* validateGatedChanges(spec, old.spec);
  yield* validateRest(withoutAllowed(spec, old.spec, isGated), old.spec);
}

/** Profiles and the mark of mirror pods stay as they are. */
export function* validateAnnotationUpdate(pod: PodParts, old: PodParts): Iterable<FieldError> {
  const annotations = pod.metadata.annotations ?? {};
  const before = old.metadata.annotations ?? {};
  for (const key of new Set([...Object.keys(before), ...Object.keys(annotations)])) {
    const isAppArmor = key.startsWith(appArmorPrefix);
    if ((!isAppArmor && key !== mirrorAnnotation) || annotations[key] === before[key]) continue;
    const what = isAppArmor ? "AppArmor annotations" : "mirror pod annotation";
    const verb = before[key] === undefined ? "add" : "remove or update";
    yield forbidden(`metadata.annotations[${key}]`, `may not ${verb} ${what}`);
  }
}

/** exact: upstream says these a second time, beside the rules of every pod. */
function* validateImages(containers: readonly Container[], at: string): Iterable<FieldError> {
  for (const [i, { image = "" }] of containers.entries()) {
    if (image === "") yield required(`${at}[${i}].image`);
    yield* untrimmedImage(image, `${at}[${i}].image`);
  }
}

const countOf = (list: readonly unknown[] | undefined): number => list?.length ?? 0;

const int32Max = 2 ** 31 - 1;

/** It may come nearer, never go further away. */
function* validateDeadline(spec: PodSpec, old: PodSpec): Iterable<FieldError> {
  const { activeDeadlineSeconds: deadline } = spec;
  const before = old.activeDeadlineSeconds;
  const path = "spec.activeDeadlineSeconds";
  if (deadline === undefined) {
    if (before === undefined) return;
    yield invalid(path, null, "must not update from a positive integer to nil value");
  } else if (deadline < 0 || deadline > int32Max) {
    yield invalid(path, deadline, inclusiveRange(0, int32Max));
  } else if (before !== undefined && before < deadline) {
    yield invalid(path, deadline, "must be less than or equal to previous value");
  }
}

function* validateTolerations(
  tolerations: readonly Toleration[] = [],
  before: readonly Toleration[] = [],
): Iterable<FieldError> {
  const isKept = (old: Toleration): boolean =>
    tolerations.some((toleration) =>
      equal({ ...old, tolerationSeconds: toleration.tolerationSeconds }, toleration),
    );
  if (!before.every(isKept)) {
    const problem = "existing toleration can not be modified except its tolerationSeconds";
    yield forbidden("spec.tolerations", problem);
    return;
  }
  // exact: a second time, as with images
  for (const [i, toleration] of tolerations.entries()) {
    yield* validateToleration(toleration, `spec.tolerations[${i}]`);
  }
}

function* validateGates(
  gates: readonly PodSchedulingGate[] = [],
  before: readonly PodSchedulingGate[] = [],
): Iterable<FieldError> {
  for (const [i, { name }] of gates.entries()) {
    if (before.some((gate) => gate.name === name)) continue;
    const problem = `only deletion is allowed, but found new scheduling gate '${name}'`;
    yield forbidden(`spec.schedulingGates[${i}].name`, problem);
  }
}

/** While nothing looks for a node yet, the choice of nodes may still be narrowed. */
function* validateGatedChanges(spec: PodSpec, old: PodSpec): Iterable<FieldError> {
  const selector = spec.nodeSelector ?? {};
  const before = Object.entries(old.nodeSelector ?? {});
  if (before.some(([key, value]) => selector[key] !== value)) {
    const problem = "only additions to spec.nodeSelector are allowed (no mutations or deletions)";
    yield invalid("spec.nodeSelector", selector, problem);
  }
  yield* validateTerms(requiredTerms(spec), requiredTerms(old));
}

const requiredTerms = ({ affinity }: PodSpec): readonly NodeSelectorTerm[] =>
  affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];

function* validateTerms(
  terms: readonly NodeSelectorTerm[],
  before: readonly NodeSelectorTerm[],
): Iterable<FieldError> {
  const path =
    "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms";
  if (before.length === 0) return;
  if (before.length !== terms.length) {
    const problem = "no additions/deletions to non-empty NodeSelectorTerms list are allowed";
    yield invalid(path, terms, problem);
    return;
  }
  for (const [i, term] of terms.entries()) {
    if (onlyAdds(term, before[i] ?? {})) continue;
    yield invalid(`${path}[${i}]`, term, "only additions are allowed (no mutations or deletions)");
  }
}

function onlyAdds(term: NodeSelectorTerm, before: NodeSelectorTerm): boolean {
  const lists = ["matchExpressions", "matchFields"] as const;
  const wasEmpty = lists.every((list) => !before[list]?.length);
  if (wasEmpty) return lists.every((list) => !term[list]?.length);
  return lists.every((list) => {
    const kept = before[list] ?? [];
    return equal((term[list] ?? []).slice(0, kept.length), kept);
  });
}

/** The new spec with everything that may change set back: what still differs may not. */
function withoutAllowed(spec: PodSpec, old: PodSpec, isGated: boolean): PodSpec {
  const { terminationGracePeriodSeconds: grace } = spec;
  const wasNegative = (old.terminationGracePeriodSeconds ?? 0) < 0;
  return {
    ...spec,
    containers: withImagesOf(spec.containers, old.containers),
    initContainers: spec.initContainers && withImagesOf(spec.initContainers, old.initContainers),
    activeDeadlineSeconds: old.activeDeadlineSeconds,
    schedulingGates: old.schedulingGates,
    tolerations: old.tolerations,
    terminationGracePeriodSeconds:
      wasNegative && grace === 1 ? old.terminationGracePeriodSeconds : grace,
    ...(isGated ? { nodeSelector: old.nodeSelector, affinity: withNodeAffinityOf(spec, old) } : {}),
  };
}

const withImagesOf = (
  containers: readonly Container[],
  before: readonly Container[] = [],
): readonly Container[] =>
  containers.map((container, i) => ({ ...container, image: before[i]?.image }));

function withNodeAffinityOf(spec: PodSpec, old: PodSpec): PodSpec["affinity"] {
  const nodeAffinity: NodeAffinity | undefined = old.affinity?.nodeAffinity;
  const { podAffinity, podAntiAffinity } = spec.affinity ?? {};
  const isEmpty = !nodeAffinity && !podAffinity && !podAntiAffinity;
  return isEmpty ? old.affinity : { ...spec.affinity, nodeAffinity };
}

// exact: apiserver
const updatable = [
  "`spec.containers[*].image`",
  "`spec.initContainers[*].image`",
  "`spec.activeDeadlineSeconds`",
  "`spec.tolerations` (only additions to existing tolerations)",
  "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)",
].join(",");

function* validateRest(munged: PodSpec, old: PodSpec): Iterable<FieldError> {
  if (equal(munged, old)) return;
  const difference = describeDifference(old, munged);
  yield forbidden(
    "spec",
    `pod updates may not change fields other than ${updatable}\n${difference}`,
  );
}
