/**
 * Giving a pod other resources while it runs: the node says whether, the control groups get them.
 * upstream: pkg/kubelet/kuberuntime/kuberuntime_manager.go#doPodResizeAction,
 * #validateMemoryResizeAction
 */
import { amountsOf, cpuAndMemoryOf } from "#api/core/resources.ts";
import { messageOf } from "#base/failure.ts";
import {
  containerResources,
  type GroupLimits,
  podGroupLimits,
  podGroupPath,
} from "../container/resources.ts";
import type { TaskOf } from "../pod/effects.ts";
import { findById, nothingRuns } from "../pod/observed.ts";
import { findContainer } from "../pod/pod-containers.ts";
import { done, type Job, type Performer, podOf } from "./job.ts";

type Task = TaskOf<"resize">;

export const allocate: Performer<"allocate"> = async ({ workshop }, { pod }) => {
  const { room, allocations } = workshop;
  const verdict = room.refusalOf(pod);
  if (verdict) return { ok: true, verdict };
  try {
    await allocations.grant(pod);
    room.changed("pod_resized");
    return done;
  } catch (error) {
    return { ok: false, message: messageOf(error) };
  }
};

/** A group is never smaller than what is in it: it grows first, and shrinks last. */
export const resize: Performer<"resize"> = async (job, task) => {
  const { runtime, cgroups, cgroupRoot, node, allocations } = job.workshop;
  const pod = podOf(job);
  const { resize: resizing, uid } = job.state;
  const path = podGroupPath(pod, cgroupRoot);
  const wanted = podGroupLimits(pod);
  try {
    const present = await cgroups.limits(path);
    await checkMemory(job, task, { present, wanted, path });
    await cgroups.ensure(path, present ? larger(present, wanted) : wanted);
    for (const { name, id } of task.containers) {
      const member = findContainer(pod, name);
      if (!member) continue;
      await runtime.updateContainer(id, containerResources(pod, member.container, node.machine()));
    }
    await cgroups.ensure(path, wanted);
    if (resizing) await allocations.settle(uid, resizing.allocation, task.containers);
    return done;
  } catch (error) {
    return { ok: false, message: messageOf(error) };
  }
};

/** What is not limited now stays so until the end. */
const larger = (present: GroupLimits, wanted: GroupLimits): GroupLimits => ({
  ...wanted,
  cpuShares: Math.max(present.cpuShares, wanted.cpuShares),
  cpuQuota: present.cpuQuota && wanted.cpuQuota ? Math.max(present.cpuQuota, wanted.cpuQuota) : 0,
  memoryBytes:
    present.memoryBytes && wanted.memoryBytes
      ? Math.max(present.memoryBytes, wanted.memoryBytes)
      : 0,
});

interface GroupChange {
  readonly path: string;
  readonly present: GroupLimits | undefined;
  readonly wanted: GroupLimits;
}

/** Who has less than it uses is killed by the kernel: such a limit waits. exact: kubelet */
async function checkMemory(job: Job, task: Task, change: GroupChange): Promise<void> {
  const problems = [
    ...(await podMemoryProblems(job, change)),
    ...(await containerMemoryProblems(job, task)),
  ];
  if (problems.length === 0) return;
  const listed = problems.length > 1 ? `[${problems.join(", ")}]` : problems.join();
  throw new Error(`cannot decrease memory limits: ${listed}`);
}

async function podMemoryProblems(job: Job, change: GroupChange): Promise<readonly string[]> {
  const [before, limit] = [change.present?.memoryBytes, change.wanted.memoryBytes];
  if (!before || !limit || limit >= before) return [];
  const bytes = (await job.workshop.cgroups.usage(change.path))?.memoryBytes ?? 0;
  if (bytes < limit) return [];
  return [`attempting to set pod memory limit (${limit}) below current usage (${bytes})`];
}

async function containerMemoryProblems(job: Job, { containers }: Task): Promise<readonly string[]> {
  const lowered = containers.filter(({ name, id }) => isLowered(job, name, id));
  const usages = lowered.length > 0 ? await job.workshop.runtime.listContainerStats() : [];
  return lowered.flatMap(({ name, id }) => {
    const limit = memoryLimitOf(findContainer(podOf(job), name)?.container.resources.limits);
    const bytes = usages.find((usage) => usage.id === id)?.memoryUsageBytes ?? 0;
    if (bytes < limit) return [];
    const which = `container ${JSON.stringify(name)} memory limit (${limit})`;
    return [`attempting to set ${which} below current usage (${bytes})`];
  });
}

function isLowered(job: Job, name: string, id: string): boolean {
  const now = findById(job.state.runtime ?? nothingRuns, id)?.resources?.limits;
  const wanted = findContainer(podOf(job), name)?.container.resources.limits;
  return memoryLimitOf(wanted) < memoryLimitOf(now);
}

const memoryLimitOf = (limits: Parameters<typeof amountsOf>[0]): number =>
  cpuAndMemoryOf(amountsOf(limits)).memoryBytes || Infinity;
