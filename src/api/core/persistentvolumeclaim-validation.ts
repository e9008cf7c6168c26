/**
 * Rules for claims. upstream: pkg/apis/core/validation/validation.go#ValidatePersistentVolumeClaimSpec
 */
import { quantityOf } from "#base/quantity.ts";
import { describeDifference } from "#api/difference.ts";
import { validLabelSelector } from "#api/field-rules.ts";
import {
  dnsSubdomain,
  immutableField,
  invalidEach,
  labelKey,
  namespaceName,
  validateAnnotations,
  validateLabels,
} from "#api/names.ts";
import type { ObjectMeta } from "#api/meta/object-meta.ts";
import { equal } from "#schema/copy.ts";
import {
  type FieldError,
  forbidden,
  invalid,
  notSupported,
  required,
} from "#schema/field-error.ts";
import type {
  PersistentVolumeClaimSpec,
  PersistentVolumeClaimStatus,
} from "./persistentvolumeclaim.ts";
import type { TypedObjectReference } from "./references.ts";
import {
  validateAmount,
  validateBasicAmount,
  validatePositiveAmount,
} from "./resource-validation.ts";
import { betaClassAnnotation } from "./storage-columns.ts";
import type { PersistentVolumeClaimTemplate } from "./volume-sources.ts";

interface ClaimParts {
  readonly metadata: ObjectMeta;
  readonly spec: PersistentVolumeClaimSpec;
  readonly status: PersistentVolumeClaimStatus;
}

export const validateClaim = ({ spec }: ClaimParts): Iterable<FieldError> =>
  validateClaimSpec(spec, "spec");

export function* validateClaimSpec(
  spec: PersistentVolumeClaimSpec,
  at: string,
): Iterable<FieldError> {
  if (!spec.accessModes) {
    yield required(`${at}.accessModes`, "at least 1 access mode is required");
  }
  if (spec.selector) yield* validLabelSelector(`${at}.selector`, spec.selector);
  yield* validateAccessModes(spec.accessModes, `${at}.accessModes`);
  const path = `${at}.resources[storage]`;
  const storage = spec.resources.requests?.["storage"];
  if (storage === undefined) yield required(path);
  else yield* validatePositiveAmount(storage, path);
  yield* validateClassName(spec.storageClassName, `${at}.storageClassName`);
  yield* validateVolumeMode(spec.volumeMode, `${at}.volumeMode`);
  yield* validateDataSources(spec, at);
  yield* validateClassName(spec.volumeAttributesClassName, `${at}.volumeAttributesClassName`);
}

const accessModes = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];

/** exact: upstream gives no index. */
export function* validateAccessModes(
  modes: readonly string[] = [],
  path: string = "",
): Iterable<FieldError> {
  for (const mode of modes) {
    if (!accessModes.includes(mode)) yield notSupported(path, mode, accessModes);
  }
  const known = new Set(modes.filter((mode) => accessModes.includes(mode)));
  if (known.has("ReadWriteOncePod") && known.size > 1) {
    yield forbidden(path, "may not use ReadWriteOncePod with other access modes");
  }
}

const volumeModes = ["Block", "Filesystem"];

export function* validateVolumeMode(mode: string | undefined, path: string): Iterable<FieldError> {
  if (mode !== undefined && !volumeModes.includes(mode)) {
    yield notSupported(path, mode, volumeModes);
  }
}

function* validateClassName(name: string | undefined, path: string): Iterable<FieldError> {
  if (name) yield* invalidEach(path, name, dnsSubdomain(name));
}

function* validateDataSources(spec: PersistentVolumeClaimSpec, at: string): Iterable<FieldError> {
  const { dataSource: source, dataSourceRef: reference } = spec;
  if (source) yield* validateReference(source, `${at}.dataSource`);
  if (reference) yield* validateReference(reference, `${at}.dataSourceRef`);
  if (!source || !reference) return;
  if (reference.namespace) {
    const problem = "may not be specified when dataSourceRef.namespace is specified";
    yield invalid(at, `${at}.dataSource`, problem);
  } else if (!equal(source, reference)) {
    yield invalid(at, `${at}.dataSource`, "must match dataSourceRef");
  }
}

type Reference = Omit<TypedObjectReference, "namespace"> & {
  readonly namespace?: string | undefined;
};

function* validateReference(reference: Reference, at: string): Iterable<FieldError> {
  const { apiGroup, kind, name, namespace } = reference;
  if (name === "") yield required(`${at}.name`);
  if (kind === "") yield required(`${at}.kind`);
  if (apiGroup) yield* invalidEach(`${at}.apiGroup`, apiGroup, dnsSubdomain(apiGroup));
  else if (kind !== "PersistentVolumeClaim") {
    const problem = "must be 'PersistentVolumeClaim' when referencing the default apiGroup";
    yield invalid(at, kind, problem);
  }
  if (namespace) {
    yield* invalidEach(`${at}.namespace`, namespace, namespaceName(namespace, false));
  }
}

