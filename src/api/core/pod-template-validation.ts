/**
 * Rules for the pod templates of workloads.
 * upstream: pkg/apis/core/validation/validation.go#ValidatePodTemplateSpec
 */
import { validateAnnotations, validateLabels } from "#api/names.ts";
import { type FieldError, forbidden } from "#schema/field-error.ts";
import { validateAgreement, validatePodAnnotations } from "./pod-annotation-validation.ts";
import type { PodTemplateSpec } from "./pod-spec.ts";

export function* validatePodTemplate(template: PodTemplateSpec, at: string): Iterable<FieldError> {
  const { metadata, spec } = template;
  if (metadata.labels) yield* validateLabels(metadata.labels, `${at}.labels`);
  if (metadata.annotations) {
    yield* validateAnnotations(metadata.annotations, `${at}.annotations`);
    yield* validatePodAnnotations(metadata.annotations, spec, `${at}.annotations`);
    yield* validateAgreement(metadata.annotations, spec, `${at}.spec`);
  }
  if (spec.ephemeralContainers) {
    const problem = "ephemeral containers not allowed in pod template";
    yield forbidden(`${at}.spec.ephemeralContainers`, problem);
  }
}
