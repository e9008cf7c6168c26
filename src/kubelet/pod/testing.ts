/** Pods to test with, and a world of values around one pod's state machine. */
import type { Container, ResourceRequirements } from "#api/core/container.ts";
import type { PodSpec } from "#api/core/pod-spec.ts";
import type { Pod } from "#api/core/pod.ts";
import type { ObjectMeta } from "#api/meta/object-meta.ts";
import type { SandboxStatus } from "../runtime.ts";
import type { Did, Effect, Observation, OutcomeOf, Task, TaskName, TaskOf } from "./effects.ts";
import type { ObservedContainer, PodRuntime } from "./observed.ts";
import { containerHash, findContainer, imageNameOf } from "./pod-containers.ts";
import { newPodState, type PodState, type Resize } from "./state.ts";
import { step } from "./step.ts";

type Parts<T> = { readonly [K in keyof T]?: T[K] | undefined };

export const containerWith = (name: string, parts: Parts<Container> = {}): Container =>
  ({ name, image: "app:1", resources: {}, imagePullPolicy: "IfNotPresent", ...parts }) as Container;

export const podWith = (spec: Parts<PodSpec> = {}, metadata: Parts<ObjectMeta> = {}): Pod =>
  ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: "web",
      namespace: "default",
      uid: "u1",
      resourceVersion: "1",
      generation: 1,
      ...metadata,
    },
    spec: { containers: [containerWith("app")], restartPolicy: "Always", ...spec },
    status: { phase: "Pending" },
  }) as Pod;

export const startMs = Date.UTC(2030, 0, 1);

type Answer = Partial<{ [K in TaskName]: (task: Task) => OutcomeOf<K> | undefined }>;

/**
 * Performs what the machine wants on an imagined runtime: everything works at once, unless
 * `answers` says otherwise or the task is held. Time moves only when told to.
 */
export class World {
  state: PodState;
  nowMs = startMs;
  runtime: PodRuntime = { sandboxes: [], containers: [] };
  /** Everything that was asked for, in short. */
  readonly log: string[] = [];
  readonly events: string[] = [];
  answers: Answer = {};
  /** Tasks that do not finish until released. */
  readonly held: Task[] = [];
  holds: ReadonlySet<string> = new Set();
  images: ReadonlySet<string> = new Set(["app:1", "app:2"]);
  #wakeAtMs = Infinity;
  #ids = 0;
  #revision = 1;

  constructor(first: Pod, resize?: Resize) {
    const node = { hostIps: ["10.0.0.1"] };
    this.state = newPodState({ pod: first, node, atMs: this.nowMs, resize });
  }

  /** The first look at the runtime sets everything in motion. */
  start(): this {
    this.observe({ is: "runtime", runtime: this.runtime, atMs: this.nowMs });
    return this;
  }

  observe(observation: Observation): void {
    const queue: Observation[] = [observation];
    for (let next = queue.shift(); next; next = queue.shift()) {
      const [state, effects] = step(this.state, next);
      this.state = state;
      for (const effect of effects) {
        const answer = this.#perform(effect);
        if (answer) queue.push(answer);
      }
    }
  }

