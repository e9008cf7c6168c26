/**
 * Where drivers' volumes lie, and what is written beside each so that a later kubelet knows what it
 * is. The layout is the one that drivers know.
 * upstream: pkg/volume/csi/csi_util.go, csi_attacher.go#makeDeviceMountPath
 */
import type { CsiSource } from "#api/storage/attachment.ts";
import type { Disk } from "#base/disk.ts";
import { sha256Hex } from "#base/hash.ts";
import { type Folders, pluginsFolder, podsFolder, volumesFolder } from "../paths.ts";

const type = "kubernetes.io~csi";
const dataFile = "vol_data.json";

/** Of all of a pod's volumes that drivers serve. */
export const podCsiFolder = (folders: Folders, uid: string): string =>
  `${volumesFolder(folders, uid)}/${type}`;

/** Where the driver is to put the volume for the pod. */
export const targetPath = (folder: string): string => `${folder}/mount`;

const stagingRoot = (folders: Folders): string => `${pluginsFolder(folders)}/kubernetes.io/csi`;

/** Of one volume of the node. */
export const stagingFolder = (folders: Folders, { driver, volumeHandle }: CsiSource): string =>
  `${stagingRoot(folders)}/${driver}/${sha256Hex(volumeHandle)}`;

/** Where the driver is to put the volume for all pods of the node. */
export const stagingPath = (folder: string): string => `${folder}/globalmount`;

/** exact: kubelet, the keys of the file */
export interface VolumeData {
  readonly driverName: string;
  readonly volumeHandle: string;
  readonly volumeLifecycleMode: "Persistent" | "Ephemeral";
  readonly specVolID: string;
  readonly nodeName: string;
  /** Empty when it needs no attachment. */
  readonly attachmentID: string;
}

export const sourceOf = ({ driverName, volumeHandle }: VolumeData): CsiSource => ({
  driver: driverName,
  volumeHandle,
});

export async function writeData(disk: Disk, folder: string, data: VolumeData): Promise<void> {
  await disk.makeFolder(folder, 0o750);
  await disk.write(`${folder}/${dataFile}`, `${JSON.stringify(data)}\n`, 0o644);
}

/** Undefined where nothing was begun. */
export async function readData(disk: Disk, folder: string): Promise<VolumeData | undefined> {
  const bytes = await disk.read(`${folder}/${dataFile}`);
  return bytes && (JSON.parse(new TextDecoder().decode(bytes)) as VolumeData);
}

export interface FoundVolume {
  readonly folder: string;
  readonly data: VolumeData;
}

/** What drivers have put into the folders of one pod. */
export const volumesOfPod = (disk: Disk, folders: Folders, uid: string) =>
  volumesIn(disk, podCsiFolder(folders, uid));

export async function stagedVolumes(disk: Disk, folders: Folders): Promise<readonly FoundVolume[]> {
  const root = stagingRoot(folders);
  const drivers = (await disk.list(root)) ?? [];
  const found = await Promise.all(drivers.map((driver) => volumesIn(disk, `${root}/${driver}`)));
  return found.flat();
}

export const podsWithFolders = async (disk: Disk, folders: Folders): Promise<readonly string[]> =>
  (await disk.list(podsFolder(folders))) ?? [];

async function volumesIn(disk: Disk, parent: string): Promise<readonly FoundVolume[]> {
  const found: FoundVolume[] = [];
  for (const name of (await disk.list(parent)) ?? []) {
    const folder = `${parent}/${name}`;
    const data = await readData(disk, folder);
    if (data) found.push({ folder, data });
  }
  return found;
}
