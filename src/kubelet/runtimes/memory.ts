/**
 * A container runtime that only imagines its containers: for simulated nodes and for tests. What a
 * container does when it runs is up to whoever makes the runtime.
 */
import type { Clock } from "#base/clock.ts";
import { ForkMap } from "#base/fork-map.ts";
import { Bell } from "#base/signal.ts";
import {
  type ContainerConfig,
  type ContainerRuntime,
  type ContainerStatus,
  type ExecResult,
  type Image,
  type LabelFilter,
  RuntimeError,
  type RuntimeChange,
  type SandboxConfig,
  type SandboxStatus,
} from "../runtime.ts";

/** What a container does. */
export interface Program {
  /** Ends by itself after this time; never when absent. */
  readonly endsAfterMs?: number;
  readonly exitCode?: number;
  /** With which code it ends when asked to stop; it ignores the request when absent. */
  readonly stopsWith?: number;
  /** It cannot even be started. */
  readonly startError?: string;
  readonly exec?: (command: readonly string[]) => Execution;
  /** What it takes while it runs; nothing unless said. */
  readonly memoryBytes?: number;
  /** What it wrote beside its volumes. */
  readonly writtenBytes?: number;
}

export interface Execution {
  readonly output?: string;
  readonly exitCode?: number;
  readonly takesMs?: number;
}

export interface MemoryRuntimeOptions {
  readonly clock: Clock;
  readonly programOf?: (config: ContainerConfig) => Program;
  /** Images that are there; every other one cannot be pulled. */
  readonly images?: readonly string[];
  /** Images that can be pulled, and how long it takes. */
  readonly pullable?: (image: string) => number | undefined;
  readonly nextIp?: () => string;
  /** What a command in a container does, where not its program says so. */
  readonly exec?: (id: string, command: readonly string[]) => Execution;
}

interface Kept {
  readonly status: ContainerStatus;
  readonly sandboxId: string;
  readonly program: Program;
}

export class MemoryRuntime implements ContainerRuntime {
  readonly #options: MemoryRuntimeOptions;
  readonly #sandboxes: ForkMap<string, SandboxStatus>;
  readonly #containers: ForkMap<string, Kept>;
  readonly #timers = new Map<string, Disposable>();
  readonly #images: ForkMap<string, Image>;
  /** Layers by who holds them. */
  readonly #held: ForkMap<string, readonly string[]>;
  /** What each follower has not been told yet. */
  readonly #untold = new Set<RuntimeChange[]>();
  readonly #news = new Bell();
  #count = 0;

  constructor(options: MemoryRuntimeOptions, origin?: MemoryRuntime) {
    const images = new Map((options.images ?? []).map((name) => [name, imageNamed(name)]));
    this.#options = options;
    this.#sandboxes = origin ? origin.#sandboxes.fork() : new ForkMap();
    this.#containers = origin ? origin.#containers.fork() : new ForkMap();
    this.#images = origin ? origin.#images.fork() : new ForkMap(images);
    this.#held = origin ? origin.#held.fork() : new ForkMap();
    this.#count = origin ? origin.#count : 0;
  }

  /** A twin with the same containers, on a machine of its own. They go on with `resume`. */
  fork(options: MemoryRuntimeOptions): MemoryRuntime {
    return new MemoryRuntime(options, this);
  }

  /** What its origin's clock would have ended is ended by its own. */
  resume(): void {
    for (const [id, { status, program }] of this.#containers) {
      const { endsAfterMs, exitCode = 0 } = program;
      if (status.state !== "running" || endsAfterMs === undefined) continue;
      const leftMs = status.startedAtMs + endsAfterMs - this.#options.clock.now();
      this.#later(id, Math.max(leftMs, 0), () => this.#end(id, exitCode));
    }
  }

  readonly version = async () => ({ runtimeName: "memory", runtimeVersion: "1" });

  readonly status = async () => ({
    conditions: ["RuntimeReady", "NetworkReady"].map((type) => ({
      type,
      status: true,
      reason: "",
      message: "",
    })),
    handlers: [],
    supplementalGroupsPolicy: true,
  });

  readonly updatePodCidr = async (): Promise<void> => undefined;

