/**
 * Whether an attachment is still needed, and if not, whether it may go: what a node has mounted is
 * not taken from it, unless the node is lost.
 * upstream: pkg/controller/volume/attachdetach/reconciler/reconciler.go#reconcile
 */
import { Node } from "#api/core/node.ts";
import { PersistentVolume } from "#api/core/persistentvolume.ts";
import { nodeTaints } from "#api/core/taints.ts";
import { isConditionTrue } from "#api/meta/conditions.ts";
import { attachedNameOf, attachmentNameOf, sourceOfAttachedName } from "#api/storage/attachment.ts";
import type { VolumeAttachment } from "#api/storage/volumeattachment.ts";
import { minutes } from "#base/clock.ts";
import type { Index } from "#client/cache.ts";
import type { View } from "../runtime/controller.ts";
import { wishesFor } from "./wishes.ts";

export const byVolume: Index<VolumeAttachment> = ({ spec }) =>
  spec.source.persistentVolumeName ? [spec.source.persistentVolumeName] : [];

export const byNodeName: Index<VolumeAttachment> = ({ spec }) => [spec.nodeName];

/** How long a node that does not answer may keep what nobody else can have meanwhile. */
const patienceMs = minutes(6);

/** exact: kube-controller-manager, reasons of forced detachments in metrics */
export type Force = "timeout" | "out-of-service";

export type Standing =
  | { readonly is: "kept" }
  /** Looked at again then. */
  | { readonly is: "in use"; readonly leftMs: number }
  | { readonly is: "free"; readonly force?: Force };

export function standingOf(attachment: VolumeAttachment, view: View): Standing {
  const { nodeName } = attachment.spec;
  const volume = volumeBehind(attachment, view);
  if (volume && wishesFor(volume, view).has(nodeName)) return { is: "kept" };
  const node = view.get(Node, undefined, nodeName);
  const leftMs = view.since(`nobody needs ${attachment.metadata.name}`) + patienceMs - view.now;
  // A node that is gone cannot tell what it has mounted.
  if (node && !usesIt(node, attachment)) return { is: "free" };
  if (node?.spec.taints?.some(({ key }) => key === nodeTaints.outOfService))
    return { is: "free", force: "out-of-service" };
  const isHealthy = node !== undefined && isConditionTrue(node.status.conditions, "Ready");
  if (isHealthy) return { is: "in use", leftMs: Infinity };
  return leftMs > 0 ? { is: "in use", leftMs } : { is: "free", force: "timeout" };
}

const usesIt = ({ metadata, status }: Node, attachment: VolumeAttachment): boolean =>
  (status.volumesInUse ?? []).some((name) => isNameOf(name, metadata.name ?? "", attachment));

/** How the node's status calls the attached volume; undefined when nobody knows any more. */
export function listedName(attachment: VolumeAttachment, node: Node, view: View) {
  const volume = volumeBehind(attachment, view);
  if (volume?.spec.csi) return attachedNameOf(volume.spec.csi);
  const listed = node.status.volumesAttached ?? [];
  return listed.find(({ name }) => isNameOf(name, node.metadata.name ?? "", attachment))?.name;
}

export const isListed = (attachment: VolumeAttachment, node: Node): boolean =>
  (node.status.volumesAttached ?? []).some(({ name }) =>
    isNameOf(name, node.metadata.name ?? "", attachment),
  );

function isNameOf(name: string, nodeName: string, { metadata }: VolumeAttachment): boolean {
  const source = sourceOfAttachedName(name);
  return source !== undefined && attachmentNameOf(source, nodeName) === metadata.name;
}

/** Others may make attachments by hand; those are theirs to remove. */
export function isOurs(attachment: VolumeAttachment, view: View): boolean {
  const { metadata, spec } = attachment;
  const volume = volumeBehind(attachment, view);
  if (!volume?.spec.csi) return /^csi-[0-9a-f]{64}$/.test(metadata.name ?? "");
  return attachmentNameOf(volume.spec.csi, spec.nodeName) === metadata.name;
}

export function volumeBehind({ spec }: VolumeAttachment, view: View): PersistentVolume | undefined {
  const name = spec.source.persistentVolumeName;
  return name ? view.get(PersistentVolume, undefined, name) : undefined;
}
