/**
 * A pod of a node in the crowd: the kubelet's own state machine over containers that are imagined.
 * At rest it is a value and perhaps one timer: nothing runs for it.
 */
import { AssertionFailed } from "#base/assert.ts";
import type { Container } from "#api/core/container.ts";
import { messageOf } from "#base/failure.ts";
import { Bell } from "#base/signal.ts";
import { withAllocation } from "#kubelet/pod/allocation.ts";
import type { Effect, Observation, OutcomeOf, Task, TaskName } from "#kubelet/pod/effects.ts";
import { probeOf } from "#kubelet/pod/probing.ts";
import { restProbes, wakeProbes } from "#kubelet/pod/resting.ts";
import { runningContainers } from "#kubelet/pod/observed.ts";
import type { PodState } from "#kubelet/pod/state.ts";
import { stepThrough } from "#kubelet/pod/step.ts";
import type { Instance } from "../nodes/instance.ts";
import type { Containers } from "./containers.ts";
import { answerers, type Reply, type Scene } from "./crowd-tasks.ts";
import type { PodHost } from "./pod-host.ts";
import { usesSomething } from "./shortage-watch.ts";

interface CrowdPodOptions {
  readonly state: PodState;
  readonly host: PodHost;
  /** As an earlier life of the node left them. */
  readonly containers: Containers;
  /** Called once, when its containers have ended for good. */
  readonly ended: () => void;
  /** It was given other resources. */
  readonly resized: () => void;
  /** Called once, when nothing is left to do. */
  readonly gone: () => void;
}

type EventEffect = Extract<Effect, { do: "event" }>;

export class CrowdPod implements Disposable {
  readonly #options: CrowdPodOptions;
  #state: PodState;
  #timer: Disposable | undefined;
  /** What happens by itself later: tasks that take their time, containers that end. */
  readonly #due = new Set<Disposable>();
  #isOver = false;
  /** Made when somebody waits for news. */
  #news: Bell | undefined;
  /** The node gave it other resources in the step at hand. */
  #isResized = false;

  constructor(options: CrowdPodOptions) {
    this.#options = options;
    this.#state = options.state;
  }

  get state(): PodState {
    return this.#state;
  }

  get containers(): Containers {
    return this.#options.containers;
  }

  /** Containers that run already end when they would have ended. */
  start(): void {
    const { containers } = this.#options;
    for (const { id } of runningContainers(containers.runtime)) {
      const instance = containers.instance(id);
      if (instance) this.#runs(id, instance);
    }
    this.#observeRuntime();
  }

  /** Resolves at the next observation, or when `signal` aborts. */
  observed(signal: AbortSignal): Promise<void> {
    this.#news ??= new Bell();
    return this.#news.heard(signal);
  }

  observe(observation: Observation): void {
    if (this.#isOver) return;
    const judged = this.#judge(observation);
    if (!judged) return;
    const [state, effects] = judged;
    const before = this.#state;
    this.#state = state;
    this.#news?.ring();
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    for (const effect of effects) this.#begin(effect);
    this.#tellNode(before, state);
  }

  /** Others may get what it no longer has. */
  #tellNode(before: PodState, { life }: PodState): void {
    const { ended, resized, gone } = this.#options;
    const isResized = this.#isResized;
    this.#isResized = false;
    if (isResized) resized();
    if (life.at === "ended" && before.life.at !== "ended") ended();
    if (life.at !== "gone") return;
    this[Symbol.dispose]();
    gone();
  }