  see(pod: Pod): void {
    const resourceVersion = String(++this.#revision);
    const seen = { ...pod, metadata: { ...pod.metadata, resourceVersion } };
    this.observe({ is: "pod", pod: seen, atMs: this.nowMs });
  }

  /** The user asks for other resources, container by container. */
  resize(resources: { readonly [container: string]: ResourceRequirements }): void {
    const { pod } = this;
    const { generation = 0 } = pod.metadata;
    const resized = (one: Container): Container => ({
      ...one,
      resources: resources[one.name] ?? one.resources,
    });
    const containers = pod.spec.containers.map(resized);
    const initContainers = pod.spec.initContainers?.map(resized);
    const metadata = { ...pod.metadata, generation: generation + 1 };
    this.see({ ...pod, metadata, spec: { ...pod.spec, containers, initContainers } });
  }

  /** The user deletes the pod. */
  delete(graceSeconds: number): void {
    const { pod } = this;
    const metadata = {
      ...pod.metadata,
      deletionTimestamp: "2030-01-01T01:00:00Z",
      deletionGracePeriodSeconds: graceSeconds,
    };
    this.see({ ...pod, metadata });
  }

  get pod(): Pod {
    if (!this.state.pod) throw new Error("no pod");
    return this.state.pod;
  }

  forget(): void {
    this.observe({ is: "forgotten", atMs: this.nowMs });
  }

  /** Lets time pass, waking the machine whenever it asked for it. */
  advance(durationMs: number): void {
    const untilMs = this.nowMs + durationMs;
    while (this.#wakeAtMs <= untilMs) {
      this.nowMs = Math.max(this.#wakeAtMs, this.nowMs);
      this.#wakeAtMs = Infinity;
      this.observe({ is: "time", atMs: this.nowMs });
    }
    this.nowMs = untilMs;
  }

  /** A container ends by itself. */
  exit(name: string, exitCode: number, reason = exitCode === 0 ? "Completed" : "Error"): void {
    const running = this.runtime.containers.find((c) => c.name === name && c.state === "running");
    if (!running) throw new Error(`${name} does not run`);
    this.#end(running.id, { exitCode, reason });
    this.observe({ is: "runtime", runtime: this.runtime, atMs: this.nowMs });
  }

  /** Finishes the first held task of that name. */
  finish<K extends TaskName>(name: K, outcome?: OutcomeOf<K>): void {
    const at = this.held.findIndex((task) => task.do === name);
    const [task] = this.held.splice(at, 1);
    if (!task || at < 0) throw new Error(`${name} is not under way`);
    this.observe(this.#did(task, outcome));
  }

  /** What was asked for since the last look. */
  take(): string[] {
    return this.log.splice(0);
  }

  takeEvents(): string[] {
    return this.events.splice(0);
  }

  #perform(effect: Effect): Observation | undefined {
    if (effect.do === "wakeAt") {
      this.#wakeAtMs = effect.atMs;
      return undefined;
    }
    if (effect.do === "event") {
      this.events.push(`${effect.type} ${effect.reason} ${effect.message}`);
      return undefined;
    }
    if (effect.do !== "writeStatus") this.log.push(textOf(effect));
    if (!this.holds.has(effect.do)) return this.#did(effect);
    this.held.push(effect);
    return undefined;
  }

  #did(task: Task, outcome?: object): Observation {
    const answer = outcome ?? this.answers[task.do]?.(task) ?? this.#succeed(task);
    const { runtime, nowMs: atMs } = this;
    const did = { is: "did", do: task.do, task, outcome: answer, runtime, atMs };
    return did as unknown as Did<"release">;
  }

  #succeed(task: Task): object {
    const perform = this.#performers[task.do] as ((task: Task) => object | void) | undefined;
    return { ok: true, ...perform?.(task) };
  }

