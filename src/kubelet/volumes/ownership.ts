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

interface TreeOwner {
  readonly gid: number;
  /** The whole tree is left alone when its root is the group's already. */
  readonly isOnceOnly: boolean;
}

/** Everything in it, whoever it belonged to. Links are left alone: they lead elsewhere. */
export async function ownTree(disk: Disk, path: string, owner: TreeOwner): Promise<void> {
  const root = await disk.facts(path);
  const isDone = root?.gid === owner.gid && (root.mode & setGroupId) !== 0;
  if (owner.isOnceOnly && isDone) return;
  await ownAll(disk, path, owner.gid);
}

async function ownAll(disk: Disk, path: string, gid: number): Promise<void> {
  const facts = await disk.facts(path);
  if (!facts || facts.is === "link") return;
  const isFolder = facts.is === "folder";
  await disk.setOwner(path, { uid: facts.uid, gid });
  await disk.setMode(path, (facts.mode & 0o7777) | (isFolder ? 0o770 | setGroupId : 0o660));
  if (!isFolder) return;
  for (const name of (await disk.list(path)) ?? []) await ownAll(disk, `${path}/${name}`, gid);
}

/** The mode of a file that the group may read. */
export const groupReadable = (mode: number, gid: number | undefined): number =>
  gid === undefined ? mode : mode | 0o440;
