/** Making a pod's sandbox. */
import { RuntimeClass } from "#api/node/runtimeclass.ts";
import type { Pod } from "#api/core/pod.ts";
import { messageOf } from "#base/failure.ts";
import { podGroupLimits, podGroupPath } from "../container/resources.ts";
import { sandboxConfig } from "../container/sandbox-config.ts";
import { podLogFolder, seccompFolder } from "../paths.ts";
import type { SandboxConfig } from "../runtime.ts";
import { done, type Job, type Performer, podOf } from "./job.ts";

export const runSandbox: Performer<"runSandbox"> = async (job, { attempt }) => {
  const { runtime, cgroups, cgroupRoot, disk } = job.workshop;
  const pod = podOf(job);
  try {
    await job.workshop.devices.prepare(pod);
  } catch (error) {
    const reason = "FailedPrepareDynamicResources";
    return { ok: false, reason, message: messageOf(error) };
  }
  try {
    // To run it as if nothing had been said would take away what protects the node.
    if (pod.spec.hostUsers === false) throw new Error("user namespaces are not supported");
    const config = await configOf(job, attempt);
    await disk.makeFolder(config.logDirectory, 0o755);
    await cgroups.ensure(podGroupPath(pod, cgroupRoot), podGroupLimits(pod));
    await runtime.runSandbox(config, await handlerOf(job, pod));
    return done;
  } catch (error) {
    return { ok: false, message: messageOf(error) };
  }
};

/** The same for the sandbox itself and for everything that is made in it. */
export async function configOf(job: Job, attempt: number): Promise<SandboxConfig> {
  const { folders, node, cgroupRoot } = job.workshop;
  const pod = podOf(job);
  return sandboxConfig({
    pod,
    attempt,
    logFolder: podLogFolder(folders, job.state),
    cgroupParent: podGroupPath(pod, cgroupRoot),
    seccompFolder: seccompFolder(folders),
    dns: await node.dns(),
  });
}

async function handlerOf({ workshop }: Job, { spec }: Pod): Promise<string> {
  const name = spec.runtimeClassName;
  if (!name) return "";
  const found = await workshop.objects.get(RuntimeClass, { name });
  // exact: kubelet
  if (!found) throw new Error(`RuntimeClass ${JSON.stringify(name)} not found`);
  return found.handler;
}
