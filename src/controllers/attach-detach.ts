/**
 * Attaches drivers' volumes to the nodes whose pods need them, and detaches them when no pod does:
 * a VolumeAttachment asks the driver, the node's status tells the kubelet. Three keys share the work:
 * a pod asks for its attachments, an attachment sees to its own end, a node has its list. None looks
 * at more than its own node and volume, so a change costs the same on ten nodes and on thousands.
 * A volume leaves the node's list before its attachment goes; so no kubelet begins to mount it.
 * upstream: pkg/controller/volume/attachdetach
 * differs: of a node that is gone it is not known what it had mounted: its volumes are detached
 * after six minutes.
 */
import { Node } from "#api/core/node.ts";
import { PersistentVolume } from "#api/core/persistentvolume.ts";
import { PersistentVolumeClaim } from "#api/core/persistentvolumeclaim.ts";
import { Pod } from "#api/core/pod.ts";
import type { AnyKind, ApiObject } from "#api/kind.ts";
import { attachmentNameOf } from "#api/storage/attachment.ts";
import { CSIDriver } from "#api/storage/csidriver.ts";
import { VolumeAttachment } from "#api/storage/volumeattachment.ts";
import { isSame } from "#client/canonical.ts";
import { attach, isShared } from "./attachments/attaching.ts";
import {
  byNodeName,
  byVolume,
  isListed,
  isOurs,
  listedName,
  standingOf,
  volumeBehind,
} from "./attachments/keeping.ts";
import { attachMeter, countForced } from "./attachments/metrics.ts";
import { byDriver, volumeOf, volumesOf, wishersOn, wishesFor } from "./attachments/wishes.ts";
import { byNode } from "./nodes/node-pods.ts";
import {
  type AnyController,
  defineController,
  eventsRule,
  type Key,
  type View,
  watching,
} from "./runtime/controller.ts";
import { andThen, type Effect, note, remove, setStatus, wakeIn } from "./runtime/effects.ts";
import { fullKeyOf } from "./runtime/run.ts";
import { claimNames } from "./storage/claim-users.ts";

const read = ["get", "list", "watch"];

export const attachDetachController: AnyController = defineController({
  name: "persistentvolume-attach-detach-controller",
  identity: "attachdetach-controller",
  eventSource: "attachdetach-controller",
  queue: "attachdetach",
  for: [Pod, VolumeAttachment, Node],
  // Two nodes must not be given one volume, and a node's list must not name what is about to go.
  oneAtATime: true,
  meter: attachMeter,
  watches: [
    watching(PersistentVolume, (volume, _old, view) => keysAround(volume, view)),
    watching(VolumeAttachment, concernedBy),
    watching(Node, keysOn),
    watching(PersistentVolumeClaim, (claim, _old, view) =>
      volumeOf(claim, view).flatMap((volume) => keysAround(volume, view)),
    ),
    watching(Pod, keysBelow),
    watching(CSIDriver, ({ metadata }, _old, view) =>
      view
        .by(PersistentVolume, byDriver, metadata.name ?? "")
        .flatMap((volume) => keysAround(volume, view)),
    ),
  ],
  rules: [
    {
      verbs: ["list", "watch"],
      apiGroups: [""],
      resources: ["persistentvolumes", "persistentvolumeclaims"],
    },
    { verbs: read, apiGroups: [""], resources: ["nodes"] },
    { verbs: ["patch", "update"], apiGroups: [""], resources: ["nodes/status"] },
    { verbs: ["list", "watch"], apiGroups: [""], resources: ["pods"] },
    {
      verbs: [...read, "create", "delete"],
      apiGroups: ["storage.k8s.io"],
      resources: ["volumeattachments"],
    },
    { verbs: read, apiGroups: ["storage.k8s.io"], resources: ["csidrivers", "csinodes"] },
    eventsRule,
  ],
  leavesAlone: (object) =>
    object.kind === Pod.kind
      ? claimNames(object as Pod).length === 0
      : object.kind === Node.kind && !hasVolumes(object as Node),

  reconcile(object, view) {
    if (object.kind === Node.kind) return listVolumes(object as Node, view);
    if (object.kind === VolumeAttachment.kind) return detach(object as VolumeAttachment, view);
    return attach(object as Pod, view);
  },
});

const hasVolumes = ({ status }: Node): boolean =>
  (status.volumesAttached ?? []).length > 0 || (status.volumesInUse ?? []).length > 0;

/** Gives up what nobody needs, once the node does not count on it any more. */
function detach(attachment: VolumeAttachment, view: View): readonly Effect[] {
  if (attachment.metadata.deletionTimestamp || !isOurs(attachment, view)) return [];
  const standing = standingOf(attachment, view);
  if (standing.is !== "free") return lookAgain(standing);
  const node = view.get(Node, undefined, attachment.spec.nodeName);
  if (node && isListed(attachment, node, view)) return [];
  return [
    ...(standing.force ? [countForced(standing.force)] : []),
    remove(VolumeAttachment, attachment),
  ];
}

