/** Asking for attachments, and telling pods how it goes. */
import type { PersistentVolume } from "#api/core/persistentvolume.ts";
import type { Pod } from "#api/core/pod.ts";
import { attachmentNameOf, type CsiSource } from "#api/storage/attachment.ts";
import { VolumeAttachment } from "#api/storage/volumeattachment.ts";
import { minutes } from "#base/clock.ts";
import type { View } from "../runtime/controller.ts";
import { create, type Effect, wakeIn, warn } from "../runtime/effects.ts";
import { byVolume } from "./keeping.ts";
import { type Wishes, wishesFor } from "./wishes.ts";

/** exact: kube-controller-manager */
const attachLimitMs = minutes(2);

export function attach(volume: PersistentVolume, view: View): readonly Effect[] {
  const { csi, accessModes = [] } = volume.spec;
  const wishes = wishesFor(volume, view);
  if (!csi || wishes.size === 0) return [];
  const present = view.by(VolumeAttachment, byVolume, volume.metadata.name ?? "");
  const isShared = accessModes.length === 0 || accessModes.some((mode) => forMany.has(mode));
  let holders = new Set(present.map(({ spec }) => spec.nodeName));
  return [...wishes].flatMap(([nodeName, pods]) => {
    const wish = { volume, csi, nodeName, pods };
    const own = present.find(({ spec }) => spec.nodeName === nodeName);
    if (own) return progress(own, wish, view);
    if (!isShared && holders.size > 0) return refuse(wish, wishes, view);
    holders = new Set([...holders, nodeName]);
    return [create(VolumeAttachment, attachmentFor(wish))];
  });
}

const forMany: ReadonlySet<string> = new Set(["ReadWriteMany", "ReadOnlyMany"]);

interface Wish {
  readonly volume: PersistentVolume;
  readonly csi: CsiSource;
  readonly nodeName: string;
  readonly pods: readonly Pod[];
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
  const { csi, nodeName } = wish;
  if (attachError?.message) return complain(wish, attachError.message, view);
  const leftMs = view.since(`attaching to ${nodeName}`) + attachLimitMs - view.now;
  if (leftMs > 0) return [wakeIn(leftMs)];
  const why = `timed out waiting for external-attacher of ${csi.driver} CSI driver to attach volume ${csi.volumeHandle}`;
  return complain(wish, why, view);
}

function complain({ volume, nodeName, pods }: Wish, why: string, view: View): readonly Effect[] {
  if (!isNews(`${nodeName}: ${why}`, view)) return [];
  const text = `AttachVolume.Attach failed for volume ${JSON.stringify(volume.metadata.name)} : ${why}`;
  return pods.map((pod) => warn(pod, "FailedAttachVolume", text));
}

/** Said once for as long as it holds. */
const isNews = (fact: string, view: View): boolean => view.since(fact) === view.now;

/** It is on another node, and may be on one only. */
function refuse({ volume, nodeName, pods }: Wish, wishes: Wishes, view: View): readonly Effect[] {
  if (!isNews(`held elsewhere, not for ${nodeName}`, view)) return [];
  const others = [...wishes].flatMap(([name, users]) => (name === nodeName ? [] : users));
  const name = JSON.stringify(volume.metadata.name);
  return pods.map((pod) =>
    warn(
      pod,
      "FailedAttachVolume",
      `Multi-Attach error for volume ${name} ${whoHasIt(pod, others)}`,
    ),
  );
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
