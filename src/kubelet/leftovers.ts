/** Folders and groups of pods that nobody knows any more: an earlier kubelet was interrupted. */
import { ownerOf } from "./container/labels.ts";
import { podFolder, podMemoryFolder, podsFolder } from "./paths.ts";
import type { Workshop } from "./tasks/job.ts";

/** `known`: uids of the pods that the API has. Those that the runtime has are left as well. */
export async function removeLeftovers(
  workshop: Workshop,
  known: Iterable<string | undefined>,
): Promise<void> {
  const sandboxes = await workshop.runtime.listSandboxes();
  const kept = new Set([...known, ...sandboxes.map(({ labels }) => ownerOf(labels)?.uid)]);
  await removeFolders(workshop, kept);
  await removeGroups(workshop, kept);
}

type Uids = ReadonlySet<string | undefined>;

async function removeFolders({ disk, folders, mounts }: Workshop, kept: Uids): Promise<void> {
  for (const uid of (await disk.list(podsFolder(folders))) ?? []) {
    if (kept.has(uid)) continue;
    await mounts.unmountBelow(podFolder(folders, uid));
    await disk.remove(podMemoryFolder(folders, uid));
    await disk.remove(podFolder(folders, uid));
  }
}

async function removeGroups({ cgroups, cgroupRoot }: Workshop, kept: Uids): Promise<void> {
  for (const parent of ["", "/burstable", "/besteffort"]) {
    for (const name of await cgroups.list(`${cgroupRoot}${parent}`)) {
      const isLeftover = name.startsWith("pod") && !kept.has(name.slice("pod".length));
      if (isLeftover) await cgroups.remove(`${cgroupRoot}${parent}/${name}`);
    }
  }
}
