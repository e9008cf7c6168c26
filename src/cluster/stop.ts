/** Stops a cluster: pods first and gently, then the processes, then what they left in the kernel. */
import { seconds } from "#base/clock.ts";
import type { Progress } from "#cli/progress.ts";
import { type Machine, supervisorOf } from "./launch.ts";
import { processesOf, removeCgroups, removeFolder, removeNetwork, unmountAll } from "./machine.ts";
import type { Places } from "./places.ts";
import { obstacle } from "./preflight.ts";
import { containerdService } from "./processes.ts";
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
  if (runtime.pid !== undefined) await progress.step("Pods", (say) => stopPods(stopping, say));
  await progress.step("Control plane", () => services.stop("control-plane", seconds(10)));
  await progress.step("Container runtime", () => services.stop("containerd", seconds(10)));
  await sweep(places, world);
}

/** Pods are stopped, not removed: after `up` the kubelet finds them and goes on. */
async function stopPods({ places, world }: Stopping, say: (detail: string) => void): Promise<void> {
  const { criRuntime } = await import("#kubelet/runtimes/cri.ts");
  using runtime = criRuntime({ socket: places.containerd.socket, clock: world.clock });
  const containers = await runtime.listContainers();
  const running = containers.filter(({ state }) => state === "running");
  say(`${running.length} containers`);
  await Promise.all(running.map(({ id }) => runtime.stopContainer(id, graceSeconds)));
  const sandboxes = await runtime.listSandboxes();
  await Promise.all(sandboxes.map(({ id }) => runtime.stopSandbox(id)));
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
  await progress.step("Pods", () => removePods(stopping));
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
  const { until } = await import("./processes.ts");
  using runtime = criRuntime({ socket: places.containerd.socket, clock: world.clock });
  const what = "containerd did not answer";
  const { clock } = world;
  const sandboxes = await until({ clock, signal: stopping.signal, what }, () =>
    runtime.listSandboxes(),
  );
  await Promise.all(
    sandboxes.map(async ({ id }) => {
      await runtime.stopSandbox(id);
      await runtime.removeSandbox(id);
    }),
  );
}
