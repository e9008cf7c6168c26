/**
 * Keeps the node from running out of memory, disk and process ids: looks every few seconds, tells
 * when something runs short, makes room where nobody misses it, and else has one pod after the other go.
 * upstream: pkg/kubelet/eviction/eviction_manager.go
 * differs: events about evictions have no annotations (offending_containers, starved_resource).
 */
import { isPodTerminal } from "#api/core/pod-conditions.ts";
import type { Pod } from "#api/core/pod.ts";
import { type Clock, seconds, sleep } from "#base/clock.ts";
import type { Log } from "#base/log.ts";
import type { Metrics } from "#base/metrics.ts";
import type { EventRecorder } from "#client/events.ts";
import type { ImageCollector } from "../images/image-collector.ts";
import type { Pressures } from "../node/pressures.ts";
import { nodeSubject } from "../node/subject.ts";
import { isCritical } from "../pod/critical.ts";
import type { PodWorker } from "../tasks/pod-worker.ts";
import { assess, isResolved, noShortage, type Shortage } from "./assess.ts";
import type { Meter, Question } from "./measure.ts";
import { evictionMessage } from "./message.ts";
import { ranked } from "./ranking.ts";
import { type MachineRoom, observationsOf, type SignalName, signalOf } from "./signals.ts";
import { hasStorageLimits, storageExcess } from "./storage-limits.ts";
import { defaultEviction, type EvictionSettings, isHard, type Threshold } from "./thresholds.ts";

/** The worker of a pod, as far as it matters here. */
export type Evictable = Pick<PodWorker, "state" | "observe" | "observed">;

export interface EvictorOptions {
  readonly meter: Pick<Meter, "machine" | "pods">;
  readonly pods: { readonly workers: Iterable<Evictable> };
  readonly images: Pick<ImageCollector, "removeUnused">;
  readonly recorder: Pick<EventRecorder, "record">;
  readonly nodeName: string;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly log: Log;
  readonly settings?: EvictionSettings | undefined;
  /** The node has other pressures than before. */
  readonly changed: () => void;
}

export const lookPeriodMs = seconds(10);
/** So long the next look waits for an evicted pod to end. */
const endMsMax = seconds(30);
const removalMsMax = seconds(10);
/** What is written may take long to count: so many times as long nobody counts it again. */
const restFactor = 20;
const hurriedGraceSeconds = 1;

/** A worker whose pod can still be asked to go. */
interface Tenant {
  readonly worker: Evictable;
  readonly pod: Pod;
}

interface Verdict {
  readonly signal: string;
  readonly message: string;
  readonly graceSeconds: number;
  readonly isDisruption: boolean;
}

interface Patience {
  readonly limitMs: number;
  readonly signal: AbortSignal;
}

export class Evictor {
  readonly #options: EvictorOptions;
  readonly #settings: EvictionSettings;
  #shortage: Shortage = noShortage;
  /** When what pods wrote may be counted again. */
  #countAtMs = -Infinity;

  constructor(options: EvictorOptions) {
    this.#options = options;
    this.#settings = options.settings ?? defaultEviction;
  }

