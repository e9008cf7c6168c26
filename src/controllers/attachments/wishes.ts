/** Which nodes a volume should be attached to, and for which pods. */
import { Node } from "#api/core/node.ts";
import { PersistentVolume } from "#api/core/persistentvolume.ts";
import { PersistentVolumeClaim } from "#api/core/persistentvolumeclaim.ts";
import { isPodTerminal } from "#api/core/pod-conditions.ts";
import { Pod } from "#api/core/pod.ts";
import { needsAttachment } from "#api/storage/attachment.ts";
import { CSIDriver } from "#api/storage/csidriver.ts";
import type { Index } from "#client/cache.ts";
import { keyOf, type View } from "../runtime/controller.ts";
import { byNode } from "../nodes/node-pods.ts";
import { byClaim, claimNames, uses } from "../storage/claim-users.ts";

/** Pods by the name of their node. */
export type Wishes = ReadonlyMap<string, readonly Pod[]>;

export function wishesFor(volume: PersistentVolume, view: View): Wishes {
  const wishes = new Map<string, Pod[]>();
  const claim = claimOf(volume, view);
  if (!claim || !isAttachable(volume, view)) return wishes;
  for (const pod of view.by(Pod, byClaim, keyOf(claim))) {
    const { nodeName = "" } = pod.spec;
    if (!uses(pod, claim) || !mayAttach(pod, view)) continue;
    const others = wishes.get(nodeName);
    if (others) others.push(pod);
    else wishes.set(nodeName, [pod]);
  }
  return wishes;
}

/** The pods on one node that need the volume: a volume may be on thousands of others. */
export function wishersOn(nodeName: string, volume: PersistentVolume, view: View): readonly Pod[] {
  const claim = claimOf(volume, view);
  if (!claim || !isAttachable(volume, view)) return [];
  const key = keyOf(claim);
  const isRare = view.count(Pod, byClaim, key) < view.count(Pod, byNode, nodeName);
  return (isRare ? view.by(Pod, byClaim, key) : view.by(Pod, byNode, nodeName)).filter(
    (pod) =>
      pod.spec.nodeName === nodeName &&
      pod.metadata.namespace === claim.metadata.namespace &&
      uses(pod, claim) &&
      mayAttach(pod, view),
  );
}

/** The volumes that the pod needs on its node. */
export function wishedBy(pod: Pod, view: View): readonly PersistentVolume[] {
  if (!mayAttach(pod, view)) return [];
  const volumes = volumesOf(pod, view).filter((volume) => {
    const claim = claimOf(volume, view);
    return claim !== undefined && uses(pod, claim) && isAttachable(volume, view);
  });
  return [...new Set(volumes)];
}

/** Something of it runs, or will, on a node whose kubelet leaves attaching to us. */
function mayAttach(pod: Pod, view: View): boolean {
  const node = view.get(Node, undefined, pod.spec.nodeName ?? "");
  return node !== undefined && isManaged(node) && !isOver(pod, node);
}

export const isAttachable = ({ spec: { csi } }: PersistentVolume, view: View): boolean =>
  csi !== undefined && needsAttachment(view.get(CSIDriver, undefined, csi.driver));

function claimOf(
  { metadata, spec: { claimRef } }: PersistentVolume,
  view: View,
): PersistentVolumeClaim | undefined {
  if (!claimRef) return undefined;
  const claim = view.get(PersistentVolumeClaim, claimRef.namespace, claimRef.name ?? "");
  const isMeant = claim?.metadata.uid === claimRef.uid;
  return isMeant && claim?.spec.volumeName === metadata.name ? claim : undefined;
}

/** Its kubelet leaves attaching to us. exact: kubelet, both annotations */
const isManaged = ({ metadata: { annotations = {} } }: Node): boolean =>
  annotations["volumes.kubernetes.io/controller-managed-attach-detach"] === "true";

const keepsVolumes = ({ metadata: { annotations = {} } }: Node): boolean =>
  annotations["volumes.kubernetes.io/keep-terminated-pod-volumes"] === "true";

/** Nothing of it runs, and nothing will. upstream: pkg/volume/util/util.go#IsPodTerminated */
const isOver = (pod: Pod, node: Node): boolean =>
  !keepsVolumes(node) &&
  (isPodTerminal(pod) || (pod.metadata.deletionTimestamp !== undefined && !runs(pod)));

const runs = ({ status: { containerStatuses = [] } }: Pod): boolean =>
  containerStatuses.some(({ state }) => !state?.terminated && !state?.waiting);

/** Drivers' volumes behind the pod's claims. */
export function volumesOf(pod: Pod, view: View): readonly PersistentVolume[] {
  return claimNames(pod).flatMap((name) => {
    const claim = view.get(PersistentVolumeClaim, pod.metadata.namespace, name);
    return claim ? volumeOf(claim, view) : [];
  });
}

export function volumeOf({ spec }: PersistentVolumeClaim, view: View): readonly PersistentVolume[] {
  const volume = spec.volumeName && view.get(PersistentVolume, undefined, spec.volumeName);
  return volume && volume.spec.csi ? [volume] : [];
}

export const byDriver: Index<PersistentVolume> = ({ spec: { csi } }) => (csi ? [csi.driver] : []);
