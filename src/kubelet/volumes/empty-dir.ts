/**
 * A folder that lives as long as the pod, on disk or in memory. In memory it grows no bigger than its
 * sizeLimit; on disk the pod is evicted when it does (`eviction/storage-limits.ts`).
 */
import { bytesOf } from "#base/quantity.ts";
import { groupOf, ownFolder } from "./ownership.ts";
import { defineVolume, VolumeError } from "./volume.ts";

export const emptyDir = defineVolume({
  of: "emptyDir",
  folder: "kubernetes.io~empty-dir",
  setUp: async ({ medium = "", sizeLimit }, { pod, folder, disk, mounts }) => {
    const path = folder;
    if (medium !== "" && medium !== "Memory")
      throw new VolumeError(`unknown storage medium ${JSON.stringify(medium)}`);
    const isNew = (await disk.facts(path)) === undefined;
    if (isNew) await disk.makeFolder(path, 0o777);
    if (medium === "Memory") {
      const sizeBytes = sizeLimit === undefined ? 0 : bytesOf(sizeLimit);
      await mounts.tmpfs(path, sizeBytes > 0 ? { sizeBytes } : {});
    }
    if (isNew) await ownFolder(disk, path, { mode: 0o777, gid: groupOf(pod) });
    return { path, isReadOnly: false };
  },
});
