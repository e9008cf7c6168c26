/** How far pods have come, and how long each step took, as a watch sees it. */
import type { Pod } from "#api/core/pod.ts";
import { isPodReady } from "#api/core/pod-conditions.ts";
import type { Clock } from "#base/clock.ts";
import type { Change } from "#client/informer.ts";
import { type Percentiles, Samples } from "./samples.ts";

interface Times {
  readonly createdMs: number;
  boundMs?: number;
  isReady?: true;
}

export class PodProgress {
  readonly #clock: Clock;
  readonly #times = new Map<string, Times>();
  readonly scheduling = new Samples();
  readonly starting = new Samples();
  #recent = new Samples();
  created = 0;
  scheduled = 0;
  /** Pods that became ready, once each. */
  started = 0;
  gone = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Pods that are ready now. */
  readonly #ready = new Set<string>();

  get ready(): number {
    return this.#ready.size;
  }

  /** How long those took that became ready since it was last asked. */
  recent(): Percentiles {
    const recent = this.#recent;
    this.#recent = new Samples();
    return recent.percentiles();
  }

  readonly observe = ({ object, isGone }: Pick<Change<Pod>, "object" | "isGone">): void => {
    const { uid = "" } = object.metadata;
    if (isGone) {
      if (this.#times.delete(uid)) this.gone++;
      this.#ready.delete(uid);
      return;
    }
    const nowMs = this.#clock.monotonic();
    const times = this.#times.get(uid) ?? this.#appeared(uid, nowMs);
    if (object.spec.nodeName && times.boundMs === undefined) {
      times.boundMs = nowMs;
      this.scheduled++;
      this.scheduling.add(nowMs - times.createdMs);
    }
    if (!isPodReady(object)) this.#ready.delete(uid);
    else this.#becameReady(uid, times, nowMs);
  };

  #appeared(uid: string, nowMs: number): Times {
    const times: Times = { createdMs: nowMs };
    this.#times.set(uid, times);
    this.created++;
    return times;
  }

  #becameReady(uid: string, times: Times, nowMs: number): void {
    this.#ready.add(uid);
    if (times.isReady) return;
    times.isReady = true;
    this.started++;
    this.starting.add(nowMs - times.createdMs);
    this.#recent.add(nowMs - times.createdMs);
  }
}
