/** Folders and groups of pods that nobody knows any more: an earlier kubelet was interrupted. */
import { ownerOf } from "./container/labels.ts";
import { podFolder, podMemoryFolder, podsFolder, volumesFolder } from "./paths.ts";
import type { Workshop } from "./tasks/job.ts";
import { releaseImages } from "./volumes/image.ts";

/**
 * `known`: uids of the pods that the API has. Those that the runtime has are left as well. Returns
 * those that somebody has to see off: a driver has to take their volumes away and may not be there
 * yet, or they would not go.
 */
export async function removeLeftovers(
  workshop: Workshop,
  known: Iterable<string | undefined>,
): Promise<readonly string[]> {
  const sandboxes = await workshop.runtime.listSandboxes();
  const kept = new Set([...known, ...sandboxes.map(({ labels }) => ownerOf(labels)?.uid)]);
  const held = await removeFolders(workshop, kept);
  await removeGroups(workshop, kept);
  return held;
}

type Uids = ReadonlySet<string | undefined>;

async function removeFolders(workshop: Workshop, kept: Uids): Promise<readonly string[]> {
  const { disk, folders, csi } = workshop;
  const held: string[] = [];
  for (const uid of (await disk.list(podsFolder(folders))) ?? []) {
    if (kept.has(uid)) continue;
    if (csi.has(uid)) held.push(uid);
    else if (!(await removeFolder(workshop, uid))) held.push(uid);
  }
  return held;
}

/** False when it would not go: one pod's remains are no reason for others not to run. */
async function removeFolder(workshop: Workshop, uid: string): Promise<boolean> {
  const { disk, folders, mounts, log } = workshop;
  try {
    await mounts.unmountBelow(podFolder(folders, uid));
    await releaseImages(uid, volumesFolder(folders, uid), workshop);
    await disk.remove(podMemoryFolder(folders, uid));
    await disk.remove(podFolder(folders, uid));
    return true;
  } catch (error) {
    log.warn("what is left of a pod cannot be removed yet", { uid, cause: String(error) });
    return false;
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
