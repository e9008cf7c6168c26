/**
 * The container runtime of a simulated node: the kubelet's own one in memory, with containers that
 * take their time, fail, write logs and answer probes as the rules say.
 */
import { type Clock, sleep } from "#base/clock.ts";
import { ForkMap } from "#base/fork-map.ts";
import type { Random } from "#base/random.ts";
import type { GroupDetails } from "#kubelet/group-details.ts";
import {
  type Execution,
  MemoryRuntime,
  type MemoryRuntimeOptions,
  type Program,
} from "#kubelet/runtimes/memory.ts";
import {
  type ContainerConfig,
  type ContainerRuntime,
  type CreateContainer,
  RuntimeError,
} from "#kubelet/runtime.ts";
import { AddressPool } from "./address-pool.ts";
import type { Behaviour, Behaviours, Traits } from "./behaviour.ts";
import { type Demand, demandOf } from "./demand.ts";
import {
  ageMs,
  drawInstance,
  type Instance,
  isWell,
  started,
  stopped,
  writtenBytes,
} from "./instance.ts";
import { logLines } from "./log-lines.ts";
import type { MemoryDisk } from "./memory-disk.ts";
import type { Listener, PodNetwork } from "./pod-network.ts";
import { drawSpan, type Span } from "./span.ts";
import { courseAt, cpuNanosecondsOf, statsOf } from "./usage.ts";

export interface SimulatedRuntimeOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly behaviours: Behaviours;
  readonly network: PodNetwork;
  readonly disk: MemoryDisk;
  readonly node: string;
  /** For pods in the node's own network. */
  readonly nodeAddress: string;
}

export interface SimulatedRuntime extends ContainerRuntime {
  /** The machine lost power: nothing runs, and what was runs no more. */
  readonly powerOff: () => void;
  /** The same containers on a twin of the machine. They go on there once it resumes. */
  readonly fork: (options: SimulatedRuntimeOptions) => SimulatedRuntime;
  readonly resume: () => void;
  /** By uid. */
  readonly runningPods: () => readonly string[];
  /** Of all containers, on the machine. */
  readonly demand: () => Demand;
  /** What the containers of one pod use, by uid. */
  readonly groupOf: (uid: string) => GroupDetails;
}

/** What is known of a container beside what its runtime knows. Shared with forks: replaced whole. */
interface Kept extends Instance {
  readonly sandboxId: string;
  readonly ports: ReadonlySet<number>;
  readonly logPath: string;
  readonly logs: readonly string[];
  readonly podUid: string;
  readonly exec: Behaviour["exec"];
}

export function simulatedRuntime(options: SimulatedRuntimeOptions): SimulatedRuntime {
  return new Machine(options).runtime;
}

class Machine {
  readonly #options: SimulatedRuntimeOptions;
  readonly #memory: MemoryRuntime;
  readonly #programs = new WeakMap<ContainerConfig, Program>();
  readonly #instances: ForkMap<string, Kept>;
  /** By sandbox; undefined in the node's network. */
  readonly #addresses: ForkMap<string, string | undefined>;
  /** By sandbox: that the network knows who listens there. */
  readonly #joined = new Map<string, Disposable>();
  readonly #pool: AddressPool;

  constructor(options: SimulatedRuntimeOptions, origin?: Machine) {
    this.#options = options;
    const { clock } = options;
    const memory: MemoryRuntimeOptions = {
      clock,
      programOf: (config) => this.#programs.get(config) ?? {},
      pullable: (image) => this.#draw(this.#rulesOf(image).pullMs ?? 0),
      nextIp: () => this.#pool.next(),
      exec: (id, command) => this.#exec(id, command),
    };
    this.#memory = origin ? origin.#memory.fork(memory) : new MemoryRuntime(memory);
    this.#instances = origin ? origin.#instances.fork() : new ForkMap();
    this.#addresses = origin ? origin.#addresses.fork() : new ForkMap();
    this.#pool = origin ? origin.#pool.fork() : new AddressPool();
  }

  #resume(): void {
    this.#memory.resume();
    for (const [id, own] of this.#addresses) this.#join(id, own);
  }

