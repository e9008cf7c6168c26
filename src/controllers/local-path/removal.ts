/** Removes a volume that its claim left behind: the folder first, then the object. */
import { Node } from "#api/core/node.ts";
import { PersistentVolume } from "#api/core/persistentvolume.ts";
import { Pod } from "#api/core/pod.ts";
import { bindingAnnotations } from "#api/storage/volume-binding.ts";
import { bytesOf } from "#base/quantity.ts";
import type { View } from "../runtime/controller.ts";
import { andThen, type Effect, remove, wakeIn, warn } from "../runtime/effects.ts";
import { findHelper, helperLimitMs, progressOf, sendHelper } from "./errand.ts";
import { provisionerName, readSettings } from "./settings.ts";

export const isLeftBehind = ({ metadata, spec, status }: PersistentVolume): boolean =>
  metadata.annotations?.[bindingAnnotations.provisionedBy] === provisionerName &&
  status.phase === "Released" &&
  spec.persistentVolumeReclaimPolicy === "Delete";

export function removeVolume(volume: PersistentVolume, view: View): readonly Effect[] {
  const name = volume.metadata.name ?? "";
  const helper = findHelper("teardown", name, view);
  if (!helper) return begin(volume, view);
  const progress = progressOf(helper, view.now);
  if (progress === "running") return [wakeIn(helperLimitMs)];
  if (progress === "done")
    return [andThen(remove(PersistentVolume, volume), () => [remove(Pod, helper, now)])];
  // exact: external provisioners, the reason
  return [
    warn(volume, "VolumeFailedDelete", `helper pod ${helper.metadata.name} did not succeed`),
    remove(Pod, helper, now),
    wakeIn(helperLimitMs),
  ];
}

const now = { gracePeriodSeconds: 0 };

function begin(volume: PersistentVolume, view: View): readonly Effect[] {
  const nodeName = nodeOf(volume, view);
  const folder = volume.spec.hostPath?.path;
  // With its node, its data is gone.
  if (nodeName === undefined || folder === undefined) return [remove(PersistentVolume, volume)];
  const settings = readSettings(view);
  if (typeof settings === "string")
    return [warn(volume, "VolumeFailedDelete", settings), wakeIn(helperLimitMs)];
  const { volumeMode = "Filesystem", capacity } = volume.spec;
  return [
    sendHelper(settings.helper, {
      task: "teardown",
      volume: volume.metadata.name ?? "",
      nodeName,
      folder,
      mode: volumeMode,
      size: `${bytesOf(capacity?.["storage"] ?? "0")}`,
    }),
    wakeIn(helperLimitMs),
  ];
}

/** The node that the volume was made on, as its affinity has it. */
function nodeOf({ spec }: PersistentVolume, view: View): string | undefined {
  const [term] = spec.nodeAffinity?.required?.nodeSelectorTerms ?? [];
  const hostname = term?.matchExpressions?.[0]?.values?.[0];
  const node = view
    .list(Node)
    .find(({ metadata }) => metadata.labels?.["kubernetes.io/hostname"] === hostname);
  return node?.metadata.name;
}