  readonly #performers: { readonly [K in TaskName]?: (task: TaskOf<K>) => object | void } = {
    mountVolumes: () => ({ refreshAtMs: Infinity }),
    refreshVolumes: () => ({ refreshAtMs: Infinity }),
    inspectImage: (task) => {
      const image = imageNameOf(this.pod, task) ?? "";
      return this.images.has(image) ? { imageRef: "sha256:1" } : {};
    },
    pullImage: () => ({ imageRef: "sha256:1", bytes: 1, tookMs: 1_000 }),
    runSandbox: ({ attempt }) => {
      const sandboxes = [this.#sandbox(attempt), ...this.runtime.sandboxes];
      this.runtime = { ...this.runtime, sandboxes };
    },
    stopSandbox: ({ id }) => this.#changeSandbox(id, { isReady: false, ips: [] }),
    removeSandbox: ({ id }) => this.#remove(id),
    removeContainer: ({ id }) => this.#remove(id),
    createContainer: (task) => ({ id: this.#create(task.container, task) }),
    startContainer: ({ id }) => this.#change(id, { state: "running", startedAtMs: this.nowMs }),
    stopContainer: ({ id }) => this.#end(id, { exitCode: 143, reason: "Error" }),
    probe: () => ({ isHealthy: true, output: "" }),
    resize: ({ containers }) => {
      for (const { name, id } of containers) {
        const found = findContainer(this.pod, name);
        if (found) this.#change(id, { resources: this.#given(found.container) });
      }
    },
    remove: () => void (this.runtime = { sandboxes: [], containers: [] }),
    writeStatus: ({ status }) => {
      const { pod } = this;
      const metadata = { ...pod.metadata, resourceVersion: String(++this.#revision) };
      return { pod: { ...pod, metadata, status } };
    },
  };

  #end(id: string, how: Pick<ObservedContainer, "exitCode" | "reason">): void {
    this.#change(id, { ...how, state: "exited", finishedAtMs: this.nowMs });
  }

  #sandbox(attempt: number): SandboxStatus {
    return {
      id: `sandbox${attempt}`,
      metadata: { name: "web", namespace: "default", uid: "u1", attempt },
      isReady: true,
      createdAtMs: this.nowMs,
      labels: {},
      annotations: {},
      ips: [`10.244.0.${attempt + 2}`],
      network: "POD",
    };
  }

  #create(name: string, task: { attempt: number; sandboxId: string; imageRef: string }): string {
    const found = findContainer(this.pod, name);
    const created: ObservedContainer = {
      id: `${name}${++this.#ids}`,
      name,
      sandboxId: task.sandboxId,
      restartCount: task.attempt,
      hash: found ? containerHash(found.container) : "",
      ...(found ? { resources: this.#given(found.container) } : {}),
      state: "created",
      createdAtMs: this.nowMs,
      startedAtMs: 0,
      finishedAtMs: 0,
      exitCode: 0,
      reason: "",
      message: "",
      image: found?.container.image ?? "",
      imageRef: task.imageRef,
      logPath: "",
    };
    this.runtime = { ...this.runtime, containers: [created, ...this.runtime.containers] };
    return created.id;
  }

  #given({ name, resources }: Container) {
    return this.state.resize?.allocation.containers[name] ?? resources;
  }

  #change(id: string, change: Partial<ObservedContainer>): void {
    const containers = this.runtime.containers.map((c) => (c.id === id ? { ...c, ...change } : c));
    this.runtime = { ...this.runtime, containers };
  }

  #changeSandbox(id: string, change: Partial<SandboxStatus>): void {
    const sandboxes = this.runtime.sandboxes.map((s) => (s.id === id ? { ...s, ...change } : s));
    this.runtime = { ...this.runtime, sandboxes };
  }

  #remove(id: string): void {
    this.runtime = {
      sandboxes: this.runtime.sandboxes.filter((s) => s.id !== id),
      containers: this.runtime.containers.filter((c) => c.id !== id),
    };
  }

  /** The machine under the sandbox dies: node reboot, killed pause process. */
  breakSandbox(): void {
    const [sandbox] = this.runtime.sandboxes;
    if (sandbox) this.#changeSandbox(sandbox.id, { isReady: false });
    this.observe({ is: "runtime", runtime: this.runtime, atMs: this.nowMs });
  }
}

type Rest = Readonly<Record<string, unknown>>;

/** "stopContainer app 30", "runSandbox 0". */
function textOf(task: Task): string {
  const { do: name, ...rest } = task;
  const { container, volume = container, probe, graceSeconds, attempt } = rest as Rest;
  const parts = [volume, probe, graceSeconds, attempt].filter((part) => part !== undefined);
  return [name, ...parts].join(" ");
}
