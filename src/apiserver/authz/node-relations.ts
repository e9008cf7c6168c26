/** How an object comes to concern a node: through a pod that is bound to the node and names it. */
import { PersistentVolume } from "#api/core/persistentvolume.ts";
import { isMirrorPod } from "#api/core/pod-conditions.ts";
import { Pod } from "#api/core/pod.ts";
import { ResourceSlice } from "#api/resource/resourceslice.ts";
import { VolumeAttachment } from "#api/storage/volumeattachment.ts";
import type { Reader } from "../registry/registry.ts";
import { type PodReferences, podReferences, volumeSecrets } from "./pod-references.ts";

export interface Sought {
  readonly node: string;
  readonly namespace: string;
  readonly name: string;
}

export type Relation = (reader: Reader, sought: Sought) => boolean;

/** Some pod of the namespace and node, other than a mirror, does. */
function somePod(
  reader: Reader,
  { node, namespace }: Pick<Sought, "node" | "namespace">,
  does: (references: PodReferences, pod: Pod) => boolean,
): boolean {
  for (const { object: pod } of reader.list(Pod, namespace)) {
    if (pod.spec.nodeName !== node || isMirrorPod(pod)) continue;
    if (does(podReferences(pod), pod)) return true;
  }
  return false;
}

const usesVolume = (reader: Reader, node: string, { spec: { claimRef } }: PersistentVolume) =>
  claimRef !== undefined &&
  somePod(reader, { node, namespace: claimRef.namespace ?? "" }, ({ claims }) =>
    claims.has(claimRef.name ?? ""),
  );

const mountsWith = (reader: Reader, { node, namespace, name }: Sought): boolean =>
  reader
    .list(PersistentVolume, "")
    .some(
      ({ object }) =>
        volumeSecrets(object).includes(`${namespace}/${name}`) && usesVolume(reader, node, object),
    );

export const relations = {
  secret: (reader, sought) =>
    somePod(reader, sought, ({ secrets }) => secrets.has(sought.name)) ||
    mountsWith(reader, sought),
  configMap: (reader, sought) =>
    somePod(reader, sought, ({ configMaps }) => configMaps.has(sought.name)),
  claim: (reader, sought) => somePod(reader, sought, ({ claims }) => claims.has(sought.name)),
  resourceClaim: (reader, sought) =>
    somePod(reader, sought, ({ resourceClaims }) => resourceClaims.has(sought.name)),
  account: (reader, sought) =>
    somePod(reader, sought, (_, { spec }) => spec.serviceAccountName === sought.name),
  pod: (reader, { node, namespace, name }) =>
    reader.get(Pod, namespace, name)?.object.spec.nodeName === node,
  volume: (reader, { node, name }) => {
    const volume = reader.get(PersistentVolume, "", name)?.object;
    return volume !== undefined && usesVolume(reader, node, volume);
  },
  attachment: (reader, { node, name }) =>
    reader.get(VolumeAttachment, "", name)?.object.spec.nodeName === node,
  resourceSlice: (reader, { node, name }) =>
    reader.get(ResourceSlice, "", name)?.object.spec.nodeName === node,
} satisfies Readonly<Record<string, Relation>>;
