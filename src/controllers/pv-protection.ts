/**
 * Volumes that are being deleted stay as long as a claim is bound to them.
 * upstream: pkg/controller/volume/pvprotection/pv_protection_controller.go
 */
import { PersistentVolume } from "#api/core/persistentvolume.ts";
import { defineController, eventsRule } from "./runtime/controller.ts";
import { lacks, protect, release, waits } from "./storage/protection.ts";

const finalizer = "kubernetes.io/pv-protection";

export const pvProtectionController = defineController({
  name: "persistentvolume-protection-controller",
  identity: "pv-protection-controller",
  queue: "pvprotection",
  for: PersistentVolume,
  rules: [
    {
      verbs: ["get", "list", "watch", "update"],
      apiGroups: [""],
      resources: ["persistentvolumes"],
    },
    eventsRule,
  ],
  leavesAlone: (volume) => !lacks(volume, finalizer) && !waits(volume, finalizer),

  reconcile(volume) {
    if (lacks(volume, finalizer)) return [protect(PersistentVolume, volume, finalizer)];
    const isFree = waits(volume, finalizer) && volume.status.phase !== "Bound";
    return isFree ? [release(PersistentVolume, volume, finalizer)] : [];
  },
});
