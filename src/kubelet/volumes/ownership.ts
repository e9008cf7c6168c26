/**
 * Whose files are: with an fsGroup, the group may do what the owner may.
 * upstream: pkg/volume/volume_linux.go
 */
import type { Pod } from "#api/core/pod.ts";
import type { Disk } from "#base/disk.ts";

export const groupOf = ({ spec }: Pod): number | undefined => spec.securityContext?.fsGroup;

interface FolderOwner {
  readonly mode: number;
  readonly gid: number | undefined;
}

const setGroupId = 0o2000;

/** New files in it belong to the group as well. */
export async function ownFolder(disk: Disk, path: string, { mode, gid }: FolderOwner) {
  if (gid !== undefined) await disk.setOwner(path, { uid: 0, gid });
  await disk.setMode(path, gid === undefined ? mode : mode | 0o770 | setGroupId);
}

/** The mode of a file that the group may read. */
export const groupReadable = (mode: number, gid: number | undefined): number =>
  gid === undefined ? mode : mode | 0o440;
