/**
 * The container runtime of a simulated node: the kubelet's own one in memory, with containers that
 * take their time, fail, write logs and answer probes as the rules say.
 */
import { type Clock, sleep } from "#base/clock.ts";
import type { Random } from "#base/random.ts";
import { MemoryRuntime, type Program } from "#kubelet/runtimes/memory.ts";
import {
  type ContainerConfig,
  type ContainerRuntime,
  type CreateContainer,
  RuntimeError,
} from "#kubelet/runtime.ts";
import { AddressPool } from "./address-pool.ts";
import type { Behaviour, Behaviours, Traits } from "./behaviour.ts";
import { ageMs, drawInstance, type Instance, isWell } from "./instance.ts";
import type { MemoryDisk } from "./memory-disk.ts";
import type { Listener, PodNetwork } from "./pod-network.ts";
import { drawSpan, type Span } from "./span.ts";

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
}

/** What is known of a container beside what its runtime knows. */
interface Kept extends Instance {
  readonly sandboxId: string;
  readonly ports: ReadonlySet<number>;
  readonly logPath: string;
  readonly logs: readonly string[];
}

export function simulatedRuntime(options: SimulatedRuntimeOptions): SimulatedRuntime {
  return new Machine(options).runtime;
}

class Machine {
  readonly #options: SimulatedRuntimeOptions;
  readonly #memory: MemoryRuntime;
  readonly #programs = new WeakMap<ContainerConfig, Program>();
  readonly #instances = new Map<string, Kept>();
  /** By sandbox. */
  readonly #addresses = new Map<string, Address>();
  readonly #pool = new AddressPool();

  constructor(options: SimulatedRuntimeOptions) {
    this.#options = options;
    const { behaviours, node, clock } = options;
    this.#memory = new MemoryRuntime({
      clock,
      programOf: (config) => this.#programs.get(config) ?? {},
      pullable: (image) => this.#draw(behaviours.ofImage(image, node).pullMs ?? 0),
      nextIp: () => this.#pool.next(),
    });
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
      pullImage: async (request) => {
        const { pullError } = this.#options.behaviours.ofImage(request.image, this.#options.node);
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
      powerOff: () => this.#powerOff(),
    };
  }

  #draw(span: Span): number {
    return drawSpan(span, this.#options.random);
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
    const { network, nodeAddress } = this.#options;
    const id = await this.#memory.runSandbox(config);
    const own = (await this.#memory.sandboxStatus(id))?.ips[0];
    const listener: Listener = (port) => this.#answer(id, port);
    const joined = network.join(own ?? nodeAddress, listener);
    this.#addresses.set(id, { own, joined });
    return id;
  };

  #leave(sandboxId: string): void {
    const address = this.#addresses.get(sandboxId);
    if (!address) return;
    this.#addresses.delete(sandboxId);
    address.joined[Symbol.dispose]();
    if (address.own) this.#pool.giveBack(address.own);
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
    };
    this.#programs.set(config, this.#programOf(kept, behaviour));
    const id = await this.#memory.createContainer(request);
    this.#instances.set(id, kept);
    return id;
  }

  #programOf(instance: Instance, { exec }: Behaviour): Program {
    const { runsForMs, startError, exitCode } = instance;
    return {
      stopsWith: 0,
      exec: (command) => exec?.(command) ?? { exitCode: this.#isWell(instance) ? 0 : 1 },
      ...(startError === undefined ? {} : { startError }),
      ...(runsForMs === Infinity ? {} : { endsAfterMs: runsForMs, exitCode }),
    };
  }

  async #start(id: string): Promise<void> {
    const { clock, disk } = this.#options;
    const instance = this.#instances.get(id);
    if (instance) await sleep(clock, instance.startMs, never);
    await this.#memory.startContainer(id);
    if (!instance) return;
    instance.runsSinceMs = clock.now();
    const time = `${new Date(clock.now()).toISOString().slice(0, -1)}000000Z`;
    const lines = instance.logs.map((line) => `${time} stdout F ${line}\n`);
    await disk.append(instance.logPath, lines.join(""));
  }

  /** It takes its time; when that is too long, it is killed. */
  async #stop(id: string, timeoutSeconds: number): Promise<void> {
    const instance = this.#instances.get(id);
    const stopsAfterMs = instance?.stopsAfterMs ?? 0;
    const limitMs = timeoutSeconds * 1_000;
    const isRunning = (await this.#memory.containerStatus(id))?.state === "running";
    if (isRunning) await sleep(this.#options.clock, Math.min(stopsAfterMs, limitMs), never);
    await this.#memory.stopContainer(id, stopsAfterMs > limitMs ? 0 : timeoutSeconds);
    if (instance) instance.runsSinceMs = undefined;
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

  #powerOff(): void {
    this.#memory.crash();
    for (const id of this.#addresses.keys()) this.#leave(id);
    for (const instance of this.#instances.values()) instance.runsSinceMs = undefined;
  }
}

interface Address {
  /** Absent in the node's network. */
  readonly own: string | undefined;
  readonly joined: Disposable;
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
