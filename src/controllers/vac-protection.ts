/**
 * Classes of volume attributes that are being deleted stay as long as a claim or a volume names
 * them.
 * upstream: pkg/controller/volume/vacprotection/vac_protection_controller.go
 */
import { PersistentVolume } from "#api/core/persistentvolume.ts";
import { PersistentVolumeClaim } from "#api/core/persistentvolumeclaim.ts";
import { VolumeAttributesClass } from "#api/storage/volumeattributesclass.ts";
import { defineController, eventsRule, type View, watching } from "./runtime/controller.ts";
import { lacks, protect, release, waits } from "./storage/protection.ts";

const finalizer = "kubernetes.io/vac-protection";

export const vacProtectionController = defineController({
  name: "volumeattributesclass-protection-controller",
  identity: "volumeattributesclass-protection-controller",
  queue: "vacprotection",
  for: VolumeAttributesClass,
  watches: [
    watching(PersistentVolumeClaim, (claim, old, view) =>
      waitingFor([...classesOfClaim(claim), ...(old ? classesOfClaim(old) : [])], view),
    ),
    watching(PersistentVolume, (volume, old, view) =>
      waitingFor([...classesOfVolume(volume), ...(old ? classesOfVolume(old) : [])], view),
    ),
  ],
  rules: [
    {
      verbs: ["list", "watch", "get"],
      apiGroups: [""],
      resources: ["persistentvolumeclaims", "persistentvolumes"],
    },
    {
      verbs: ["get", "list", "watch", "update"],
      apiGroups: ["storage.k8s.io"],
      resources: ["volumeattributesclasses"],
    },
    eventsRule,
  ],
  leavesAlone: (attributes) => !lacks(attributes, finalizer) && !waits(attributes, finalizer),

  reconcile(attributes, view) {
    if (lacks(attributes, finalizer))
      return [protect(VolumeAttributesClass, attributes, finalizer)];
    const name = attributes.metadata.name ?? "";
    const isUsed =
      view.by(PersistentVolumeClaim, classesOfClaim, name).length > 0 ||
      view.by(PersistentVolume, classesOfVolume, name).length > 0;
    const isFree = waits(attributes, finalizer) && !isUsed;
    return isFree ? [release(VolumeAttributesClass, attributes, finalizer)] : [];
  },
});

/** Asked for, in force, and on the way. */
function classesOfClaim({ spec, status }: PersistentVolumeClaim): readonly string[] {
  const names = [
    spec.volumeAttributesClassName,
    status.currentVolumeAttributesClassName,
    status.modifyVolumeStatus?.targetVolumeAttributesClassName,
  ];
  return [...new Set(names.filter((name) => name !== undefined && name !== ""))] as string[];
}

const classesOfVolume = ({ spec }: PersistentVolume): readonly string[] =>
  spec.volumeAttributesClassName ? [spec.volumeAttributesClassName] : [];

function* waitingFor(names: readonly string[], view: View): Iterable<string> {
  for (const name of new Set(names)) {
    const found = view.get(VolumeAttributesClass, undefined, name);
    if (found && waits(found, finalizer)) yield name;
  }
}
