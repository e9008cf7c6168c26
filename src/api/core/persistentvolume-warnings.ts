/**
 * What is accepted in volumes and claims, but probably not meant.
 * upstream: pkg/api/persistentvolume/util.go, pkg/api/persistentvolumeclaim/util.go
 */
import type { ObjectMeta } from "#api/meta/object-meta.ts";
import { betaClassAnnotation } from "./storage-columns.ts";
import type { PersistentVolumeSpec } from "./persistentvolume.ts";
import type { PersistentVolumeClaimSpec } from "./persistentvolumeclaim.ts";
import { fractionWarnings } from "./fraction-warnings.ts";
import { nodeSelectorTermWarnings } from "./node-label-warnings.ts";

// exact: apiserver, all texts below
const oldClass = 'deprecated since v1.8; use "storageClassName" attribute instead';

function* classWarnings({ annotations }: ObjectMeta): Iterable<string> {
  if (annotations?.[betaClassAnnotation] === undefined) return;
  yield `metadata.annotations[${betaClassAnnotation}]: ${oldClass}`;
}

const sources: readonly (readonly [
  name: keyof PersistentVolumeSpec,
  shown: string,
  hint: string,
])[] = [
  ["cephfs", "cephfs", "deprecated in v1.28, non-functional in v1.31+"],
  ["photonPersistentDisk", "photonPersistentDisk", "deprecated in v1.11, non-functional in v1.16+"],
  ["scaleIO", "scaleIO", "deprecated in v1.16, non-functional in v1.22+"],
  ["storageos", "storageOS", "deprecated in v1.22, non-functional in v1.25+"],
  ["glusterfs", "glusterfs", "deprecated in v1.25, non-functional in v1.26+"],
  ["rbd", "rbd", "deprecated in v1.28, non-functional in v1.31+"],
];

export function* persistentVolumeWarnings({
  metadata,
  spec,
}: Warned<PersistentVolumeSpec>): Iterable<string> {
  yield* classWarnings(metadata);
  if (spec.persistentVolumeReclaimPolicy === "Recycle") {
    yield "spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.";
  }
  for (const [i, term] of (spec.nodeAffinity?.required?.nodeSelectorTerms ?? []).entries()) {
    const at = `spec.nodeAffinity.required.nodeSelectorTerms[${i}]`;
    yield* nodeSelectorTermWarnings(term, at, true);
  }
  for (const [name, shown, hint] of sources) {
    if (spec[name] !== undefined) yield `spec.${shown}: ${hint}`;
  }
  yield* fractionWarnings(spec.capacity?.["storage"], "spec.capacity[storage]");
}

interface Warned<Spec> {
  readonly metadata: ObjectMeta;
  readonly spec: Spec;
}

export function* claimWarnings({
  metadata,
  spec,
}: Warned<PersistentVolumeClaimSpec>): Iterable<string> {
  yield* classWarnings(metadata);
  yield* claimSpecWarnings(spec, "spec");
}

export function* claimSpecWarnings(
  { resources }: PersistentVolumeClaimSpec,
  at: string,
): Iterable<string> {
  for (const side of ["requests", "limits"] as const) {
    yield* fractionWarnings(resources[side]?.["storage"], `${at}.resources.${side}[storage]`);
  }
}
