/**
 * Claims, volumes and attribute classes stay until nobody uses them: a finalizer, which the
 * protection controllers take off. upstream: plugin/pkg/admission/storage/storageobjectinuseprotection
 */
import { PersistentVolume } from "#api/core/persistentvolume.ts";
import { PersistentVolumeClaim } from "#api/core/persistentvolumeclaim.ts";
import type { AnyKind, ApiObject } from "#api/kind.ts";
import { VolumeAttributesClass } from "#api/storage/volumeattributesclass.ts";
import { defineAdmission } from "./admission.ts";
import { hold } from "./hold.ts";

const finalizers: ReadonlyMap<AnyKind, string> = new Map<AnyKind, string>([
  [PersistentVolumeClaim, "kubernetes.io/pvc-protection"],
  [PersistentVolume, "kubernetes.io/pv-protection"],
  [VolumeAttributesClass, "kubernetes.io/vac-protection"],
]);

export const storageObjectInUseProtection = defineAdmission<ApiObject>({
  name: "StorageObjectInUseProtection",
  on: [...finalizers.keys()],
  when: ["CREATE"],

  mutate({ metadata }, { kind }) {
    const finalizer = finalizers.get(kind);
    if (finalizer) hold(metadata, finalizer);
  },
});
