/**
 * Rules for persistent volumes.
 * upstream: pkg/apis/core/validation/validation.go#ValidatePersistentVolumeSpec
 */
import { describeDifference } from "#api/difference.ts";
import { byteLength, dnsSubdomain, immutableField, invalidEach } from "#api/names.ts";
import type { ObjectMeta } from "#api/meta/object-meta.ts";
import { equal } from "#schema/copy.ts";
import {
  type FieldError,
  forbidden,
  invalid,
  notSupported,
  required,
} from "#schema/field-error.ts";
import type { NodeSelectorRequirement } from "./node-selector.ts";
import type {
  PersistentVolumeSource,
  PersistentVolumeSpec,
  VolumeNodeAffinity,
} from "./persistentvolume.ts";
import { validateAccessModes, validateVolumeMode } from "./persistentvolumeclaim-validation.ts";
import { validateNodeSelector } from "./node-selector-validation.ts";
import { validateBasicAmount, validatePositiveAmount } from "./resource-validation.ts";
import { validateOneSource, validatePersistentSource } from "./volume-source-rules.ts";
import { iscsiTooLong, sourcePaths } from "./volume-validation.ts";

interface VolumeParts {
  readonly metadata: ObjectMeta;
  readonly spec: PersistentVolumeSpec;
}

/** In upstream's order: of two sources, the later one is refused. */
const order: readonly (keyof PersistentVolumeSource)[] = [
  "hostPath",
  "gcePersistentDisk",
  "awsElasticBlockStore",
  "glusterfs",
  "flocker",
  "nfs",
  "rbd",
  "quobyte",
  "cephfs",
  "iscsi",
  "cinder",
  "fc",
  "flexVolume",
  "azureFile",
  "vsphereVolume",
  "photonPersistentDisk",
  "portworxVolume",
  "azureDisk",
  "scaleIO",
  "local",
  "storageos",
  "csi",
];

export function* validateVolume({ metadata, spec }: VolumeParts): Iterable<FieldError> {
  if (!spec.accessModes) yield required("spec.accessModes");
  yield* validateAccessModes(spec.accessModes, "spec.accessModes");
  yield* validateCapacity(spec);
  const { nodeAffinity } = spec;
  if (nodeAffinity?.required) {
    yield* validateNodeSelector(nodeAffinity.required, "spec.nodeAffinity.required");
  } else if (nodeAffinity) {
    yield required("spec.nodeAffinity.required", "must specify required node constraints");
  }
  yield* validateSources(spec, metadata.name ?? "");
  const isRoot = /^\/+(\.?\/+)*\.?$/.test(spec.hostPath?.path ?? "");
  if (isRoot && spec.persistentVolumeReclaimPolicy === "Recycle") {
    const problem = "may not be 'recycle' for a hostPath mount of '/'";
    yield forbidden("spec.persistentVolumeReclaimPolicy", problem);
  }
  yield* validateClasses(spec);
}

const reclaimPolicies = ["Delete", "Recycle", "Retain"];

function* validateCapacity({
  capacity,
  persistentVolumeReclaimPolicy: policy,
}: PersistentVolumeSpec): Iterable<FieldError> {
  if (!capacity) yield required("spec.capacity");
  const names = Object.keys(capacity ?? {});
  if (names.length !== 1 || names[0] !== "storage") {
    yield notSupported("spec.capacity", capacity ?? {}, ["storage"]);
  }
  for (const [name, amount] of Object.entries(capacity ?? {})) {
    const path = `spec.capacity[${name}]`;
    yield* validateBasicAmount(amount, path);
    yield* validatePositiveAmount(amount, path);
  }
  if (policy && !reclaimPolicies.includes(policy)) {
    yield notSupported("spec.persistentVolumeReclaimPolicy", policy, reclaimPolicies);
  }
}

function* validateSources(spec: PersistentVolumeSpec, name: string): Iterable<FieldError> {
  const set = order.filter((source) => spec[source] !== undefined);
  const [first] = set;
  const source = first && spec[first];
  if (first && source) {
    yield* validatePersistentSource(first, source, `spec.${sourcePaths[first] ?? first}`);
  }
  if (first === "local" && !spec.nodeAffinity) {
    yield required("spec.nodeAffinity", "Local volume requires node affinity");
  }
  if (first === "iscsi") yield* validatePortal(spec, name);
  if (first !== "flexVolume" && spec.flexVolume) {
    yield* validatePersistentSource("flexVolume", spec.flexVolume, "spec.flexVolume");
  }
  // exact: upstream counts this one, but does not refuse it.
  yield* validateOneSource(
    set.filter((other, i) => i === 0 || other !== "flexVolume"),
    "spec",
  );
}

