import type { TestContext } from "node:test";
import type { Container } from "#api/core/container.ts";
import { Event } from "#api/core/event.ts";
import type { PodSpec } from "#api/core/pod-spec.ts";
import { Pod } from "#api/core/pod.ts";
import { seconds } from "#base/clock.ts";
import { silent } from "#base/log.ts";
import { seededRandom } from "#base/random.ts";
import { VirtualClock } from "#sim/clock.ts";
import type { GroupLimits } from "../container/resources.ts";
import { FakeDriver } from "../csi/testing.ts";
import type { EvictionSettings } from "../eviction/thresholds.ts";
import { createKubelet } from "../kubelet.ts";
import { containerWith } from "../pod/testing.ts";
import type { GroupUsage } from "../ports.ts";
import { MemoryRuntime, type Program } from "../runtimes/memory.ts";
import { MemoryClient, MemoryDisk } from "../testing.ts";

type Parts<T> = { readonly [K in keyof T]?: T[K] };

/** A whole kubelet on an imagined machine, in virtual time, against an API of plain maps. */
export class Machine {
  readonly clock = new VirtualClock();
  readonly client = new MemoryClient((_at, object) => ({
    ...object,
    status: { token: "jwt", expirationTimestamp: "2031-01-01T00:00:00Z" },
  }));
  readonly disk = new MemoryDisk();
  readonly groups = new Map<string, GroupLimits>();
  readonly programs = new Map<string, Program>();
  readonly runtime = new MemoryRuntime({
    clock: this.clock,
    images: ["app:1"],
    programOf: ({ metadata }) => this.programs.get(metadata.name) ?? { stopsWith: 0 },
  });
  #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();

  readonly driver = new FakeDriver();

  async start(eviction?: EvictionSettings): Promise<void> {
    this.#stop = new AbortController();
    const kubelet = createKubelet({
      client: this.client,
      runtime: this.runtime,
      disk: this.disk,
      mounts: {
        tmpfs: async () => undefined,
        layers: async () => undefined,
        isMounted: async () => false,
        unmountBelow: async () => undefined,
      },
      cgroups: {
        version: 2,
        ensure: async (path, limits) => void this.groups.set(path, limits),
        limits: async (path) => this.groups.get(path),
        remove: async (path) => void this.groups.delete(path),
        list: async (path) =>
          [...this.groups.keys()]
            .filter((name) => name.startsWith(`${path}/`))
            .map((name) => name.slice(path.length + 1))
            .filter((name) => !name.includes("/")),
        usage: async (path) => (path === "/" ? this.#usage() : undefined),
        details: async () => undefined,
        traffic: async () => undefined,
      },
      http: {
        call: async () => Promise.reject(new Error("no")),
        upgrade: async () => Promise.reject(new Error("no")),
      },
      connect: async () => Promise.reject(new Error("no")),
      grpcHealth: async () => "SERVING",
      openChannel: this.driver.openChannel,
      csiEndpointOf: () => "/run/csi.sock",
      machine: async () => machineFacts,
      clock: this.clock,
      random: seededRandom(1),
      log: silent,
      nodeName: "n1",
      version: "v1.36.0",
      folders: { root: "/kubelet", logs: "/logs", logLinks: "/links", cniConfig: "/cni" },
      network: { bridge: "br", masquerades: true },
      podsMax: 3,
      ...(eviction ? { eviction } : {}),
    });
    this.#running = kubelet.run(this.#stop.signal);
    await this.clock.advance(seconds(1));
  }

  /** A quarter of its memory is its own. */
  async #usage(): Promise<GroupUsage> {
    const stats = await this.runtime.listContainerStats();
    const own = machineFacts.memoryBytes / 4;
    const used = stats.reduce((sum, one) => sum + one.memoryWorkingSetBytes, own);
    return { cpuNanoseconds: 0, memoryBytes: used, workingSetBytes: used };
  }

  async end(): Promise<void> {
    this.#stop.abort();
    await this.clock.advance(seconds(1));
    await this.#running;
  }

  async create(name: string, spec: Parts<PodSpec> = {}, app: Parts<Container> = {}): Promise<Pod> {
    const created = await this.client.create(Pod, {
      metadata: { namespace: "default", name, generation: 1 },
      spec: {
        nodeName: "n1",
        restartPolicy: "Always",
        containers: [containerWith("app", app)],
        ...spec,
      },
      status: { phase: "Pending" },
    } as never);
    await this.clock.advance(100);
    return created;
  }

  find(name: string): Pod | undefined {
    return this.client.all(Pod).find(({ metadata }) => metadata.name === name);
  }

  isReady(name: string): boolean {
    const { conditions = [] } = this.find(name)?.status ?? {};
    return conditions.some(({ type, status }) => type === "Ready" && status === "True");
  }

  events(name: string): readonly string[] {
    return this.client
      .all(Event)
      .filter(({ involvedObject }) => involvedObject.name === name)
      .map(({ reason, message }) => `${reason}: ${message}`);
  }
}

export const machineFacts = {
  hostname: "n1",
  addresses: ["10.0.0.1", "10.0.0.2", "fd00::1"],
  cpus: 2,
  memoryBytes: 4 * 2 ** 30,
  machineId: "m",
  systemUuid: "s",
  bootId: "b",
  kernelVersion: "6",
  osImage: "Imagined",
  architecture: "amd64",
};

export async function machine(context: TestContext, eviction?: EvictionSettings): Promise<Machine> {
  const made = new Machine();
  context.after(() => made.end());
  await made.start(eviction);
  return made;
}
