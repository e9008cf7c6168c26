import type { Disk, FileFacts } from "#base/disk.ts";
import { type FileUsage, noFiles } from "./pod-usage.ts";

interface Looking {
  readonly disk: Pick<Disk, "facts" | "list">;
  readonly signal: AbortSignal;
}

/**
 * What a folder takes with all that is in it, as `du -x` counts it: a file once, whatever its names;
 * nothing of what is mounted in it. Links are not followed. What goes meanwhile is left out.
 */
export async function fileUsage(path: string, { disk, signal }: Looking): Promise<FileUsage> {
  const top = await disk.facts(path);
  if (!top) return noFiles;
  const counted = new Set<number>();
  let bytes = 0;
  let inodes = 0;
  const count = ({ occupiedBytes, bytes: length, inode, names = 1, is }: FileFacts): void => {
    if (is !== "folder" && names > 1) {
      if (counted.has(inode)) return;
      counted.add(inode);
    }
    bytes += occupiedBytes ?? length;
    inodes++;
  };
  count(top);
  const folders = top.is === "folder" ? [path] : [];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const name of (await disk.list(folder)) ?? []) {
      signal.throwIfAborted();
      const facts = await disk.facts(`${folder}/${name}`);
      if (!facts || facts.device !== top.device) continue;
      count(facts);
      if (facts.is === "folder") folders.push(`${folder}/${name}`);
    }
  }
  return { bytes, inodes };
}
