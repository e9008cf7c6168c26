/**
 * Rules that hold for pods but not for pod templates.
 * upstream: pkg/apis/core/validation/validation.go#validatePodMetadataAndSpec, #ValidatePodCreate
 */
import { invalidEach, nameIsDnsSubdomain } from "#api/names.ts";
import { type FieldError, forbidden, invalid, required, wholeObject } from "#schema/field-error.ts";
import { untrimmedImage } from "./container-validation.ts";
import { validateAgreement, validatePodAnnotations } from "./pod-annotation-validation.ts";
import { mirrorAnnotation } from "./pod-conditions.ts";
import type { PodParts } from "./pod-parts.ts";
import type { PodSpec } from "./pod-spec.ts";
import type { Volume } from "./volume-sources.ts";

export function* validatePod({ metadata, spec }: PodParts): Iterable<FieldError> {
  if (metadata.annotations) {
    yield* validatePodAnnotations(metadata.annotations, spec, "metadata.annotations");
  }
  yield* validateVolumes(spec, metadata.name ?? "");
  if (metadata.annotations?.[mirrorAnnotation] !== undefined) {
    for (const _claim of spec.resourceClaims ?? []) {
      yield forbidden(wholeObject, "static pods do not support resource claims");
    }
  }
  for (const list of ["containers", "initContainers"] as const) {
    for (const [i, { image = "" }] of (spec[list] ?? []).entries()) {
      yield* untrimmedImage(image, `spec.${list}[${i}].image`);
    }
  }
}

function* validateVolumes(
  { volumes = [], serviceAccountName }: PodSpec,
  podName: string,
): Iterable<FieldError> {
  const made = new Set(
    volumes.filter(({ ephemeral }) => ephemeral).map(({ name }) => `${podName}-${name}`),
  );
  for (const [i, volume] of volumes.entries()) {
    const at = `spec.volumes[${i}]`;
    const claimName = volume.persistentVolumeClaim?.claimName ?? "";
    if (made.has(claimName)) {
      const problem = "must not reference a PVC that gets created for an ephemeral volume";
      yield invalid(`${at}.persistentVolumeClaim.claimName`, claimName, problem);
    }
    if (volume.ephemeral) yield* validateMadeClaim(volume.name, podName, at);
    if (volume.image && !volume.image.reference) yield required(`${at}.image.reference`);
    if (!serviceAccountName) yield* validateTokenless(volume, `${at}.projected`);
  }
}

function* validateTokenless({ projected }: Volume, at: string): Iterable<FieldError> {
  for (const [i, { serviceAccountToken }] of (projected?.sources ?? []).entries()) {
    if (!serviceAccountToken) continue;
    const path = `${at}.sources[${i}].serviceAccountToken`;
    yield forbidden(path, "must not be specified when serviceAccountName is not set");
  }
}

/** The claim of an ephemeral volume is named after pod and volume. */
function* validateMadeClaim(name: string, podName: string, at: string): Iterable<FieldError> {
  const claimName = `${podName}-${name}`;
  const problems = nameIsDnsSubdomain(claimName, false);
  const shown = problems.map((problem) => `PVC name ${JSON.stringify(claimName)}: ${problem}`);
  yield* invalidEach(`${at}.name`, name, shown);
}

export function* validateNewPod({ metadata, spec }: PodParts): Iterable<FieldError> {
  if (spec.ephemeralContainers) {
    yield forbidden("spec.ephemeralContainers", "cannot be set on create");
  }
  if (spec.nodeName && spec.schedulingGates) {
    yield forbidden("spec.nodeName", "cannot be set until all schedulingGates have been cleared");
  }
  if (metadata.annotations) yield* validateAgreement(metadata.annotations, spec, "spec");
}
