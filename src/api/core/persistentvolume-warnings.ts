/**
 * What is accepted in volumes and claims, but probably not meant.
 * upstream: pkg/api/persistentvolume/util.go, pkg/api/persistentvolumeclaim/util.go
 */
import type { PersistentVolumeSpec } from "./persistentvolume.ts";
import type { PersistentVolumeClaimSpec } from "./persistentvolumeclaim.ts";
import { isWhole, nodeSelectorTermWarnings } from "./pod-warnings.ts";

// exact: apiserver
const sources: { readonly [K in keyof PersistentVolumeSpec]?: string } = {
  photonPersistentDisk: "deprecated in v1.11, non-functional in v1.16+",
  scaleIO: "deprecated in v1.16, non-functional in v1.22+",
  storageos: "deprecated in v1.22, non-functional in v1.25+",
  glusterfs: "deprecated in v1.25, non-functional in v1.26+",
  cephfs: "deprecated in v1.28, non-functional in v1.31+",
  rbd: "deprecated in v1.28, non-functional in v1.31+",
};

export function* persistentVolumeWarnings(spec: PersistentVolumeSpec): Iterable<string> {
  for (const [name, hint] of Object.entries(sources)) {
    if (spec[name as keyof PersistentVolumeSpec] !== undefined) yield `spec.${name}: ${hint}`;
  }
  if (spec.persistentVolumeReclaimPolicy === "Recycle") {
    yield "spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.";
  }
  const storage = spec.capacity?.["storage"];
  if (storage !== undefined && !isWhole(storage)) {
    yield `spec.capacity[storage]: fractional byte value "${storage}" is invalid, must be an integer`;
  }
  for (const [i, term] of (spec.nodeAffinity?.required?.nodeSelectorTerms ?? []).entries()) {
    const at = `spec.nodeAffinity.required.nodeSelectorTerms[${i}]`;
    yield* nodeSelectorTermWarnings(term, at, true);
  }
}

export function* claimSpecWarnings(
  { resources }: PersistentVolumeClaimSpec,
  at: string,
): Iterable<string> {
  for (const side of ["limits", "requests"] as const) {
    const storage = resources[side]?.["storage"];
    if (storage === undefined || isWhole(storage)) continue;
    yield `${at}.resources.${side}[storage]: fractional byte value "${storage}" is invalid, must be an integer`;
  }
}
