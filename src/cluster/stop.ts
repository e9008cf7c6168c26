/** Stops a cluster: pods first and gently, then the processes, then what they left in the kernel. */
import { seconds } from "#base/clock.ts";
import { messageOf } from "#base/failure.ts";
import type { Progress } from "#cli/progress.ts";
import { type Machine, supervisorOf } from "./launch.ts";
import { processesOf, removeCgroups, removeFolder, removeNetwork, unmountAll } from "./machine.ts";
import type { Places } from "./places.ts";
import { obstacle } from "./preflight.ts";
import { containerdService, until } from "./processes.ts";
import type { World } from "./world.ts";

/** What a container gets to end by itself. */
const graceSeconds = 10;

type Stopping = Pick<Machine, "places" | "world" | "signal">;

/** Leaves the data. */
export async function stopCluster(stopping: Stopping, progress: Progress): Promise<void> {
  const { places, world } = stopping;
  const services = supervisorOf(stopping);
  // The kubelet first: it would start again what is being stopped.
  await progress.step("Node", () => services.stop("node", seconds(10)));
  const runtime = await services.state("containerd");
  if (runtime.pid !== undefined)
    await gently(progress, () => progress.step("Pods", (say) => stopPods(stopping, say)));
  await progress.step("Control plane", () => services.stop("control-plane", seconds(10)));
  await progress.step("Container runtime", () => services.stop("containerd", seconds(10)));
  await sweep(places, world);
}

/** Pods are stopped, not removed: after `up` the kubelet finds them and goes on. */
async function stopPods(stopping: Stopping, say: (detail: string) => void): Promise<void> {
  const { places, world } = stopping;
  const { criRuntime } = await import("#kubelet/runtimes/cri.ts");
  using runtime = criRuntime({ socket: places.containerd.socket, clock: world.clock });
  const containers = await runtime.listContainers();
  const running = containers.filter(({ state }) => state === "running");
  say(`${running.length} containers`);
  await Promise.all(running.map(({ id }) => runtime.stopContainer(id, graceSeconds)));
  const sandboxes = await runtime.listSandboxes();
  await Promise.all(sandboxes.map(({ id }) => insist(stopping, () => runtime.stopSandbox(id))));
}

/** A runtime that is broken must not keep a cluster from being stopped: the sweep takes the rest. */
async function gently(progress: Progress, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    const why = messageOf(cause);
    progress.note(`  pods are not stopped by the container runtime but killed: ${why}`);
  }
}

/**
 * Again and again: what the kubelet had just begun goes on in the runtime for a moment, and until
 * then a container "is in starting state, can't be removed".
 */
async function insist({ world, signal }: Stopping, act: () => Promise<void>): Promise<void> {
  const what = "the container runtime did not let go of a pod";
  await until(
    { clock: world.clock, signal, what, timeoutMs: seconds(20), pollMs: 100 },
    async () => {
      await act();
      return true;
    },
  );
}

/** What a crash may have left: shims, mounts, interfaces, rules. */
async function sweep(places: Places, { processes }: World): Promise<void> {
  for (const pid of await processesOf(places)) processes.signal(pid, "SIGKILL");
  // Without root there were no containers.
  if (obstacle() === undefined) {
    await unmountAll([places.run, places.data], processes);
    await removeNetwork(places.instance, processes);
    await removeCgroups(places.instance);
  }
  await removeFolder(places.run);
}

/** Removes everything the cluster ever made, with its data. */
export async function resetCluster(stopping: Stopping, progress: Progress): Promise<void> {
  const { places, world } = stopping;
  await gently(progress, () => progress.step("Pods", () => removePods(stopping)));
  await stopCluster(stopping, progress);
  await progress.step("Files", async () => {
    await unmountAll([places.data], world.processes);
    await removeFolder(places.data);
  });
}

/** Through the runtime, so that the network plugins give back addresses and ports. */
async function removePods(stopping: Stopping): Promise<void> {
  const { places, world } = stopping;
  const services = supervisorOf(stopping);
  await services.stop("node", seconds(10));
  const hasRuntime = (await world.disk.facts(places.containerd.config)) !== undefined;
  if (!hasRuntime) return;
  await services.ensure(containerdService(places));
  const { criRuntime } = await import("#kubelet/runtimes/cri.ts");
  using runtime = criRuntime({ socket: places.containerd.socket, clock: world.clock });
  const what = "containerd did not answer";
  const { clock } = world;
  const sandboxes = await until({ clock, signal: stopping.signal, what }, () =>
    runtime.listSandboxes(),
  );
  await Promise.all(
    sandboxes.map(({ id }) =>
      insist(stopping, async () => {
        await runtime.stopSandbox(id);
        await runtime.removeSandbox(id);
      }),
    ),
  );
}
