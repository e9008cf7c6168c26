/**
 * The container runtime of a simulated node: the kubelet's own one in memory, with containers that
 * take their time, fail, write logs and answer probes as the rules say.
 */
import { type Clock, sleep } from "#base/clock.ts";
import { cidrOf, formatIp, nthAddress, sizeOf } from "#base/ip.ts";
import type { Random } from "#base/random.ts";
import { MemoryRuntime, type Program } from "#kubelet/runtimes/memory.ts";
import {
  type ContainerConfig,
  type ContainerRuntime,
  type CreateContainer,
  RuntimeError,
} from "#kubelet/runtime.ts";
import { type Behaviour, type Behaviours, exitCodeOf, type Traits } from "./behaviour.ts";
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
interface Instance {
  readonly traits: Traits;
  readonly sandboxId: string;
  readonly ports: ReadonlySet<number>;
  readonly logPath: string;
  readonly startMs: number;
  readonly logs: readonly string[];
  readonly stopsAfterMs: number;
  readonly readyAfterMs: number;
  readonly unhealthyAfterMs: number;
  readonly runsForMs: number;
  runsSinceMs: number | undefined;
}

export function simulatedRuntime(options: SimulatedRuntimeOptions): SimulatedRuntime {
  return new Machine(options).runtime;
}

class Machine {
  readonly #options: SimulatedRuntimeOptions;
  readonly #memory: MemoryRuntime;
  readonly #programs = new WeakMap<ContainerConfig, Program>();
  readonly #instances = new Map<string, Instance>();
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
    const instance: Instance = {
      traits,
      sandboxId,
      ports: portsOf(config),
      logPath: `${sandbox.logDirectory}/${config.logPath}`,
      logs: behaviour.logs ?? [],
      startMs: this.#draw(behaviour.startMs ?? 0),
      runsForMs: this.#draw(behaviour.runsForMs ?? Infinity),
      stopsAfterMs: this.#draw(behaviour.stopsAfterMs ?? 0),
      readyAfterMs: this.#draw(behaviour.readyAfterMs ?? 0),
      unhealthyAfterMs: this.#draw(behaviour.unhealthyAfterMs ?? Infinity),
      runsSinceMs: undefined,
    };
    const exitCode = exitCodeOf(behaviour, config.metadata.attempt);
    this.#programs.set(config, this.#programOf(instance, behaviour, exitCode));
    const id = await this.#memory.createContainer(request);
    this.#instances.set(id, instance);
    return id;
  }

  #programOf(instance: Instance, { startError, exec }: Behaviour, exitCode: number): Program {
    const { runsForMs } = instance;
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
    const here = [...this.#instances.values()].filter(
      (instance) => instance.sandboxId === sandboxId && this.#ageMs(instance) !== undefined,
    );
    // Who does not say which ports it has may have any.
    const asked = here.find(({ ports }) => ports.has(port)) ?? here.find((one) => !one.ports.size);
    return asked && (this.#isWell(asked) ? "well" : "unwell");
  }

  #isWell(instance: Instance): boolean {
    const { traits, readyAfterMs, unhealthyAfterMs } = instance;
    const ageMs = this.#ageMs(instance);
    const { ready = true } = this.#options.behaviours.of(traits);
    return ready && ageMs !== undefined && ageMs >= readyAfterMs && ageMs < unhealthyAfterMs;
  }

  /** Undefined while it does not run. */
  #ageMs({ runsSinceMs = Infinity, runsForMs }: Instance): number | undefined {
    const ageMs = this.#options.clock.now() - runsSinceMs;
    return ageMs >= 0 && ageMs < runsForMs ? ageMs : undefined;
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

/** The addresses of one node's pods, each as long unused as can be. */
class AddressPool {
  #cidr: ReturnType<typeof cidrOf> | undefined;
  /** The first one is the network's, the second one the bridge's. */
  #next = 2;
  readonly #used = new Set<string>();

  get isReady(): boolean {
    return this.#cidr !== undefined;
  }

  /** Of the ranges, separated by commas, the first. */
  use(podCidrs: string): void {
    const [first] = podCidrs.split(",");
    if (first) this.#cidr = cidrOf(first);
  }

  next(): string {
    if (!this.#cidr) throw new RuntimeError("Unavailable", "no pod CIDR");
    const size = Number(sizeOf(this.#cidr)) - 1;
    for (let tried = 2; tried < size; tried++) {
      const address = formatIp(nthAddress(this.#cidr, this.#next));
      this.#next = this.#next + 1 < size ? this.#next + 1 : 2;
      if (this.#used.has(address)) continue;
      this.#used.add(address);
      return address;
    }
    throw new RuntimeError("ResourceExhausted", "no addresses left for pods");
  }

  giveBack(address: string): void {
    this.#used.delete(address);
  }
}