function* validatePortal({ iscsi }: PersistentVolumeSpec, name: string): Iterable<FieldError> {
  if (iscsi?.initiatorName === undefined) return;
  const { targetPortal } = iscsi;
  if (byteLength(`${name}:${targetPortal}`) > 64) {
    yield invalid("spec.iscsi.targetportal", targetPortal, iscsiTooLong);
  }
}

function* validateClasses(spec: PersistentVolumeSpec): Iterable<FieldError> {
  const { storageClassName: name, volumeAttributesClassName: attributes } = spec;
  if (name) yield* invalidEach("spec.storageClassName", name, dnsSubdomain(name));
  yield* validateVolumeMode(spec.volumeMode, "spec.volumeMode");
  if (attributes === undefined) return;
  const path = "spec.volumeAttributesClassName";
  if (attributes === "") yield required(path, "an empty string is disallowed");
  else yield* invalidEach(path, attributes, dnsSubdomain(attributes));
  if (!spec.csi) {
    yield required("spec.csi", "has to be specified when using volumeAttributesClassName");
  }
}

export function* validateVolumeUpdate(
  { spec }: VolumeParts,
  { spec: old }: VolumeParts,
): Iterable<FieldError> {
  const before = sourceOf(old);
  const now = withoutNewSecret(sourceOf(spec), old);
  if (!equal(now, before)) {
    const problem = "spec.persistentvolumesource is immutable after creation";
    const difference = describeDifference(before, now);
    yield forbidden("spec.persistentvolumesource", `${problem}\n${difference}`);
  }
  if (spec.volumeMode !== old.volumeMode) {
    yield invalid("volumeMode", spec.volumeMode ?? null, immutableField);
  }
  if (old.nodeAffinity && !isSameAffinity(spec.nodeAffinity, old.nodeAffinity)) {
    const problem = `${immutableField}, except for updating from beta label to GA`;
    yield invalid("nodeAffinity", spec.nodeAffinity ?? null, problem);
  }
  if (old.volumeAttributesClassName !== undefined && spec.volumeAttributesClassName === undefined) {
    const problem = "update from non-nil value to nil is forbidden";
    yield forbidden("spec.volumeAttributesClassName", problem);
  }
}

const sourceOf = (spec: PersistentVolumeSpec): PersistentVolumeSource =>
  Object.fromEntries(order.flatMap((name) => (spec[name] ? [[name, spec[name]]] : [])));

/** The secret for growing a volume may be added later. */
function withoutNewSecret(
  source: PersistentVolumeSource,
  old: PersistentVolumeSpec,
): PersistentVolumeSource {
  if (!source.csi || !old.csi || old.csi.controllerExpandSecretRef) return source;
  return { ...source, csi: { ...source.csi, controllerExpandSecretRef: undefined } };
}

const stableLabels: { readonly [beta: string]: string } = {
  "failure-domain.beta.kubernetes.io/zone": "topology.kubernetes.io/zone",
  "failure-domain.beta.kubernetes.io/region": "topology.kubernetes.io/region",
  "beta.kubernetes.io/os": "kubernetes.io/os",
  "beta.kubernetes.io/arch": "kubernetes.io/arch",
  "beta.kubernetes.io/instance-type": "node.kubernetes.io/instance-type",
};

/** But for keys that went from their beta name to the one they have now. */
const isSameAffinity = (now: VolumeNodeAffinity | undefined, old: VolumeNodeAffinity): boolean =>
  equal(now, old) || equal(withKeysOf(now, old), old);

function withKeysOf(now: VolumeNodeAffinity | undefined, old: VolumeNodeAffinity): unknown {
  const terms = now?.required?.nodeSelectorTerms.map((term, i) => ({
    ...term,
    matchExpressions: term.matchExpressions?.map((requirement, j) =>
      withKeyOf(requirement, old.required?.nodeSelectorTerms[i]?.matchExpressions?.[j]?.key ?? ""),
    ),
  }));
  return { ...now, required: { ...now?.required, nodeSelectorTerms: terms } };
}

const withKeyOf = (requirement: NodeSelectorRequirement, key: string): NodeSelectorRequirement =>
  stableLabels[key] === requirement.key ? { ...requirement, key } : requirement;
