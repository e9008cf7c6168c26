/**
 * A type of volume: how its content comes to lie on the node. One file each; the catalogue lists
 * them. Some are folders of files made by us (`files`), the others are put in place (`setUp`).
 */
import type { ConfigMap } from "#api/core/configmap.ts";
import type { PersistentVolume } from "#api/core/persistentvolume.ts";
import type { PersistentVolumeClaim } from "#api/core/persistentvolumeclaim.ts";
import type { Pod } from "#api/core/pod.ts";
import type { Secret } from "#api/core/secret.ts";
import type { ServiceAccountTokenProjection, VolumeSource } from "#api/core/volume-sources.ts";
import type { Disk } from "#base/disk.ts";
import type { Addresses } from "../container/field-path.ts";
import type { MountedVolume } from "../container/mounts.ts";
import type { CsiVolumes } from "../csi/csi-volumes.ts";

/** File systems of our own making. */
export interface Mounts {
  /**
   * Folders over each other, the topmost first: read-only, and nothing in them can be executed.
   * Nothing happens when there is a file system at `path` already, which is an empty folder else.
   */
  readonly layers: (path: string, folders: readonly string[]) => Promise<void>;
  /** A file system in memory; nothing happens when there is one at `path` already. */
  readonly tmpfs: (path: string, options?: { readonly sizeBytes?: number }) => Promise<void>;
  readonly isMounted: (path: string) => Promise<boolean>;
  /** Everything mounted at `path` or below it. */
  readonly unmountBelow: (path: string) => Promise<void>;
}

/** Objects that volumes show. Undefined when there is no such object. */
export interface VolumeObjects {
  readonly configMap: (namespace: string, name: string) => Promise<ConfigMap | undefined>;
  readonly secret: (namespace: string, name: string) => Promise<Secret | undefined>;
  readonly claim: (namespace: string, name: string) => Promise<PersistentVolumeClaim | undefined>;
  readonly persistentVolume: (name: string) => Promise<PersistentVolume | undefined>;
  /** A token of the pod's service account, bound to the pod. */
  readonly token: (pod: Pod, projection: ServiceAccountTokenProjection) => Promise<Token>;
}

export interface Token {
  readonly token: string;
  /** When to ask for the next one. */
  readonly refreshAtMs: number;
  readonly expiresAtMs: number;
}

export interface VolumeContext {
  readonly pod: Pod;
  /** Of the volume, in the pod. */
  readonly name: string;
  /** The volume's own place on disk; it may not exist yet. */
  readonly folder: string;
  readonly disk: Disk;
  readonly mounts: Mounts;
  readonly objects: VolumeObjects;
  readonly csi: Pick<CsiVolumes, "setUp" | "tearDown">;
  readonly addresses: Addresses;
  readonly allocatable: { readonly [name: string]: string };
}

export interface VolumeFile {
  /** Below the volume. */
  readonly path: string;
  readonly content: string | Uint8Array;
  readonly mode: number;
  /** Root unless said. */
  readonly uid?: number;
}

export interface VolumeFiles {
  readonly files: readonly VolumeFile[];
  /** When the content is due for renewal although no object changed. */
  readonly refreshAtMs?: number;
}

type SourceOf<K extends keyof VolumeSource> = NonNullable<VolumeSource[K]>;

interface Common<K extends keyof VolumeSource> {
  /** The member of the volume's source that makes it one of this type. */
  readonly of: K;
  /** Its folder in the pod's: `kubernetes.io~secret`. */
  readonly folder: string;
}

export interface FilesVolume<K extends keyof VolumeSource> extends Common<K> {
  readonly files: (source: SourceOf<K>, context: VolumeContext) => Promise<VolumeFiles>;
}

export type PlacedResult = MountedVolume & {
  /** When it is to be put in place again, although nothing changed. */
  readonly refreshAtMs?: number;
};

export interface PlacedVolume<K extends keyof VolumeSource> extends Common<K> {
  /** Idempotent: also finds what an earlier kubelet put there. */
  readonly setUp: (source: SourceOf<K>, context: VolumeContext) => Promise<PlacedResult>;
}

export type VolumeType<K extends keyof VolumeSource = keyof VolumeSource> =
  | FilesVolume<K>
  | PlacedVolume<K>;

export const defineVolume = <K extends keyof VolumeSource>(type: VolumeType<K>): VolumeType<K> =>
  Object.freeze(type);

/** A volume cannot be put in place; the message goes into an event. */
export class VolumeError extends Error {
  override readonly name = "VolumeError";
  readonly details: VolumeErrorDetails;

  constructor(message: string, { cause, ...details }: VolumeErrorDetails & ErrorOptions = {}) {
    super(message, { cause });
    this.details = details;
  }
}

export interface VolumeErrorDetails {
  /** As events call the volume, when that is not its name in the pod. */
  readonly volume?: string;
  /** What failed; SetUp unless said. */
  readonly step?: "MountDevice" | "SetUp";
  /** Nothing is wrong: others have to do something first, and there will be news of it. */
  readonly waits?: boolean;
}
