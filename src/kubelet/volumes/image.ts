/**
 * The files of an image, read-only. The folder is made here; the image is pulled and laid over it
 * before the first container that mounts it starts (pod/image-volumes.ts). That there is a folder
 * says that layers may be held for it.
 * upstream: KEP-4639
 */
import type { Disk } from "#base/disk.ts";
import type { ContainerRuntime } from "../runtime.ts";
import { defineVolume } from "./volume.ts";

const typeFolder = "kubernetes.io~image";

export const image = defineVolume({
  of: "image",
  folder: typeFolder,
  setUp: async (_source, { folder, disk }) => {
    if ((await disk.facts(folder)) === undefined) await disk.makeFolder(folder, 0o755);
    return { path: folder, isReadOnly: true, isSealed: true };
  },
});

/** Who holds the layers of a pod's volume in the runtime. */
export const layersKey = (uid: string, volume: string): string => `k8ts/volumes/${uid}/${volume}`;

export interface ImageHolder {
  readonly disk: Disk;
  readonly runtime: Pick<ContainerRuntime, "releaseLayers">;
}

/** Of all volumes of a pod whose volumes lie in `folder`. Nothing of them is mounted any more. */
export async function releaseImages(
  uid: string,
  folder: string,
  { disk, runtime }: ImageHolder,
): Promise<void> {
  for (const volume of (await disk.list(`${folder}/${typeFolder}`)) ?? [])
    await runtime.releaseLayers(layersKey(uid, volume));
}
