/** Giving back what a pod held, and removing every trace of it. */
import { messageOf } from "#base/failure.ts";
import { containerNameOf, ofPod } from "../container/labels.ts";
import { podGroupPath } from "../container/resources.ts";
import { logLink, logPath, podFolder, podLogFolder, podMemoryFolder } from "../paths.ts";
import { findById, nothingRuns } from "../pod/observed.ts";
import { unmountVolumes } from "../volumes/pod-volumes.ts";
import { done, type Job, type Performer } from "./job.ts";
import { volumeOptions } from "./volumes.ts";

export const release: Performer<"release"> = async (job) => {
  const { workshop, state } = job;
  const { cgroups, cgroupRoot, tokens, devices } = workshop;
  try {
    await unmountVolumes(job.state.uid, volumeOptions(job));
    if (mayHaveDevices(state)) await devices.unprepare(state.uid);
    for (const path of groupPaths(job, cgroupRoot)) await cgroups.remove(path);
    tokens.forget(state.uid);
    return done;
  } catch (error) {
    return { ok: false, message: messageOf(error) };
  }
};

/** Of a pod that is only known by its containers it is not known. */
const mayHaveDevices = ({ pod }: Job["state"]): boolean =>
  !pod || (pod.spec.resourceClaims ?? []).length > 0;

/** Of a pod that is only known by its containers, the class is not known: it is one of three. */
function groupPaths({ state }: Job, root: string): readonly string[] {
  if (state.pod) return [podGroupPath(state.pod, root)];
  const own = `pod${state.uid}`;
  return [`${root}/${own}`, `${root}/burstable/${own}`, `${root}/besteffort/${own}`];
}

export const remove: Performer<"remove"> = async (job) => {
  const { runtime, disk, folders, allocations } = job.workshop;
  const { state } = job;
  try {
    for (const { id, labels } of await runtime.listContainers(ofPod(state.uid))) {
      await runtime.removeContainer(id);
      const link = { pod: state, container: containerNameOf(labels), id };
      await disk.remove(logLink(folders, link));
    }
    for (const { id } of await runtime.listSandboxes(ofPod(state.uid))) {
      await runtime.stopSandbox(id);
      await runtime.removeSandbox(id);
    }
    await disk.remove(podLogFolder(folders, state));
    await disk.remove(podMemoryFolder(folders, state.uid));
    await disk.remove(podFolder(folders, state.uid));
    allocations.forget(state.uid);
    return done;
  } catch (error) {
    return { ok: false, message: messageOf(error) };
  }
};

export const removeContainer: Performer<"removeContainer"> = async (job, { id }) => {
  const { runtime, disk, folders } = job.workshop;
  const container = findById(job.state.runtime ?? nothingRuns, id);
  try {
    await runtime.removeContainer(id);
    if (container) {
      const of = { pod: job.state, container: container.name };
      await disk.remove(logLink(folders, { ...of, id }));
      await removeLogs(job, logPath(folders, { ...of, attempt: container.restartCount }));
    }
    return done;
  } catch (error) {
    return { ok: false, message: messageOf(error) };
  }
};

/** With the rotated ones, which have the time behind their name. */
async function removeLogs({ workshop }: Job, path: string): Promise<void> {
  const { disk } = workshop;
  const folder = path.slice(0, path.lastIndexOf("/"));
  const name = path.slice(folder.length + 1);
  for (const present of (await disk.list(folder)) ?? [])
    if (present === name || present.startsWith(`${name}.`))
      await disk.remove(`${folder}/${present}`);
}
