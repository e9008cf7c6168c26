/**
 * A file or folder of the node itself.
 * upstream: pkg/volume/hostpath/host_path.go
 */
import type { Disk, FileFacts } from "#base/disk.ts";
import { defineVolume, VolumeError } from "./volume.ts";

export const hostPath = defineVolume({
  of: "hostPath",
  folder: "kubernetes.io~host-path",
  setUp: async ({ path, type = "" }, { disk }) => {
    await checkType(disk, path, type);
    return { path, isReadOnly: false };
  },
});

/** How errors call what is wanted, and what files may be called so. exact: kubelet */
const wanted: Readonly<Record<string, readonly [what: string, is: FileFacts["is"]]>> = {
  Directory: ["a directory", "folder"],
  DirectoryOrCreate: ["a directory", "folder"],
  File: ["a file", "file"],
  FileOrCreate: ["a file", "file"],
  Socket: ["a socket file", "socket"],
  CharDevice: ["a character device", "device"],
  BlockDevice: ["a block device", "device"],
};

export async function checkType(disk: Disk, path: string, type: string): Promise<void> {
  const [what, is] = wanted[type] ?? [];
  if (!what) return;
  const found = await disk.facts(path);
  if (!found && type === "DirectoryOrCreate") return disk.makeFolder(path, 0o755);
  if (!found && type === "FileOrCreate") return disk.write(path, "", 0o644);
  // A link is what it leads to; the runtime follows it as well.
  if (found?.is !== is && found?.is !== "link")
    throw new VolumeError(`hostPath type check failed: ${path} is not ${what}`);
}
