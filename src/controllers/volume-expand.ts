/**
 * Claims that ask for more than their volume has. Drivers do that; volumes that are folders of a node
 * have no size of their own, so that writing it down is all there is to do.
 * upstream: pkg/controller/volume/expand/expand_controller.go
 */
import { PersistentVolumeClaim } from "#api/core/persistentvolumeclaim.ts";
import { PersistentVolume } from "#api/core/persistentvolume.ts";
import { bindingAnnotations } from "#api/storage/volume-binding.ts";
import { bytesOf } from "#base/quantity.ts";
import { provisionerName } from "./local-path/settings.ts";
import { defineController, eventsRule } from "./runtime/controller.ts";
import { andThen, note, setStatus, update } from "./runtime/effects.ts";

export const volumeExpandController = defineController({
  name: "persistentvolume-expander-controller",
  identity: "expand-controller",
  eventSource: "volume_expand",
  queue: "volume_expand",
  for: PersistentVolumeClaim,
  reads: [PersistentVolume],
  rules: [
    { verbs: ["get", "list", "watch"], apiGroups: [""], resources: ["persistentvolumeclaims"] },
    { verbs: ["update"], apiGroups: [""], resources: ["persistentvolumeclaims/status"] },
    {
      verbs: ["get", "list", "watch", "update"],
      apiGroups: [""],
      resources: ["persistentvolumes"],
    },
    eventsRule,
  ],
  leavesAlone: (claim) => !wantsMore(claim),

  reconcile(claim, view) {
    const volume = view.get(PersistentVolume, undefined, claim.spec.volumeName ?? "");
    if (!volume) return [];
    const storage = claim.spec.resources.requests?.["storage"] ?? "0";
    if (volume.metadata.annotations?.[bindingAnnotations.provisionedBy] !== provisionerName)
      return [note(claim, "ExternalExpanding", waiting)];
    const larger = {
      ...volume,
      spec: { ...volume.spec, capacity: { ...volume.spec.capacity, storage } },
    };
    const { status } = claim;
    return [
      andThen(update(PersistentVolume, larger), () => [
        setStatus(PersistentVolumeClaim, claim, {
          ...status,
          capacity: { ...status.capacity, storage },
        }),
        note(claim, "VolumeResizeSuccessful", "Resize volume succeeded"),
      ]),
    ];
  },
});

// exact: kube-controller-manager
const waiting = "waiting for an external controller to expand this PVC";

const wantsMore = ({ metadata, spec, status }: PersistentVolumeClaim): boolean =>
  !metadata.deletionTimestamp &&
  status.phase === "Bound" &&
  bytesOf(spec.resources.requests?.["storage"] ?? "0") >
    bytesOf(status.capacity?.["storage"] ?? "0");