  readonly runSandbox = async (config: SandboxConfig): Promise<string> => {
    const { metadata, labels, annotations, linux } = config;
    const id = this.#newId("sandbox");
    const { network } = linux.securityContext.namespaceOptions;
    const ips = network === "NODE" ? [] : [this.#options.nextIp?.() ?? this.#anyIp()];
    const createdAtMs = this.#options.clock.now();
    this.#sandboxes.set(id, {
      id,
      metadata,
      labels,
      annotations,
      network,
      ips,
      createdAtMs,
      isReady: true,
    });
    return id;
  };

  readonly stopSandbox = async (id: string): Promise<void> => {
    const sandbox = this.#sandboxes.get(id);
    if (!sandbox?.isReady) return;
    for (const [containerId, { sandboxId }] of this.#containers)
      if (sandboxId === id) this.#end(containerId, 137);
    this.#sandboxes.set(id, { ...sandbox, isReady: false, ips: [] });
    this.#tell({ id, what: "exited" });
  };

  readonly removeSandbox = async (id: string): Promise<void> => {
    await this.stopSandbox(id);
    for (const [containerId, { sandboxId }] of this.#containers)
      if (sandboxId === id) await this.removeContainer(containerId);
    if (this.#sandboxes.delete(id)) this.#tell({ id, what: "removed" });
  };

  readonly listSandboxes = async (filter?: LabelFilter) =>
    [...this.#sandboxes.values()].filter(({ labels }) => isSelected(labels, filter));

  readonly sandboxStatus = async (id: string) => this.#sandboxes.get(id);

  readonly createContainer: ContainerRuntime["createContainer"] = async (request) => {
    const { sandboxId, config, sandbox } = request;
    if (!this.#sandboxes.get(sandboxId)?.isReady) throw notFound("sandbox", sandboxId);
    const id = this.#newId("container");
    const image = [...this.#images.values()].find(
      (known) => known.id === config.image.image || known.repoTags.includes(config.image.image),
    );
    if (!image) throw notFound("image", config.image.image);
    const status: ContainerStatus = {
      id,
      name: config.metadata.name,
      attempt: config.metadata.attempt,
      state: "created",
      createdAtMs: this.#options.clock.now(),
      startedAtMs: 0,
      finishedAtMs: 0,
      exitCode: 0,
      reason: "",
      message: "",
      image: image.repoTags[0] ?? image.id,
      imageRef: image.id,
      labels: config.labels,
      annotations: config.annotations,
      mounts: config.mounts,
      logPath: `${sandbox.logDirectory}/${config.logPath}`,
    };
    const program = this.#options.programOf?.(config) ?? { stopsWith: 0 };
    this.#containers.set(id, { status, sandboxId, program });
    return id;
  };

  readonly startContainer = async (id: string): Promise<void> => {
    const { status, program } = this.#get(id);
    if (status.state !== "created")
      throw new RuntimeError("Unknown", `container is in ${status.state} state`);
    if (program.startError !== undefined) {
      this.#end(id, 128, "StartError", program.startError);
      throw new RuntimeError("Unknown", program.startError);
    }
    this.#change(id, { state: "running", startedAtMs: this.#options.clock.now() });
    this.#tell({ id, what: "started" });
    const { endsAfterMs, exitCode = 0 } = program;
    if (endsAfterMs !== undefined) this.#later(id, endsAfterMs, () => this.#end(id, exitCode));
  };

  readonly stopContainer = async (id: string, timeoutSeconds: number): Promise<void> => {
    const { program, status } = this.#containers.get(id) ?? {};
    if (status?.state !== "running") return;
    if (program?.stopsWith !== undefined && timeoutSeconds > 0) {
      this.#end(id, program.stopsWith);
      return;
    }
    const killed = Promise.withResolvers<void>();
    this.#later(id, timeoutSeconds * 1_000, () => {
      this.#end(id, 137);
      killed.resolve();
    });
    await killed.promise;
  };

  readonly removeContainer = async (id: string): Promise<void> => {
    this.#end(id, 137);
    if (this.#containers.delete(id)) this.#tell({ id, what: "removed" });
  };

  readonly updateContainer = async (id: string): Promise<void> => {
    const { status } = this.#get(id);
    if (status.state === "running" || status.state === "created") return;
    throw new RuntimeError("Unknown", `container is in ${status.state} state`);
  };

  readonly listContainers = async (filter?: LabelFilter) =>
    [...this.#containers.values()]
      .filter(({ status }) => isSelected(status.labels, filter))
      .map(({ status, sandboxId }) => ({ ...status, sandboxId }));

  readonly containerStatus = async (id: string) => this.#containers.get(id)?.status;

  readonly reopenLog = async (id: string): Promise<void> => void this.#get(id);

  readonly execSync: ContainerRuntime["execSync"] = async ({ id, command, timeoutSeconds }) => {
    const { program, status } = this.#get(id);
    if (status.state !== "running") throw new RuntimeError("Unknown", "container is not running");
    const ran = program.exec?.(command) ?? this.#options.exec?.(id, command) ?? {};
    const { output = "", exitCode = 0, takesMs = 0 } = ran;
    const limitMs = timeoutSeconds === 0 ? Infinity : timeoutSeconds * 1_000;
    await this.#pass(Math.min(takesMs, limitMs));
    if (takesMs > limitMs)
      throw new RuntimeError("DeadlineExceeded", `timeout ${timeoutSeconds}s exceeded`);
    const result: ExecResult = {
      output: new TextEncoder().encode(output),
      errors: new Uint8Array(),
      exitCode,
    };
    return result;
  };

  readonly exec = async ({ id }: { readonly id: string }) => this.#streamUrl(id, "exec");
  readonly attach = async ({ id }: { readonly id: string }) => this.#streamUrl(id, "attach");
  readonly portForward = async (id: string) => `http://localhost/portforward/${id}`;

  readonly listContainerStats = async () =>
    [...this.#containers.values()].map(({ status, program }) => {
      const memoryBytes = status.state === "running" ? (program.memoryBytes ?? 0) : 0;
      return {
        id: status.id,
        labels: status.labels,
        atMs: this.#options.clock.now(),
        cpuNanoseconds: 0,
        memoryWorkingSetBytes: memoryBytes,
        memoryUsageBytes: memoryBytes,
        writableLayerBytes: program.writtenBytes ?? 0,
        writableLayerInodes: 0,
      };
    });

  readonly listImages = async () => [...this.#images.values()];

  readonly imageStatus = async (name: string) =>
    this.#images.get(name) ?? [...this.#images.values()].find(({ id }) => id === name);

  readonly pullImage: ContainerRuntime["pullImage"] = async ({ image }) => {
    const takesMs = this.#options.pullable?.(image);
    if (takesMs === undefined) throw new RuntimeError("NotFound", `failed to pull ${image}`);
    await this.#pass(takesMs);
    this.#images.set(image, imageNamed(image));
    return imageNamed(image).id;
  };

  readonly removeImage = async (name: string): Promise<void> => {
    for (const [key, { id }] of this.#images)
      if (key === name || id === name) this.#images.delete(key);
  };

  readonly heldLayers = async (key: string) => this.#held.get(key);

  readonly holdLayers = async (key: string, name: string): Promise<readonly string[]> => {
    const held = this.#held.get(key);
    if (held) return held;
    const image = await this.imageStatus(name);
    if (!image) throw notFound("image", name);
    const layers = [`/images/${image.id}`];
    this.#held.set(key, layers);
    return layers;
  };

  readonly releaseLayers = async (key: string): Promise<void> => void this.#held.delete(key);

  readonly imageFileSystems = async () => [{ mountpoint: "/", usedBytes: 0, inodesUsed: 0 }];

  readonly changes = (signal: AbortSignal): AsyncIterable<RuntimeChange> => this.#follow(signal);

  async *#follow(signal: AbortSignal): AsyncGenerator<RuntimeChange> {
    const untold: RuntimeChange[] = [];
    this.#untold.add(untold);
    while (!signal.aborted) {
      yield* untold.splice(0);
      if (untold.length === 0) await this.#news.heard(signal);
    }
    this.#untold.delete(untold);
  }

  /** The machine lost power: nothing runs, and everything is still known. */
  crash(): void {
    for (const id of this.#containers.keys()) this.#end(id, 255);
    for (const [id, sandbox] of this.#sandboxes) {
      this.#sandboxes.set(id, { ...sandbox, isReady: false, ips: [] });
      this.#tell({ id, what: "exited" });
    }
  }

  #get(id: string): Kept {
    const found = this.#containers.get(id);
    if (!found) throw notFound("container", id);
    return found;
  }

  #change(id: string, change: Partial<ContainerStatus>): void {
    const kept = this.#get(id);
    this.#containers.set(id, { ...kept, status: { ...kept.status, ...change } });
  }

  #end(
    id: string,
    exitCode: number,
    ...[reason, message = ""]: [reason?: string, message?: string]
  ) {
    const { status } = this.#containers.get(id) ?? {};
    if (!status || status.state === "exited") return;
    this.#timers.get(id)?.[Symbol.dispose]();
    this.#change(id, {
      state: "exited",
      exitCode,
      reason: reason ?? (exitCode === 0 ? "Completed" : "Error"),
      message,
      finishedAtMs: this.#options.clock.now(),
    });
    this.#tell({ id, what: "exited" });
  }

  #tell(change: RuntimeChange): void {
    for (const untold of this.#untold) untold.push(change);
    this.#news.ring();
  }

  /** Replaces what was to happen to the container later. */
  #later(id: string, delayMs: number, act: () => void): void {
    this.#timers.get(id)?.[Symbol.dispose]();
    this.#timers.set(id, this.#options.clock.after(delayMs, act));
  }

  #pass(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (ms > 0) this.#options.clock.after(ms, resolve);
    else resolve();
    return promise;
  }

  #newId(what: string): string {
    return `${what}-${++this.#count}`;
  }

  #anyIp(): string {
    return `10.244.${(this.#count >> 8) & 255}.${this.#count & 255}`;
  }

  #streamUrl(id: string, what: string): string {
    return `http://localhost/${what}/${this.#get(id).status.id}`;
  }
}

const notFound = (what: string, id: string): RuntimeError =>
  new RuntimeError("NotFound", `${what} ${JSON.stringify(id)}: not found`);

const isSelected = (labels: Readonly<Record<string, string>>, filter?: LabelFilter): boolean =>
  Object.entries(filter?.labels ?? {}).every(([name, value]) => labels[name] === value);

const imageNamed = (name: string): Image => ({
  id: `sha256:${name}`,
  repoTags: [name],
  repoDigests: [],
  sizeBytes: 1_000_000,
  username: "",
  isPinned: false,
});
