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
import { wishersOn } from "./wishes.ts";

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
  if (volume && wishersOn(nodeName, volume, view).length > 0) return { is: "kept" };
  const node = view.get(Node, undefined, nodeName);
  const leftMs = view.since(`nobody needs ${attachment.metadata.name}`) + patienceMs - view.now;
  // A node that is gone cannot tell what it has mounted.
  if (node && !usesIt(node, attachment, view)) return { is: "free" };
  if (node?.spec.taints?.some(({ key }) => key === nodeTaints.outOfService))
    return { is: "free", force: "out-of-service" };
  const isHealthy = node !== undefined && isConditionTrue(node.status.conditions, "Ready");
  if (isHealthy) return { is: "in use", leftMs: Infinity };
  return leftMs > 0 ? { is: "in use", leftMs } : { is: "free", force: "timeout" };
}

function usesIt(node: Node, attachment: VolumeAttachment, view: View): boolean {
  const isIt = recogniser(attachment, view);
  return (node.status.volumesInUse ?? []).some(isIt);
}

/** How the node's status calls the attached volume; undefined when nobody knows any more. */
export const listedName = (attachment: VolumeAttachment, node: Node, view: View) =>
  nameOf(attachment, view) ?? listedIn(node).find(recogniser(attachment, view));

export const isListed = (attachment: VolumeAttachment, node: Node, view: View): boolean =>
  listedIn(node).some(recogniser(attachment, view));

const listedIn = ({ status }: Node): readonly string[] =>
  (status.volumesAttached ?? []).map(({ name }) => name);

function nameOf(attachment: VolumeAttachment, view: View): string | undefined {
  const volume = volumeBehind(attachment, view);
  return volume?.spec.csi && attachedNameOf(volume.spec.csi);
}

/** Whether a name in a node's lists is that of this volume. Of one that is gone only a hash is left. */
function recogniser(attachment: VolumeAttachment, view: View): (name: string) => boolean {
  const { metadata, spec } = attachment;
  const known = nameOf(attachment, view);
  if (known !== undefined) return (name) => name === known;
  return (name) => {
    const source = sourceOfAttachedName(name);
    return source !== undefined && attachmentNameOf(source, spec.nodeName) === metadata.name;
  };
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