  /** What containers do is decided anew. */
  rulesChanged(): void {
    const { probes } = Object.values(this.#state.tracks).find((track) => track.probes) ?? {};
    if (!probes || this.#isOver) return;
    this.#state = wakeProbes(this.#state, this.#now());
    this.observe({ is: "time", atMs: this.#now() });
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    this.#timer?.[Symbol.dispose]();
    for (const due of this.#due) due[Symbol.dispose]();
    this.#due.clear();
  }

  #now(): number {
    return this.#options.host.clock.now();
  }

  #observeRuntime(): void {
    const { runtime } = this.#options.containers;
    this.observe({ is: "runtime", runtime, atMs: this.#now() });
  }

  /** A pod that is beyond understanding must not take the others with it. */
  #judge(observation: Observation): ReturnType<typeof stepThrough> | undefined {
    try {
      return this.#rested(stepThrough(this.#state, observation, this.#atOnce));
    } catch (cause) {
      if (cause instanceof AssertionFailed) throw cause;
      const { log } = this.#options.host;
      log.error("pod is not understood", { seen: observation.is, cause: String(cause) });
      return undefined;
    }
  }

  /** Nobody is asked what is known: the next probe is due when its answer may be another one. */
  #rested([state, effects]: ReturnType<typeof stepThrough>): ReturnType<typeof stepThrough> {
    const isWaiting = effects.some((effect) => effect.do === "wakeAt");
    if (!isWaiting || state.life.at !== "running") return [state, effects];
    const rested = restProbes(state, this.#wellUntil);
    if (rested === state) return [state, effects];
    const [after, more] = stepThrough(rested, { is: "time", atMs: this.#now() }, this.#atOnce);
    return [after, [...effects.filter((effect) => effect.do !== "wakeAt"), ...more]];
  }

  readonly #wellUntil = (container: Container, id: string): number => {
    const instance = this.#options.containers.instance(id);
    if (instance?.runsSinceMs === undefined) return -Infinity;
    const { ready = true, exec } = this.#options.host.behaviours.of(instance.traits);
    const isAnswered = exec && probeTypes.some((type) => probeOf(container, type)?.exec);
    if (!ready || isAnswered) return -Infinity;
    return instance.runsSinceMs + Math.min(instance.unhealthyAfterMs, instance.runsForMs);
  };

  #scene(state: PodState): Scene {
    const { host, containers } = this.#options;
    return {
      ...host.shared,
      pod: state.pod && withAllocation(state.pod, state.resize?.allocation),
      containers,
      nowMs: this.#now(),
      started: (id, instance) => this.#runs(id, instance),
    };
  }

  readonly #atOnce = (task: Task, state: PodState): Observation | undefined => {
    const answer = answerers[task.do] as (scene: Scene, task: Task) => Reply<TaskName>;
    // What the API is told comes last, and only once.
    if (task.do === "writeStatus" || task.do === "deletePod") return undefined;
    const reply = answer(this.#scene(state), task);
    if (reply.is === "now") {
      if (task.do === "allocate" && !("verdict" in reply.outcome)) this.#isResized = true;
      return this.#did(task, reply.outcome);
    }
    if (reply.is === "later") this.#later(reply.afterMs, () => this.#finish(task, reply.outcome));
    return undefined;
  };

  #finish(task: Task, outcome: (scene: Scene) => OutcomeOf<TaskName>): void {
    this.observe(this.#did(task, outcome(this.#scene(this.#state))));
  }

  #did(task: Task, outcome: OutcomeOf<TaskName>): Observation {
    const { runtime } = this.#options.containers;
    return { is: "did", do: task.do, task, outcome, runtime, atMs: this.#now() } as Observation;
  }

  #begin(effect: Effect): void {
    const { host } = this.#options;
    if (effect.do === "wakeAt") {
      const delayMs = Math.max(effect.atMs - this.#now(), 0);
      this.#timer = host.clock.after(delayMs, () =>
        this.observe({ is: "time", atMs: this.#now() }),
      );
    } else if (effect.do === "event") {
      if (this.#state.pod) host.record(this.#state.pod, effect satisfies EventEffect);
    } else if (effect.do === "writeStatus" || effect.do === "deletePod") {
      void this.#call(effect);
    }
  }

  async #call(task: Task): Promise<void> {
    const answer = answerers[task.do] as (scene: Scene, task: Task) => Reply<TaskName>;
    const reply = answer(this.#scene(this.#state), task);
    if (reply.is === "call") this.observe(this.#did(task, await reply.outcome.catch(failed)));
  }

  #runs(id: string, instance: Instance): void {
    if (usesSomething(instance)) this.#options.host.usageGrew();
    this.#endLater(id, instance);
  }

  #endLater(id: string, { runsForMs, runsSinceMs = this.#now(), exitCode }: Instance): void {
    if (runsForMs === Infinity) return;
    this.#later(Math.max(runsSinceMs + runsForMs - this.#now(), 0), () => {
      const { containers } = this.#options;
      if (containers.end(id, { exitCode, atMs: this.#now() })) this.#observeRuntime();
    });
  }

  #later(delayMs: number, act: () => void): void {
    const timer = this.#options.host.clock.after(delayMs, () => {
      this.#due.delete(timer);
      act();
    });
    this.#due.add(timer);
  }
}

/** Whatever goes wrong with a request, the kubelet goes on. */
const failed = (error: unknown): OutcomeOf<"writeStatus"> => ({
  ok: false,
  message: messageOf(error),
  isGone: false,
});

const probeTypes = ["startup", "readiness", "liveness"] as const;
