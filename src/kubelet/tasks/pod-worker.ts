/**
 * Runs one pod's state machine against the real world: performs what it wants, tells it what
 * happened. All decisions are the machine's.
 */
import type { Pod } from "#api/core/pod.ts";
import { AssertionFailed } from "#base/assert.ts";
import { seconds, sleep } from "#base/clock.ts";
import { messageOf } from "#base/failure.ts";
import type { Log } from "#base/log.ts";
import type { MountedVolumes } from "../container/mounts.ts";
import { Bell } from "#base/signal.ts";
import type { Effect, Observation, Task } from "../pod/effects.ts";
import { PodWork, podStarts } from "../numbers/pod-work.ts";
import { forgetProbes, noteProbe } from "../numbers/probes.ts";
import { noteAccepted, noteResizes, type Step, triggerOf } from "../numbers/resizes.ts";
import { type Ended, noteTask } from "../numbers/tasks.ts";
import type { PodRuntime } from "../pod/observed.ts";
import type { PodState } from "../pod/state.ts";
import { step } from "../pod/step.ts";
import { volumeReferences } from "../volumes/pod-volumes.ts";
import type { OutcomeOf, TaskName } from "../pod/effects.ts";
import type { Job, VolumeShelf, Workshop } from "./job.ts";
import { PodLook } from "./look.ts";
import { performers, touchesRuntime } from "./performers.ts";

interface WorkerOptions {
  readonly state: PodState;
  readonly workshop: Workshop;
  /** Called once, when it needs nothing of the node any more. */
  readonly ended: () => void;
  /** Called once, when nothing is left to do. */
  readonly gone: () => void;
}

export class PodWorker implements Disposable {
  readonly #options: WorkerOptions;
  readonly #look: PodLook;
  readonly #log: Log;
  readonly #stop = new AbortController();
  readonly #shelf: VolumeShelf = { mounted: new Map() };
  readonly #news = new Bell();
  #state: PodState;
  #timer: Disposable | undefined;
  #looking: Promise<PodRuntime | undefined> = Promise.resolve(undefined);
  #nextLook: Promise<PodRuntime | undefined> | undefined;
  #followed: readonly Disposable[] = [];
  #followedKey = "";
  readonly #work: PodWork;
  /** On the clock that never goes back. */
  readonly #seenMs: number;
  /** Why the node was asked last for other resources. */
  #askedBecause = "";

  constructor(options: WorkerOptions) {
    const { state, workshop } = options;
    const { uid, namespace, name } = state;
    this.#options = options;
    this.#state = state;
    this.#work = new PodWork(workshop);
    this.#seenMs = workshop.clock.monotonic();
    this.#log = workshop.log.with({ pod: `${namespace}/${name}`, uid });
    const { runtime, disk, allocations } = workshop;
    const resizedOf = (id: string) => allocations.find(uid)?.resized[id];
    this.#look = new PodLook({ runtime, disk, uid, resizedOf });
    this.#follow(state.pod);
  }

  get state(): PodState {
    return this.#state;
  }

  /** In place, since they were looked at last. */
  get volumes(): MountedVolumes {
    return this.#shelf.mounted;
  }

  /** Resolves at the next observation, or when `signal` aborts. */
  observed(signal: AbortSignal): Promise<void> {
    return this.#news.heard(signal);
  }

  /** The first look sets everything in motion. */
  start(): void {
    void this.observeRuntime();
  }

