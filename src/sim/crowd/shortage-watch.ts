/**
 * Sees to it that pods of a node in the crowd are evicted when it runs short of something: by the
 * kubelet's own evictor, which runs only while there is something for it to do. Whole kubelets look
 * every ten seconds. Here what containers use is up to rules, and never shrinks while they run: so it
 * is known beforehand which of these looks is the first that finds something, and nobody looks before.
 */
import { isPassed } from "#kubelet/eviction/assess.ts";
import { Evictor, type EvictorOptions, lookPeriodMs } from "#kubelet/eviction/evictor.ts";
import type { Meter } from "#kubelet/eviction/measure.ts";
import { noFiles, type PodUsage } from "#kubelet/eviction/pod-usage.ts";
import { observationsOf } from "#kubelet/eviction/signals.ts";
import { hasStorageLimits, storageExcess } from "#kubelet/eviction/storage-limits.ts";
import { defaultEviction } from "#kubelet/eviction/thresholds.ts";
import type { Pressures } from "#kubelet/node/pressures.ts";
import { runningContainers } from "#kubelet/pod/observed.ts";
import { demandOf, roomBeside } from "../nodes/demand.ts";
import { ageMs, type Instance, writtenBytes } from "../nodes/instance.ts";
import type { NodeOptions } from "../nodes/machine.ts";
import { courseAt } from "../nodes/usage.ts";
import type { CrowdPod } from "./crowd-pod.ts";

interface ShortageOptions extends Omit<EvictorOptions, "meter" | "pods"> {
  readonly node: NodeOptions;
  readonly pods: { readonly workers: Iterable<CrowdPod> };
  /** When its kubelet started to look, on the clock that never goes back. */
  readonly startedMs: number;
  readonly failed: (cause: unknown) => void;
}

export class ShortageWatch {
  readonly #options: ShortageOptions;
  readonly #signal: AbortSignal;
  readonly #evictor: Evictor;
  /** When some look took place: others come so many periods later. */
  #lookMs: number;
  #timer: Disposable | undefined;
  #isRelieving = false;

  constructor(options: ShortageOptions, signal: AbortSignal) {
    this.#options = options;
    this.#signal = signal;
    this.#lookMs = options.startedMs;
    this.#evictor = new Evictor({ ...options, meter: this.#meter });
    signal.addEventListener("abort", () => this.#timer?.[Symbol.dispose](), { once: true });
  }

  get pressures(): Pressures {
    return this.#evictor.pressures;
  }

  /** A container runs that uses something: the next look may find it too much. */
  usageGrew(): void {
    const { clock } = this.#options;
    const sinceMs = (clock.monotonic() - this.#lookMs) % lookPeriodMs;
    this.#lookIn(lookPeriodMs - sinceMs);
  }

  #lookIn(delayMs: number): void {
    if (this.#isRelieving || this.#signal.aborted) return;
    this.#timer?.[Symbol.dispose]();
    this.#timer = this.#options.clock.after(delayMs, () => {
      this.#look().catch(this.#options.failed);
    });
  }

  async #look(): Promise<void> {
    const { clock } = this.#options;
    this.#timer = undefined;
    this.#lookMs = clock.monotonic();
    if (this.#isShortAt(clock.now())) {
      this.#isRelieving = true;
      await this.#evictor.relieve(this.#signal);
      this.#isRelieving = false;
      this.#lookMs = clock.monotonic();
    }
    const looks = this.#looksUntilShort();
    if (looks !== undefined) this.#lookIn(looks * lookPeriodMs);
  }

  /** Undefined when there will always be enough, unless containers start. */
  #looksUntilShort(): number | undefined {
    const nowMs = this.#options.clock.now();
    const isShortAfter = (looks: number): boolean => this.#isShortAt(nowMs + looks * lookPeriodMs);
    let last = Math.max(Math.ceil((this.#grownAtMs() - nowMs) / lookPeriodMs), 1);
    if (!isShortAfter(last)) return undefined;
    // It only grows: there is a first one, which halving finds.
    for (let first = 1; first < last;) {
      const middle = (first + last) >> 1;
      if (isShortAfter(middle)) last = middle;
      else first = middle + 1;
    }
    return last;
  }

  /** When everything is as big as it gets. */
  #grownAtMs(): number {
    let atMs = -Infinity;
    for (const { usage, runsSinceMs = -Infinity } of this.#instances())
      for (const { overMs } of [usage.memory, usage.disk, usage.processes])
        atMs = Math.max(atMs, runsSinceMs + overMs);
    return atMs;
  }

  *#instances(): Iterable<Instance> {
    for (const { containers } of this.#options.pods.workers) yield* containers.instances;
  }

  #isShortAt(atMs: number): boolean {
    const { settings = defaultEviction, pods } = this.#options;
    const observed = observationsOf(this.#roomAt(atMs));
    if (settings.thresholds.some((threshold) => isPassed(threshold, observed))) return true;
    return [...pods.workers].some((pod) => isOverfullAt(pod, atMs));
  }

  #roomAt(atMs: number) {
    return roomBeside(demandOf(this.#instances(), atMs), this.#options.node);
  }

  readonly #meter: Pick<Meter, "machine" | "pods"> = {
    machine: async () => this.#roomAt(this.#options.clock.now()),
    pods: async (states) => {
      const atMs = this.#options.clock.now();
      const uids = new Set(states.map(({ uid }) => uid));
      const asked = [...this.#options.pods.workers].filter(({ state }) => uids.has(state.uid));
      return new Map(asked.map((pod) => [pod.state.uid, usageAt(pod, atMs)]));
    },
  };
}

function isOverfullAt(worker: CrowdPod, atMs: number): boolean {
  const { pod } = worker.state;
  if (!pod || !hasStorageLimits(pod)) return false;
  return storageExcess(pod, usageAt(worker, atMs), { hasOwnImageFs: false }) !== undefined;
}

/** Its volumes are not there: nobody writes to them. */
function usageAt({ containers }: CrowdPod, atMs: number): PodUsage {
  let [memoryBytes, processes] = [0, 0];
  const each = runningContainers(containers.runtime).flatMap(({ id, name }) => {
    const instance = containers.instance(id);
    const age = instance && ageMs(instance, atMs);
    if (!instance || age === undefined) return [];
    const own = courseAt(instance.usage.memory, age);
    memoryBytes += own;
    processes += courseAt(instance.usage.processes, age);
    const root = { bytes: writtenBytes(instance, atMs), inodes: 0 };
    return [{ name, memoryBytes: own, root, logs: noFiles }];
  });
  return { memoryBytes, processes, containers: each, volumes: new Map() };
}

/** Nobody has to look because of a container that uses nothing. */
export const usesSomething = ({ usage }: Instance): boolean =>
  usage.memory.to > 0 || usage.disk.to > 0 || usage.processes.to > 0;
