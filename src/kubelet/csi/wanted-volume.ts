/** A pod's volume that a driver is to serve: a claim's, or one made for the pod alone. */
import type { PersistentVolume } from "#api/core/persistentvolume.ts";
import type { PersistentVolumeClaim } from "#api/core/persistentvolumeclaim.ts";
import type { Pod } from "#api/core/pod.ts";
import type { VolumeSource } from "#api/core/volume-sources.ts";
import { sha256Hex } from "#base/hash.ts";

interface SecretName {
  readonly namespace: string;
  readonly name: string;
}

export interface WantedVolume {
  readonly pod: Pod;
  /** As events call it. */
  readonly name: string;
  readonly driver: string;
  readonly volumeHandle: string;
  readonly mode: "Persistent" | "Ephemeral";
  /** A block device, not a folder. */
  readonly isDevice: boolean;
  readonly fsType: string;
  readonly isReadOnly: boolean;
  readonly attributes: Readonly<Record<string, string>>;
  readonly accessModes: readonly string[];
  readonly mountOptions: readonly string[];
  readonly secrets: { readonly [K in "stage" | "publish" | "expand"]?: SecretName | undefined };
  /** What a claim stands for; absent for a volume of the pod alone. */
  readonly bound?: { readonly volume: PersistentVolume; readonly claim: PersistentVolumeClaim };
}

type Persistent = NonNullable<PersistentVolume["spec"]["csi"]>;

interface ClaimUse {
  readonly pod: Pod;
  readonly volume: PersistentVolume;
  readonly claim: PersistentVolumeClaim;
  readonly isReadOnly: boolean;
}

export function wantedOfClaim(csi: Persistent, use: ClaimUse): WantedVolume {
  const { pod, volume, claim, isReadOnly } = use;
  return {
    pod,
    name: volume.metadata.name ?? "",
    driver: csi.driver,
    volumeHandle: csi.volumeHandle,
    mode: "Persistent",
    isDevice: volume.spec.volumeMode === "Block",
    fsType: csi.fsType ?? "",
    isReadOnly: isReadOnly || (csi.readOnly ?? false),
    attributes: csi.volumeAttributes ?? {},
    accessModes: volume.spec.accessModes ?? [],
    mountOptions: volume.spec.mountOptions ?? [],
    secrets: {
      stage: secretName(csi.nodeStageSecretRef),
      publish: secretName(csi.nodePublishSecretRef),
      expand: secretName(csi.nodeExpandSecretRef),
    },
    bound: { volume, claim },
  };
}

const secretName = (
  reference: Partial<Record<"namespace" | "name", string | undefined>> | undefined,
): SecretName | undefined =>
  reference && { namespace: reference.namespace ?? "", name: reference.name ?? "" };

export function wantedOfPod(
  csi: NonNullable<VolumeSource["csi"]>,
  { pod, name }: { readonly pod: Pod; readonly name: string },
): WantedVolume {
  const { namespace = "", uid = "" } = pod.metadata;
  const secret = csi.nodePublishSecretRef;
  return {
    pod,
    name,
    driver: csi.driver,
    // exact: kubelet
    volumeHandle: `csi-${sha256Hex(`${uid}${name}`)}`,
    mode: "Ephemeral",
    isDevice: false,
    fsType: csi.fsType ?? "",
    isReadOnly: csi.readOnly ?? false,
    attributes: csi.volumeAttributes ?? {},
    accessModes: ["ReadWriteOnce"],
    mountOptions: [],
    secrets: secret ? { publish: { namespace, name: secret.name ?? "" } } : {},
  };
}