/** The claim in a template has no identity of its own. */
export function* validateClaimTemplate(
  { metadata, spec }: PersistentVolumeClaimTemplate,
  at: string,
): Iterable<FieldError> {
  const { annotations, labels, ...rest } = metadata;
  if (annotations) yield* validateAnnotations(annotations, `${at}.metadata.annotations`);
  if (labels) yield* validateLabels(labels, `${at}.metadata.labels`);
  for (const [name, value] of Object.entries(rest)) {
    if (value !== undefined) yield forbidden(`${at}.metadata.${name}`, "cannot be set");
  }
  yield* validateClaimSpec(spec, `${at}.spec`);
}

// exact: apiserver
const fixed =
  "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims";

export function* validateClaimUpdate(claim: ClaimParts, old: ClaimParts): Iterable<FieldError> {
  const { spec } = claim;
  const [name, before] = [classAnnotation(claim), classAnnotation(old)];
  const movesClass =
    before !== undefined &&
    old.spec.storageClassName === undefined &&
    spec.storageClassName === before;
  if (name !== before && !(movesClass && name === undefined)) {
    const path = `metadata.annotations.${betaClassAnnotation}`;
    yield invalid(path, name ?? "", immutableField);
  }
  const munged = withoutAllowed(claim, old);
  if (!equal(munged, old.spec)) {
    yield forbidden("spec", `${fixed}\n${describeDifference(old.spec, munged)}`);
  }
  yield* validateSize(claim, old);
  if (spec.volumeMode !== old.spec.volumeMode) {
    yield invalid("volumeMode", spec.volumeMode ?? null, immutableField);
  }
  yield* validateAttributesClass(spec, old);
}

const classAnnotation = ({ metadata }: ClaimParts): string | undefined =>
  metadata.annotations?.[betaClassAnnotation];

/** The new spec with everything that may change set back: what still differs may not. */
function withoutAllowed({ spec, status }: ClaimParts, old: ClaimParts): PersistentVolumeClaimSpec {
  const isBound = status.phase === "Bound";
  const annotation = classAnnotation(old);
  const mayGetClass =
    spec.storageClassName !== undefined &&
    old.spec.storageClassName === undefined &&
    (annotation === undefined || annotation === spec.storageClassName);
  const storage = old.spec.resources.requests?.["storage"];
  const requests = isBound && storage !== undefined ? { storage } : {};
  return {
    ...spec,
    volumeName: old.spec.volumeName ? spec.volumeName : old.spec.volumeName,
    storageClassName: mayGetClass ? old.spec.storageClassName : spec.storageClassName,
    resources: isBound
      ? { ...spec.resources, requests: { ...spec.resources.requests, ...requests } }
      : spec.resources,
    volumeAttributesClassName: (isBound ? old.spec : spec).volumeAttributesClassName,
  };
}

/** A claim may ask for less again, but not for less than it has. */
function* validateSize({ spec }: ClaimParts, old: ClaimParts): Iterable<FieldError> {
  const size = quantityOf(spec.resources.requests?.["storage"] ?? "0");
  const before = quantityOf(old.spec.resources.requests?.["storage"] ?? "0");
  const has = quantityOf(old.status.capacity?.["storage"] ?? "0");
  if (size.compare(before) < 0 && size.compare(has) <= 0) {
    const problem = "field can not be less than status.capacity";
    yield forbidden("spec.resources.requests.storage", problem);
  }
}

/** Attributes that the volume was once given are not taken from it, only changed. */
function* validateAttributesClass(
  { volumeAttributesClassName: name }: PersistentVolumeClaimSpec,
  { spec, status }: ClaimParts,
): Iterable<FieldError> {
  if (name === spec.volumeAttributesClassName || name) return;
  if (status.currentVolumeAttributesClassName === undefined) return;
  const to = name === undefined ? "nil" : "empty string";
  const problem = `update to ${to} is forbidden when status.currentVolumeAttributesClassName is not nil`;
  yield forbidden("spec.volumeAttributesClassName", problem);
}

const resizeStatuses = [
  "ControllerResizeInProgress",
  "ControllerResizeInfeasible",
  "NodeResizeInProgress",
  "NodeResizeInfeasible",
  "NodeResizePending",
];

export function* validateClaimStatus({ status }: ClaimParts): Iterable<FieldError> {
  for (const [name, amount] of Object.entries(status.capacity ?? {})) {
    yield* validateBasicAmount(amount, `status.capacity[${name}]`);
  }
  for (const [name, step] of Object.entries(status.allocatedResourceStatuses ?? {})) {
    const path = "status.allocatedResourceStatuses";
    yield* validateKey(name, path);
    // exact: upstream shows the name of the resource.
    if (!resizeStatuses.includes(step)) yield notSupported(path, name, resizeStatuses);
  }
  for (const [name, amount] of Object.entries(status.allocatedResources ?? {})) {
    const path = "status.allocatedResources";
    const errors = [...validateKey(name, path), ...validateBasicAmount(amount, `${path}[${name}]`)];
    yield* errors.length > 0 ? errors : validateAmount("storage", amount, `${path}[${name}]`);
  }
}

/** Of the system's own names, claims know storage only. */
function* validateKey(name: string, path: string): Iterable<FieldError> {
  const problems = labelKey(name);
  yield* invalidEach(path, name, problems);
  const isNative = !name.includes("/") || name.includes("kubernetes.io/");
  if (problems.length === 0 && isNative && name !== "storage") {
    yield notSupported(path, name, ["storage"]);
  }
}