  get pressures(): Pressures {
    return this.#shortage.pressures;
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) await this.#turn(signal);
  }

  /** As `run`, until nothing runs short any more and no pressure is left: the next look is due then. */
  async relieve(signal: AbortSignal): Promise<void> {
    do await this.#turn(signal);
    while (!signal.aborted && (this.#shortage.sinceMs.size > 0 || this.pressures.size > 0));
  }

  /** A look, what follows of it, and the time to the next one. */
  async #turn(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options;
    let evicted: readonly Evictable[] = [];
    try {
      evicted = await this.#round(signal);
    } catch (error) {
      if (!signal.aborted) log.warn("looking for pods to evict failed", { cause: String(error) });
    }
    if (evicted.length === 0) await sleep(clock, lookPeriodMs, signal);
    else await this.#until(evicted, hasEnded, { limitMs: endMsMax, signal });
  }

  /** Only looks: nothing is done about it. */
  async #look(): Promise<MachineRoom> {
    const { meter, clock, changed } = this.#options;
    const machine = await meter.machine();
    const before = this.pressures;
    this.#shortage = assess(this.#shortage, {
      settings: this.#settings,
      observed: observationsOf(machine),
      atMs: clock.monotonic(),
    });
    if (this.pressures !== before) changed();
    return machine;
  }

  /** Returns whom it made go. */
  async #round(signal: AbortSignal): Promise<readonly Evictable[]> {
    const machine = await this.#look();
    const overfull = await this.#enforceLimits(machine, signal);
    const [worst] = this.#shortage.due;
    if (overfull.length > 0 || !worst) return overfull;
    const { recorder, nodeName } = this.#options;
    const { starved } = signalOf(worst.signal);
    const message = `Attempting to reclaim ${starved}`; // exact: kubelet
    const event = { type: "Warning", reason: "EvictionThresholdMet", message } as const;
    recorder.record(nodeSubject(nodeName), event);
    if (await this.#reclaim(worst.signal, machine, signal)) return [];
    return this.#evictOne(worst, machine, signal);
  }

  #tenants(): readonly Tenant[] {
    return [...this.#options.pods.workers].flatMap((worker) => {
      const { pod, life, verdict, isForgotten } = worker.state;
      const isThere = life.at === "running" || life.at === "ending";
      if (!pod || !isThere || verdict || isForgotten || isPodTerminal(pod)) return [];
      return [{ worker, pod }];
    });
  }

  #usages(tenants: readonly Tenant[], question: Question) {
    const states = tenants.map(({ worker }) => worker.state);
    return this.#options.meter.pods(states, question);
  }

  /** Pods that wrote more than they may, all of them. */
  async #enforceLimits(
    { hasOwnImageFs }: MachineRoom,
    signal: AbortSignal,
  ): Promise<readonly Evictable[]> {
    const { clock } = this.#options;
    const limited = this.#tenants().filter(({ pod }) => hasStorageLimits(pod));
    const startMs = clock.monotonic();
    if (limited.length === 0 || startMs < this.#countAtMs) return [];
    const usages = await this.#usages(limited, { starved: "ephemeral-storage", signal });
    this.#countAtMs = startMs + (clock.monotonic() - startMs) * restFactor;
    return limited.flatMap(({ worker, pod }) => {
      const usage = usages.get(worker.state.uid);
      const excess = usage && storageExcess(pod, usage, { hasOwnImageFs });
      const manner = { graceSeconds: hurriedGraceSeconds, isDisruption: false };
      return excess && this.#evict({ worker, pod }, { ...excess, ...manner }) ? [worker] : [];
    });
  }

  /** What nobody uses goes first. True when that was enough. */
  async #reclaim(name: SignalName, machine: MachineRoom, signal: AbortSignal): Promise<boolean> {
    const { of } = signalOf(name);
    // Images, and what dead containers wrote, lie on the disk of images.
    if (!of || (machine.hasOwnImageFs && of === "nodeFs")) return false;
    const { pods, images, clock, meter, log } = this.#options;
    const workers = [...pods.workers];
    for (const worker of workers) worker.observe({ is: "reclaim", atMs: clock.now() });
    await this.#until(workers, hasNoRemains, { limitMs: removalMsMax, signal });
    try {
      await images.removeUnused();
    } catch (error) {
      log.warn("images cannot be removed", { cause: String(error) });
    }
    const observed = observationsOf(await meter.machine());
    return this.#settings.thresholds.every((threshold) => isResolved(threshold, observed));
  }

  /** The first in rank that can go at all. */
  async #evictOne(
    worst: Threshold,
    machine: MachineRoom,
    signal: AbortSignal,
  ): Promise<readonly Evictable[]> {
    const tenants = this.#tenants();
    const { starved, of } = signalOf(worst.signal);
    const usages = await this.#usages(tenants, { starved, signal });
    const candidates = tenants.map((one) => ({ ...one, usage: usages.get(one.worker.state.uid) }));
    const on = machine.hasOwnImageFs ? of : undefined;
    const cause = { starved, due: this.#shortage.due, observed: observationsOf(machine) };
    const graceSeconds = isHard(worst) ? hurriedGraceSeconds : this.#settings.graceSecondsMax;
    for (const candidate of ranked(candidates, { starved, on })) {
      const message = evictionMessage(candidate, cause);
      const { signal: name } = worst;
      if (this.#evict(candidate, { signal: name, message, graceSeconds, isDisruption: true }))
        return [candidate.worker];
    }
    this.#options.log.warn("nobody is left to evict", { starved });
    return [];
  }

  /** False when it is not to go, whatever the need. */
  #evict({ worker, pod }: Tenant, { signal, ...verdict }: Verdict): boolean {
    const { recorder, metrics, clock, log } = this.#options;
    if (isCritical(pod)) return false;
    const { message } = verdict;
    const { namespace, name } = worker.state;
    log.info("evicting pod", { pod: `${namespace}/${name}`, signal });
    recorder.record(pod, { type: "Warning", reason, message });
    worker.observe({ is: "evicted", reason, ...verdict, atMs: clock.now() });
    metrics
      .counter("kubelet_evictions", "Cumulative number of pod evictions by eviction signal", [
        "eviction_signal",
      ])
      .with(signal)
      .inc();
    return true;
  }

  /** Until it holds for all of them, or time is up. */
  async #until(
    workers: readonly Evictable[],
    holds: (worker: Evictable) => boolean,
    { limitMs, signal }: Patience,
  ): Promise<void> {
    const patience = new AbortController();
    const both = AbortSignal.any([patience.signal, signal]);
    const isOver = sleep(this.#options.clock, limitMs, both).then(() => patience.abort());
    const waits = workers.map(async (worker) => {
      while (!both.aborted && !holds(worker)) await worker.observed(both);
    });
    await Promise.all(waits);
    patience.abort();
    await isOver;
  }
}

const reason = "Evicted"; // exact: kubelet

const hasEnded = ({ state }: Evictable): boolean =>
  state.life.at !== "running" && state.life.at !== "ending" && state.life.at !== "releasing";

const hasNoRemains = ({ state }: Evictable): boolean =>
  state.life.at !== "ended" ||
  (state.runtime?.containers ?? []).every((container) => container.state !== "exited");