  get runtime(): SimulatedRuntime {
    const memory: ContainerRuntime = this.#memory;
    return {
      ...memory,
      version: async () => ({ runtimeName: "simulated", runtimeVersion: "1" }),
      status: () => this.#status(),
      updatePodCidr: async (podCidrs) => this.#pool.use(podCidrs),
      runSandbox: (config) => this.#runSandbox(config),
      stopSandbox: async (id) => {
        await this.#memory.stopSandbox(id);
        this.#leave(id);
      },
      removeSandbox: async (id) => {
        await this.#memory.removeSandbox(id);
        this.#leave(id);
      },
      imageStatus: (image) => this.#imageStatus(image),
      pullImage: async (request) => {
        const { pullError } = this.#rulesOf(request.image);
        if (pullError !== undefined) throw new RuntimeError("NotFound", pullError);
        return this.#memory.pullImage(request);
      },
      createContainer: (request) => this.#create(request),
      startContainer: (id) => this.#start(id),
      stopContainer: (id, timeoutSeconds) => this.#stop(id, timeoutSeconds),
      removeContainer: async (id) => {
        await this.#memory.removeContainer(id);
        this.#instances.delete(id);
      },
      listContainerStats: () => this.#stats(),
      powerOff: () => this.#powerOff(),
      fork: (options) => new Machine(options, this).runtime,
      resume: () => this.#resume(),
      runningPods: () => this.#runningPods(),
      demand: () => demandOf(this.#instances.values(), this.#options.clock.now()),
      groupOf: (uid) => this.#groupOf(uid),
    };
  }

  #draw(span: Span): number {
    return drawSpan(span, this.#options.random);
  }

  #rulesOf(image: string): Behaviour {
    return this.#options.behaviours.ofImage(image, this.#options.node);
  }

