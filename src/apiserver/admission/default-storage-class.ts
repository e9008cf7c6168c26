/**
 * Claims that name no storage class get the one marked as default: the newest, when several are.
 * upstream: plugin/pkg/admission/storage/storageclass/setdefault/admission.go
 */
import { PersistentVolumeClaim } from "#api/core/persistentvolumeclaim.ts";
import { newestMarked } from "#api/default-class.ts";
import { defaultClassAnnotations, StorageClass } from "#api/storage/storageclass.ts";
import { defineAdmission } from "./admission.ts";

const betaAnnotation = "volume.beta.kubernetes.io/storage-class";

export const defaultStorageClass = defineAdmission<PersistentVolumeClaim>({
  name: "DefaultStorageClass",
  on: [PersistentVolumeClaim],
  when: ["CREATE"],

  mutate({ metadata, spec }, { reader }) {
    if (spec.storageClassName !== undefined || metadata.annotations?.[betaAnnotation] !== undefined)
      return;
    const classes = reader.list(StorageClass, "").map(({ object }) => object);
    const found = newestMarked(classes, defaultClassAnnotations);
    if (found) spec.storageClassName = found.metadata.name ?? "";
  },
});
