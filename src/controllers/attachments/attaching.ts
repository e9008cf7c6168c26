/** Asking for attachments, and telling pods how it goes. */
import type { PersistentVolume } from "#api/core/persistentvolume.ts";
import type { Pod } from "#api/core/pod.ts";
import { attachmentNameOf, type CsiSource } from "#api/storage/attachment.ts";
import { VolumeAttachment } from "#api/storage/volumeattachment.ts";
import { minutes } from "#base/clock.ts";
import type { View } from "../runtime/controller.ts";
import { create, type Effect, wakeIn, warn } from "../runtime/effects.ts";
import { byNodeName, byVolume } from "./keeping.ts";
import { wishedBy, wishesFor } from "./wishes.ts";

/** exact: kube-controller-manager */
const attachLimitMs = minutes(2);

/** Asks for what the pod needs on its node. A volume for one node waits until it has left the other. */
export function attach(pod: Pod, view: View): readonly Effect[] {
  const { nodeName = "" } = pod.spec;
  return wishedBy(pod, view).flatMap((volume) => {
    const { csi } = volume.spec;
    if (!csi) return [];
    const wish = { volume, csi, nodeName, pod };
    const own = attachmentOn(nodeName, volume, view);
    if (own) return progress(own, wish, view);
    const isHeld = view.count(VolumeAttachment, byVolume, volume.metadata.name ?? "") > 0;
    if (isHeld && !isShared(volume)) return refuse(wish, view);
    return [create(VolumeAttachment, attachmentFor(wish))];
  });
}

/** It may be on many nodes at once. */
export const isShared = ({ spec: { accessModes = [] } }: PersistentVolume): boolean =>
  accessModes.length === 0 || accessModes.some((mode) => forMany.has(mode));

const forMany: ReadonlySet<string> = new Set(["ReadWriteMany", "ReadOnlyMany"]);

const attachmentOn = (nodeName: string, { metadata }: PersistentVolume, view: View) =>
  view
    .by(VolumeAttachment, byNodeName, nodeName)
    .find(({ spec }) => spec.source.persistentVolumeName === metadata.name);

interface Wish {
  readonly volume: PersistentVolume;
  readonly csi: CsiSource;
  readonly nodeName: string;
  readonly pod: Pod;
}

const attachmentFor = ({ volume, csi, nodeName }: Wish) => ({
  metadata: { name: attachmentNameOf(csi, nodeName) },
  spec: {
    attacher: csi.driver,
    nodeName,
    source: { persistentVolumeName: volume.metadata.name },
  },
});

/** exact: kube-controller-manager, here and below */
function progress(own: VolumeAttachment, wish: Wish, view: View): readonly Effect[] {
  const { attached, attachError } = own.status;
  // One that is on its way out makes room for the next.
  if (attached || own.metadata.deletionTimestamp) return [];
  const { csi, volume } = wish;
  if (attachError?.message) return complain(wish, attachError.message, view);
  const leftMs = view.since(`attaching ${volume.metadata.name}`) + attachLimitMs - view.now;
  if (leftMs > 0) return [wakeIn(leftMs)];
  const why = `timed out waiting for external-attacher of ${csi.driver} CSI driver to attach volume ${csi.volumeHandle}`;
  return complain(wish, why, view);
}

function complain({ volume, pod }: Wish, why: string, view: View): readonly Effect[] {
  const name = volume.metadata.name ?? "";
  if (!isNews(`${name}: ${why}`, view)) return [];
  const text = `AttachVolume.Attach failed for volume ${JSON.stringify(name)} : ${why}`;
  return [warn(pod, "FailedAttachVolume", text)];
}

/** Said once for as long as it holds. */
const isNews = (fact: string, view: View): boolean => view.since(fact) === view.now;

/** It is on another node, and may be on one only. */
function refuse({ volume, nodeName, pod }: Wish, view: View): readonly Effect[] {
  const { name = "" } = volume.metadata;
  if (!isNews(`${name} is held elsewhere`, view)) return [];
  const wishes = [...wishesFor(volume, view)];
  const others = wishes.flatMap(([other, users]) => (other === nodeName ? [] : users));
  const text = `Multi-Attach error for volume ${JSON.stringify(name)} ${whoHasIt(pod, others)}`;
  return [warn(pod, "FailedAttachVolume", text)];
}

function whoHasIt({ metadata }: Pod, others: readonly Pod[]): string {
  if (others.length === 0)
    return "Volume is already exclusively attached to one node and can't be attached to another";
  const near = others.filter((pod) => pod.metadata.namespace === metadata.namespace);
  const far = others.length - near.length;
  if (near.length === 0) return `Volume is already used by ${far} pod(s) in different namespaces`;
  const names = near.map((pod) => pod.metadata.name).join(", ");
  const also = far > 0 ? ` and ${far} pod(s) in different namespaces` : "";
  return `Volume is already used by pod(s) ${names}${also}`;
}
