/**
 * What a volume is: anyone's, somebody's, or left behind by a claim that is gone.
 * upstream: pkg/controller/volume/persistentvolume/pv_controller.go#syncVolume
 */
import { PersistentVolumeClaim } from "#api/core/persistentvolumeclaim.ts";
import type { PersistentVolume } from "#api/core/persistentvolume.ts";
import { bindingAnnotations } from "#api/storage/volume-binding.ts";
import type { View } from "../runtime/controller.ts";
import { andThen, type Effect, warn } from "../runtime/effects.ts";
import { unbind, volumePhase } from "./binding.ts";

const { provisionedBy, byController } = bindingAnnotations;

export function syncVolume(volume: PersistentVolume, view: View): readonly Effect[] {
  const { claimRef } = volume.spec;
  // Reserved, and not yet bound, it is still to be had: by that claim.
  if (!claimRef?.uid) return volumePhase(volume, { phase: "Available" }, view);
  const claim = claimOf(volume, view);
  if (!claim) return claimIsGone(volume, view);
  if (claim.spec.volumeName === volume.metadata.name)
    return volumePhase(volume, { phase: "Bound" }, view);
  // The claim is being bound, or a user still has to name the volume there.
  return claim.spec.volumeName ? setFree(volume, view) : [];
}

function claimOf({ spec }: PersistentVolume, view: View): PersistentVolumeClaim | undefined {
  const { namespace, name = "", uid } = spec.claimRef ?? {};
  const found = view.get(PersistentVolumeClaim, namespace, name);
  return found?.metadata.uid === uid ? found : undefined;
}

/** Its claim went to another volume. */
function setFree(volume: PersistentVolume, view: View): readonly Effect[] {
  const { annotations = {} } = volume.metadata;
  const wasMadeForIt =
    annotations[provisionedBy] !== undefined &&
    volume.spec.persistentVolumeReclaimPolicy === "Delete";
  if (wasMadeForIt) return release(volume, view);
  return annotations[byController] === undefined ? [] : [unbind(volume)];
}

/** A cache may be behind: the server is asked before data is given up. */
function claimIsGone(volume: PersistentVolume, view: View): readonly Effect[] {
  const { namespace, name = "", uid } = volume.spec.claimRef ?? {};
  const asked: Effect = { do: "fetch", kind: PersistentVolumeClaim, at: { namespace, name } };
  return [andThen(asked, (found) => (found?.metadata.uid === uid ? [] : release(volume, view)))];
}

/**
 * Its claim is gone. Whoever made it deletes it, if it is to be deleted.
 * differs: volumes are recycled by nobody; upstream does so for host paths and NFS.
 */
function release(volume: PersistentVolume, view: View): readonly Effect[] {
  // It failed before: that stays, until whoever makes volumes tries again.
  if (volume.status.phase === "Failed") return [];
  const { persistentVolumeReclaimPolicy: policy } = volume.spec;
  const maker = volume.metadata.annotations?.[provisionedBy];
  if (policy === "Delete" && maker === undefined) {
    // exact: kube-controller-manager
    const text = `error getting deleter volume plugin for volume "${volume.metadata.name}": no deletable volume plugin matched`;
    return [
      ...volumePhase(volume, { phase: "Failed", message: text }, view),
      warn(volume, "VolumeFailedDelete", text),
    ];
  }
  if (policy === "Recycle") {
    const text = "No recycler plugin found for the volume!"; // exact: kube-controller-manager
    return [
      ...volumePhase(volume, { phase: "Failed", message: text }, view),
      warn(volume, "VolumeFailedRecycle", text),
    ];
  }
  return volumePhase(volume, { phase: "Released" }, view);
}