const lookAgain = (standing: ReturnType<typeof standingOf>): readonly Effect[] =>
  standing.is === "in use" && Number.isFinite(standing.leftMs) ? [wakeIn(standing.leftMs)] : [];

/** What is attached to the node, in its status: its kubelet waits for that. */
function listVolumes(node: Node, view: View): readonly Effect[] {
  const { name: nodeName = "" } = node.metadata;
  const before = node.status.volumesAttached ?? [];
  const attachments = view
    .by(VolumeAttachment, byNodeName, nodeName)
    .filter(({ metadata, status }) => status.attached && !metadata.deletionTimestamp)
    .filter((attachment) => isOurs(attachment, view))
    .map((attachment) => ({ attachment, standing: standingOf(attachment, view) }));
  const listed = attachments.flatMap(({ attachment, standing }) => {
    const name = standing.is === "free" ? undefined : listedName(attachment, node, view);
    return name === undefined ? [] : [{ name, attachment }];
  });
  const names = listed.map(({ name }) => name).toSorted();
  const again = attachments.flatMap(({ standing }) => lookAgain(standing));
  if (isSame(names, before.map(({ name }) => name).toSorted())) return again;
  const { volumesAttached: _before, ...status } = node.status;
  const volumesAttached = names.map((name) => ({ name, devicePath: "" }));
  const added = listed.filter(({ name }) => !before.some((old) => old.name === name));
  return [
    ...again,
    andThen(
      setStatus(Node, node, volumesAttached.length > 0 ? { ...status, volumesAttached } : status),
      () => added.flatMap(({ attachment }) => tellPods(attachment, view)),
    ),
  ];
}

/** exact: kube-controller-manager, with the blank at its end */
function tellPods(attachment: VolumeAttachment, view: View): readonly Effect[] {
  const volume = volumeBehind(attachment, view);
  const pods = volume ? wishersOn(attachment.spec.nodeName, volume, view) : [];
  const text = `AttachVolume.Attach succeeded for volume ${JSON.stringify(volume?.metadata.name)} `;
  return pods.map((pod) => note(pod, "SuccessfulAttachVolume", text));
}

/** Everything that has to do with one volume. */
function keysAround(volume: PersistentVolume, view: View): readonly Key[] {
  if (!volume.spec.csi) return [];
  const attachments = view.by(VolumeAttachment, byVolume, volume.metadata.name ?? "");
  const nodes = attachments.map(({ spec }) => keyOfNode(spec.nodeName));
  return [...keysOfUsers(volume, view), ...attachments.map(fullKeyOf), ...nodes];
}

const keysOfUsers = (volume: PersistentVolume, view: View): readonly Key[] =>
  [...wishesFor(volume, view).values()].flat().map(fullKeyOf);

/** What the pod needs where it is, and needed where it was. */
function* keysBelow(pod: Pod, old: Pod | undefined, view: View): Iterable<Key> {
  const nodes = new Set([pod.spec.nodeName, old?.spec.nodeName]);
  for (const volume of volumesOf(pod, view))
    for (const nodeName of nodes) if (nodeName) yield* keysAt(nodeName, volume);
}

function* keysAt(nodeName: string, { spec: { csi } }: PersistentVolume): Iterable<Key> {
  if (!csi) return;
  yield fullKeyOf(named(VolumeAttachment, attachmentNameOf(csi, nodeName)));
  yield keyOfNode(nodeName);
}

const keyOfNode = (name: string): Key => fullKeyOf(named(Node, name));

const named = ({ apiVersion, kind }: AnyKind, name: string): ApiObject => ({
  apiVersion,
  kind,
  metadata: { name },
});

/** When a volume for one node leaves it, pods on others wait for that. */
function* concernedBy(
  attachment: VolumeAttachment,
  _old: VolumeAttachment | undefined,
  view: View,
): Iterable<Key> {
  const { nodeName } = attachment.spec;
  yield keyOfNode(nodeName);
  const volume = volumeBehind(attachment, view);
  if (!volume) return;
  if (isShared(volume)) yield* wishersOn(nodeName, volume, view).map(fullKeyOf);
  else yield* keysOfUsers(volume, view);
}

/** What is attached to the node; and, of one that has just come, what its pods wait for. */
function* keysOn(node: Node, old: Node | undefined, view: View): Iterable<Key> {
  const { name = "" } = node.metadata;
  for (const attachment of view.by(VolumeAttachment, byNodeName, name)) yield fullKeyOf(attachment);
  if (old && old.metadata.annotations === node.metadata.annotations) return;
  for (const pod of view.by(Pod, byNode, name))
    if (volumesOf(pod, view).length > 0) yield fullKeyOf(pod);
}
