/**
 * Only claims that are bound, and whose storage class says that its volumes can grow, may ask for
 * more. upstream: plugin/pkg/admission/storage/persistentvolume/resize/admission.go
 */
import { PersistentVolumeClaim } from "#api/core/persistentvolumeclaim.ts";
import { StorageClass } from "#api/storage/storageclass.ts";
import { quantityOf } from "#base/quantity.ts";
import { defineAdmission, refused } from "./admission.ts";

export const persistentVolumeClaimResize = defineAdmission<PersistentVolumeClaim>({
  name: "PersistentVolumeClaimResize",
  on: [PersistentVolumeClaim],
  when: ["UPDATE"],

  validate(claim, request) {
    const { old, reader } = request;
    if (!old || sizeOf(claim).compare(sizeOf(old)) <= 0) return;
    // exact: apiserver
    if (old.status.phase !== "Bound")
      throw refused(request, "Only bound persistent volume claims can be expanded");
    const name = classOf(claim);
    const canGrow = reader.get(StorageClass, "", name)?.object.allowVolumeExpansion === true;
    if (name === "" || name !== classOf(old) || !canGrow)
      throw refused(
        request,
        "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize",
      );
  },
});

const sizeOf = ({ spec }: PersistentVolumeClaim) =>
  quantityOf(spec.resources.requests?.["storage"] ?? "0");

const classOf = ({ metadata, spec }: PersistentVolumeClaim): string =>
  metadata.annotations?.["volume.beta.kubernetes.io/storage-class"] ?? spec.storageClassName ?? "";