  async #imageStatus(name: string): ReturnType<ContainerRuntime["imageStatus"]> {
    const image = await this.#memory.imageStatus(name);
    const { imageUser } = this.#rulesOf(image?.repoTags[0] ?? name);
    return image && imageUser !== undefined ? { ...image, uid: imageUser } : image;
  }

  /** There is no network before it is known which addresses are ours. */
  async #status(): ReturnType<ContainerRuntime["status"]> {
    const status = await this.#memory.status();
    if (this.#pool.isReady) return status;
    const conditions = status.conditions.map((condition) =>
      condition.type === "NetworkReady"
        ? { ...condition, status: false, reason: "NetworkPluginNotReady", message: "no pod CIDR" }
        : condition,
    );
    return { ...status, conditions };
  }

  readonly #runSandbox: ContainerRuntime["runSandbox"] = async (config) => {
    const id = await this.#memory.runSandbox(config);
    const own = (await this.#memory.sandboxStatus(id))?.ips[0];
    this.#addresses.set(id, own);
    this.#join(id, own);
    return id;
  };

  #join(sandboxId: string, own: string | undefined): void {
    const { network, nodeAddress } = this.#options;
    const listener: Listener = (port) => this.#answer(sandboxId, port);
    this.#joined.set(sandboxId, network.join(own ?? nodeAddress, listener));
  }

  #leave(sandboxId: string): void {
    if (!this.#addresses.has(sandboxId)) return;
    const own = this.#addresses.get(sandboxId);
    this.#addresses.delete(sandboxId);
    this.#joined.get(sandboxId)?.[Symbol.dispose]();
    this.#joined.delete(sandboxId);
    if (own) this.#pool.giveBack(own);
  }

  async #create(request: CreateContainer): Promise<string> {
    const { config, sandbox, sandboxId } = request;
    const traits = traitsOf(request, this.#options.node);
    const behaviour = this.#options.behaviours.of(traits);
    const { random } = this.#options;
    const kept: Kept = {
      ...drawInstance(traits, behaviour, { attempt: config.metadata.attempt, random }),
      sandboxId,
      ports: portsOf(config),
      logPath: `${sandbox.logDirectory}/${config.logPath}`,
      logs: behaviour.logs ?? [],
      podUid: sandbox.metadata.uid,
      exec: behaviour.exec,
    };
    this.#programs.set(config, programOf(kept));
    const id = await this.#memory.createContainer(request);
    this.#instances.set(id, kept);
    return id;
  }

  /** Of the container as it began, whatever rules came later. */
  #exec(id: string, command: readonly string[]): Execution {
    const instance = this.#instances.get(id);
    const ran = instance?.exec?.(command);
    return ran ?? { exitCode: instance && this.#isWell(instance) ? 0 : 1 };
  }

  async #start(id: string): Promise<void> {
    const { clock, disk } = this.#options;
    const instance = this.#instances.get(id);
    if (instance) await sleep(clock, instance.startMs, never);
    await this.#memory.startContainer(id);
    if (!instance) return;
    this.#instances.set(id, started(instance, clock.now()));
    await disk.append(instance.logPath, logLines(instance.logs, clock.now()));
  }

  /** It takes its time; when that is too long, it is killed. */
  async #stop(id: string, timeoutSeconds: number): Promise<void> {
    const instance = this.#instances.get(id);
    const stopsAfterMs = instance?.stopsAfterMs ?? 0;
    const limitMs = timeoutSeconds * 1_000;
    const isRunning = (await this.#memory.containerStatus(id))?.state === "running";
    if (isRunning) await sleep(this.#options.clock, Math.min(stopsAfterMs, limitMs), never);
    await this.#memory.stopContainer(id, stopsAfterMs > limitMs ? 0 : timeoutSeconds);
    this.#ends(id);
  }

  #answer(sandboxId: string, port: number): ReturnType<Listener> {
    const now = this.#options.clock.now();
    const here = [...this.#instances.values()].filter(
      (instance) => instance.sandboxId === sandboxId && ageMs(instance, now) !== undefined,
    );
    // Who does not say which ports it has may have any.
    const asked = here.find(({ ports }) => ports.has(port)) ?? here.find((one) => !one.ports.size);
    return asked && (this.#isWell(asked) ? "well" : "unwell");
  }

  #isWell(instance: Instance): boolean {
    return isWell(instance, this.#options.behaviours, this.#options.clock.now());
  }

  readonly #stats: ContainerRuntime["listContainerStats"] = async () => {
    const atMs = this.#options.clock.now();
    return (await this.#memory.listContainerStats()).map((stats) => {
      const instance = this.#instances.get(stats.id);
      const ranMs = instance && ageMs(instance, atMs);
      if (!instance) return stats;
      if (ranMs !== undefined) return statsOf(stats, instance.usage, { atMs, ranMs });
      return { ...stats, writableLayerBytes: writtenBytes(instance, atMs) };
    });
  };

  #powerOff(): void {
    this.#memory.crash();
    for (const id of this.#addresses.keys()) this.#leave(id);
    for (const id of this.#instances.keys()) this.#ends(id);
  }

  #ends(id: string): void {
    const instance = this.#instances.get(id);
    if (instance) this.#instances.set(id, stopped(instance, this.#options.clock.now()));
  }

  #groupOf(uid: string): GroupDetails {
    const now = this.#options.clock.now();
    let [cpuNanoseconds, memoryBytes, threads] = [0, 0, 0];
    for (const { podUid, usage, ...rest } of this.#instances.values()) {
      const age = podUid === uid ? ageMs(rest, now) : undefined;
      if (age === undefined) continue;
      cpuNanoseconds += cpuNanosecondsOf(usage, age);
      memoryBytes += courseAt(usage.memory, age);
      threads += courseAt(usage.processes, age);
    }
    return { cpuNanoseconds, memoryBytes, workingSetBytes: memoryBytes, threads };
  }

  #runningPods(): readonly string[] {
    const now = this.#options.clock.now();
    const running = [...this.#instances.values()].filter((one) => ageMs(one, now) !== undefined);
    return [...new Set(running.map(({ podUid }) => podUid))];
  }
}

function programOf({ runsForMs, startError, exitCode }: Instance): Program {
  return {
    stopsWith: 0,
    ...(startError === undefined ? {} : { startError }),
    ...(runsForMs === Infinity ? {} : { endsAfterMs: runsForMs, exitCode }),
  };
}

/** Containers end on their own, whoever asked for it is gone or not. */
const never = new AbortController().signal;

function traitsOf({ config, sandbox }: CreateContainer, node: string): Traits {
  const { image, metadata } = config;
  return {
    image: image.userSpecifiedImage ?? image.image,
    container: metadata.name,
    namespace: sandbox.metadata.namespace,
    node,
    labels: sandbox.labels,
    annotations: sandbox.annotations,
  };
}

function portsOf({ annotations }: ContainerConfig): ReadonlySet<number> {
  const text = annotations["io.kubernetes.container.ports"];
  const ports = text ? (JSON.parse(text) as readonly { readonly containerPort: number }[]) : [];
  return new Set(ports.map(({ containerPort }) => containerPort));
}