  /** Something happened to the pod's containers. */
  async observeRuntime(): Promise<void> {
    const runtime = await this.#lookAgain();
    if (runtime) this.observe({ is: "runtime", runtime, atMs: this.#now() });
  }

  observe(observation: Observation): void {
    if (this.#stop.signal.aborted) return;
    const judged = this.#judge(observation);
    if (!judged) return;
    const [state, effects] = judged;
    const before = this.#state;
    if (state.pod !== before.pod) this.#follow(state.pod);
    const hasEnded = state.life.at === "ended" && this.#state.life.at !== "ended";
    this.#state = state;
    this.#news.ring();
    this.#timer?.[Symbol.dispose]();
    this.#note({ before, after: state, observation });
    for (const effect of effects) this.#begin(effect, observation);
    if (hasEnded) this.#options.ended();
    if (state.life.at !== "gone") return;
    this[Symbol.dispose]();
    this.#options.gone();
  }

  /** A pod that is beyond understanding must not take the others with it. */
  #judge(observation: Observation): ReturnType<typeof step> | undefined {
    try {
      return step(this.#state, observation);
    } catch (cause) {
      if (cause instanceof AssertionFailed) throw cause;
      this.#log.error("pod is not understood", { seen: observation.is, cause: stackOf(cause) });
      return undefined;
    }
  }

  #note(seen: Step): void {
    const { before, after, observation } = seen;
    const { metrics, clock } = this.#options.workshop;
    noteResizes(metrics, seen);
    const isAllocated = observation.is === "did" && observation.do === "allocate";
    if (isAllocated && before.pod && after.resize?.given !== before.resize?.given)
      noteAccepted(metrics, before.pod, this.#askedBecause);
    const starts = before.pod?.status.phase === "Pending" && after.pod?.status.phase === "Running";
    if (starts) podStarts(metrics).observe((clock.monotonic() - this.#seenMs) / 1_000);
  }

  [Symbol.dispose](): void {
    forgetProbes(this.#options.workshop.probeMetrics, this.#state);
    this.#stop.abort();
    this.#timer?.[Symbol.dispose]();
    for (const followed of this.#followed) followed[Symbol.dispose]();
  }

  #now(): number {
    return this.#options.workshop.clock.now();
  }

  #begin(effect: Effect, cause: Observation): void {
    const { clock, recorder } = this.#options.workshop;
    if (effect.do === "wakeAt") {
      const delayMs = Math.max(effect.atMs - clock.now(), 0);
      const wake = (): void => this.observe({ is: "time", atMs: clock.now() });
      this.#timer = clock.after(delayMs, wake);
    } else if (effect.do === "event") {
      if (this.#state.pod) recorder.record(subjectOf(this.#state.pod, effect), effect);
    } else {
      if (effect.do === "allocate") this.#askedBecause = triggerOf(cause);
      this.#work.begin(effect.do, cause.is);
      void this.#perform(effect);
    }
  }

  async #perform(task: Task): Promise<void> {
    const { workshop } = this.#options;
    const { signal } = this.#stop;
    this.#log.debug("task", { ...task });
    const state = this.#state;
    const job = { workshop, state, volumes: this.#shelf, signal };
    const startMs = workshop.clock.monotonic();
    const outcome = await runTask(job, task);
    const took = (workshop.clock.monotonic() - startMs) / 1_000;
    const ended = { task, outcome, seconds: took, state };
    noteTask(workshop.metrics, ended);
    if (task.do === "probe") noteProbe(workshop.probeMetrics, ended as Ended<"probe">);
    if (!outcome.ok) this.#log.info("task failed", { task: task.do, cause: outcome.message });
    // What cannot be made may be there already.
    const isNews = touchesRuntime.has(task.do) || (task.do === "createContainer" && !outcome.ok);
    const runtime = isNews ? await this.#lookAgain() : undefined;
    const did = { is: "did", do: task.do, task, outcome, atMs: this.#now() };
    this.observe({ ...did, ...(runtime ? { runtime } : {}) } as Observation);
    this.#work.end(task.do);
  }

  /**
   * What is seen was the case after the call. Who asks while a look is under way shares the next
   * one; so looks are reported in the order in which they were taken.
   */
  #lookAgain(): Promise<PodRuntime | undefined> {
    this.#nextLook ??= this.#looking.then(() => {
      this.#looking = this.#lookUntilSeen();
      this.#nextLook = undefined;
      return this.#looking;
    });
    return this.#nextLook;
  }

  /** Undefined only when the worker is stopped. */
  async #lookUntilSeen(): Promise<PodRuntime | undefined> {
    const { signal } = this.#stop;
    const { clock } = this.#options.workshop;
    while (!signal.aborted) {
      try {
        return await this.#look.take();
      } catch (error) {
        this.#log.info("runtime does not tell", { cause: messageOf(error) });
      }
      await sleep(clock, seconds(1), signal);
    }
    return undefined;
  }

  /** The objects in its volumes are watched for as long as the pod runs. */
  #follow(pod: Pod | undefined): void {
    const references = pod ? volumeReferences(pod) : [];
    const key = references.map(({ kind, name }) => `${kind}/${name}`).join();
    if (key === this.#followedKey) return;
    const before = this.#followed;
    const { objects } = this.#options.workshop;
    const { namespace } = this.#state;
    const changed = (): void => this.observe({ is: "objects", atMs: this.#now() });
    this.#followedKey = key;
    this.#followed = references.map((reference) => objects.follow(namespace, reference, changed));
    for (const followed of before) followed[Symbol.dispose]();
  }
}

const stackOf = (cause: unknown): string =>
  cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);

/** Whatever goes wrong with one task of one pod, the kubelet goes on. */
async function runTask(job: Job, task: Task): Promise<OutcomeOf<TaskName>> {
  const perform = performers[task.do] as (job: Job, task: Task) => Promise<OutcomeOf<TaskName>>;
  try {
    return await perform(job, task);
  } catch (error) {
    const message = messageOf(error);
    return { ok: false, message, volumes: [], reason: "CreateContainerError", isGone: false };
  }
}

type EventEffect = Extract<Effect, { do: "event" }>;

const subjectOf = ({ metadata }: Pod, { fieldPath }: EventEffect) => ({
  apiVersion: "v1",
  kind: "Pod",
  namespace: metadata.namespace,
  name: metadata.name ?? "",
  uid: metadata.uid,
  resourceVersion: metadata.resourceVersion,
  fieldPath,
});
