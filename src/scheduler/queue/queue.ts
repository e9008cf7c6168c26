/**
 * The pods that wait for a node, in the order in which they are to be tried. Refused pods rest
 * until an event may help them; nothing is polled.
 * upstream: pkg/scheduler/backend/queue/scheduling_queue.go
 */
import type { BackoffOptions } from "#base/backoff.ts";
import { AssertionFailed } from "#base/assert.ts";
import { type Clock, minutes } from "#base/clock.ts";
import { Bell } from "#base/signal.ts";
import { type ClusterEvent, type EventName, targetPodUpdated } from "../cluster-event.ts";
import type { Plugin } from "../plugin.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import { BackOff, backoffEnd } from "./back-off.ts";
import { Heap } from "./heap.ts";
import type { Interests } from "./interests.ts";
import { type Place, QueuedPod } from "./queued-pod.ts";
import { RefusedPods } from "./refused-pods.ts";

export interface QueueObserver {
  /** A pod came to this part of the queue, because of this event. */
  readonly entered?: (place: Place, event: string) => void;
  readonly refused?: (queued: QueuedPod, isRefused: boolean) => void;
}

export interface QueueOptions {
  readonly clock: Clock;
  readonly interests: Interests;
  /** The one plugin that sorts. */
  readonly queueSort: Pick<Plugin, "name" | "queueSort">;
  /** The plugins that may keep this pod out. */
  readonly preEnqueue: (pod: PodInfo) => readonly Plugin[];
  /** Where they look. */
  readonly cluster: Snapshot;
  readonly observer?: QueueObserver;
  /** A plugin broke; `pod` is the one that it was asked to let in. */
  readonly onBroken?: (plugin: string, cause: unknown, pod?: PodInfo) => void;
  /** From one second to ten when absent. */
  readonly backoff?: BackoffOptions;
}

export type Outcome =
  | { readonly is: "refused"; readonly by: ReadonlySet<string> }
  | { readonly is: "failed" };

/** Whoever is there cannot be tried now. */
const out: ReadonlySet<Place> = new Set(["gated", "inFlight", "gone"]);

/** A plugin could not say whether it lets the pod in: it is asked again. */
const broken = Symbol("broken");

/** A refused pod is tried again after so long, whatever happened. */
const restMsMax = minutes(5);
/** Events kept for a pod that is waiting in the middle of its attempt. */
const eventsMax = 1_000;

export class SchedulingQueue implements Disposable {
  readonly #options: QueueOptions;
  readonly #pods = new Map<string, QueuedPod>();
  readonly #active: Heap<QueuedPod>;
  readonly #backoff: BackOff;
  readonly #errorBackoff: BackOff;
  readonly #refused = new RefusedPods();
  /** By the plugin that keeps them out. */
  readonly #gated = new Map<string, Set<QueuedPod>>();
  /** Pods being tried, with what happened meanwhile. */
  readonly #inFlight = new Map<QueuedPod, ClusterEvent[]>();
  readonly #bell = new Bell();
  #flushTimer: Disposable | undefined;
  /** Told once: it is asked all the time. */
  #isSortingBroken = false;
  #count = 0;

  constructor(options: QueueOptions) {
    this.#options = options;
    const ranksBefore = (a: QueuedPod, b: QueuedPod): boolean =>
      (this.#compared(a, b) || a.number - b.number) < 0;
    this.#active = new Heap(ranksBefore);
    const { clock } = options;
    const onDue = (): void => this.#takeDue();
    this.#backoff = new BackOff({ clock, ranksBefore, onDue });
    this.#errorBackoff = new BackOff({ clock, ranksBefore, onDue });
  }

  /** A pod without a node appeared. */
  add(pod: PodInfo): void {
    if (this.#pods.has(pod.uid)) return this.update(pod);
    const queued = new QueuedPod(pod, this.#now(), ++this.#count);
    this.#pods.set(pod.uid, queued);
    this.#enqueue(queued, "UnscheduledPodAdd");
  }

  /** It changed; a refused one is tried again when the change may help it. */
  update(pod: PodInfo): void {
    const queued = this.#pods.get(pod.uid);
    if (!queued) return this.add(pod);
    const before = queued.pod;
    const place = queued.place;
    if (place === "unschedulable") this.#refused.remove(queued);
    queued.pod = pod;
    if (place === "unschedulable") this.#refused.add(queued);
    if (place === "active") this.#active.moved(queued);
    if (place === "backoff") this.#backoff.moved(queued);
    const events = targetPodUpdated(before, pod);
    if (place === "inFlight") this.#inFlight.get(queued)?.push(...events);
    if (queued.heldBy !== undefined || (place !== "unschedulable" && place !== "gated")) return;
    const helpful = events.find((event) => this.#helps(queued, event));
    if (helpful) this.#requeue(queued, helpful.name);
  }

  delete(uid: string): void {
    const queued = this.#pods.get(uid);
    if (!queued) return;
    this.#pods.delete(uid);
    this.#leave(queued);
  }

  has(uid: string): boolean {
    return this.#pods.has(uid);
  }

  find(uid: string): QueuedPod | undefined {
    return this.#pods.get(uid);
  }

  /** The pod to try now. It is the caller's until `done` or `putBack`. */
  pop(): QueuedPod | undefined {
    const queued = this.#active.pop() ?? this.#backoff.take();
    return queued && this.#begin(queued);
  }

  /** As `pop`, but this pod: wherever it rests, unless it is kept out, or being tried. */
  take(uid: string): QueuedPod | undefined {
    const queued = this.#pods.get(uid);
    if (!queued || queued.heldBy !== undefined || out.has(queued.place)) return undefined;
    this.#leave(queued);
    return this.#begin(queued);
  }

  #begin(queued: QueuedPod): QueuedPod {
    queued.place = "inFlight";
    queued.attempts++;
    queued.firstAttemptMs ??= this.#now();
    this.#inFlight.set(queued, []);
    return queued;
  }

  /** Resolves when there is something to pop, or `signal` aborts. */
  async ready(signal: AbortSignal): Promise<void> {
    while (this.#active.size + this.#backoff.size === 0 && !signal.aborted)
      await this.#bell.heard(signal);
  }

  /** What happens from now on no longer matters for its attempt. */
  done(queued: QueuedPod): void {
    this.#inFlight.delete(queued);
    if (this.#pods.get(queued.pod.uid) === queued) this.#pods.delete(queued.pod.uid);
  }

  /** It is not to be tried before `release`, whatever happens. */
  hold(queued: QueuedPod, plugin: string): void {
    queued.heldBy = plugin;
  }

  /** Tried again at once because of `event`; without one it goes on resting until something happens. */
  release(queued: QueuedPod, event: EventName | undefined): void {
    queued.heldBy = undefined;
    const { place } = queued;
    if (place !== "gated" && place !== "unschedulable") return;
    if (!event && place !== "gated") return;
    this.#leave(queued);
    queued.gatedBy = undefined;
    if (event) return this.#enqueue(queued, event);
    this.#enter(queued, "unschedulable", "ScheduleAttemptFailure");
  }

  /** Its attempt ended without a node. */
  putBack(queued: QueuedPod, outcome: Outcome): void {
    const missed = this.#inFlight.get(queued) ?? [];
    this.#inFlight.delete(queued);
    // It was deleted, or bound by someone else, while it was tried.
    if (queued.place === "gone") return;
    this.#pods.set(queued.pod.uid, queued);
    queued.sinceMs = this.#now();
    if (outcome.is === "failed") {
      queued.errors++;
      queued.refusedBy = new Set();
      return this.#enter(queued, "errorBackoff", "ScheduleAttemptFailure");
    }
    queued.errors = 0;
    queued.refusals++;
    queued.refusedBy = outcome.by;
    const helpful = missed.find((event) => this.#helps(queued, event));
    if (helpful || missed.length >= eventsMax) this.#requeue(queued, "ScheduleAttemptFailure");
    else this.#enter(queued, "unschedulable", "ScheduleAttemptFailure");
  }

  /**
   * Something changed in the cluster: pods that it may help are tried again. But not the pod that
   * caused it by letting go of its node.
   */
  happened(event: ClusterEvent, except?: QueuedPod): void {
    const interested = this.#options.interests.in(event.name);
    for (const [queued, events] of this.#inFlight) {
      if (queued !== except && events.length < eventsMax) events.push(event);
    }
    if (this.#refused.size > 0) {
      for (const queued of this.#refused.helpedBy(event, interested))
        this.#requeue(queued, event.name);
    }
    for (const { plugin, hint } of this.#gated.size > 0 ? interested : []) {
      for (const queued of this.#gatedBy(plugin)) {
        if (queued.heldBy === undefined && hint(queued.pod, event))
          this.#requeue(queued, event.name);
      }
    }
  }

  #gatedBy(plugin: string): readonly QueuedPod[] {
    return this.#gated.get(plugin)?.values().toArray() ?? [];
  }

  counts(): { readonly [place in Exclude<Place, "inFlight" | "errorBackoff" | "gone">]: number } {
    return {
      active: this.#active.size,
      backoff: this.#backoff.size + this.#errorBackoff.size,
      unschedulable: this.#refused.size,
      gated: [...this.#gated.values()].reduce((sum, { size }) => sum + size, 0),
    };
  }

  [Symbol.dispose](): void {
    this.#backoff[Symbol.dispose]();
    this.#errorBackoff[Symbol.dispose]();
    this.#flushTimer?.[Symbol.dispose]();
  }

  #helps(queued: QueuedPod, event: ClusterEvent): boolean {
    if (queued.refusedBy.size === 0 && queued.gatedBy === undefined) return true;
    return this.#options.interests
      .in(event.name)
      .some(
        ({ plugin, hint }) =>
          (plugin === queued.gatedBy || queued.refusedBy.has(plugin)) && hint(queued.pod, event),
      );
  }

  /** Back to where it can be popped, once its delay is over. */
  #requeue(queued: QueuedPod, event: string): void {
    this.#leave(queued);
    queued.backoffUntilMs = queued.refusals > 0 ? backoffEnd(queued, this.#options.backoff) : 0;
    const isBackingOff = queued.backoffUntilMs > this.#now();
    this.#enqueue(queued, event, isBackingOff ? "backoff" : "active");
  }

  #enqueue(queued: QueuedPod, event: string, place: "active" | "backoff" = "active"): void {
    const { pod, heldBy } = queued;
    const gate = this.#gateFor(pod);
    queued.gatedBy = heldBy ?? (gate === broken ? undefined : gate);
    if (gate === broken && heldBy === undefined) {
      queued.errors++;
      queued.sinceMs = this.#now();
      return this.#enter(queued, "errorBackoff", "ScheduleAttemptFailure");
    }
    this.#enter(queued, queued.gatedBy === undefined ? place : "gated", event);
  }

  /** The plugin that keeps it out. */
  #gateFor(pod: PodInfo): string | typeof broken | undefined {
    const { cluster, preEnqueue, onBroken } = this.#options;
    for (const { name, preEnqueue: refusal } of preEnqueue(pod)) {
      try {
        if (refusal?.(pod, cluster)) return name;
      } catch (cause) {
        if (cause instanceof AssertionFailed) throw cause;
        onBroken?.(name, cause, pod);
        return broken;
      }
    }
    return undefined;
  }

  /** Where the plugin that sorts cannot tell, they come as they came. */
  #compared(a: QueuedPod, b: QueuedPod): number {
    const { queueSort, onBroken } = this.#options;
    try {
      return queueSort.queueSort?.(a, b) ?? 0;
    } catch (cause) {
      if (cause instanceof AssertionFailed) throw cause;
      if (!this.#isSortingBroken) onBroken?.(queueSort.name, cause);
      this.#isSortingBroken = true;
      return 0;
    }
  }

  #enter(queued: QueuedPod, place: Exclude<Place, "inFlight" | "gone">, event: string): void {
    queued.place = place;
    this.#options.observer?.entered?.(place, event);
    switch (place) {
      case "active":
        this.#active.push(queued);
        return this.#bell.ring();
      case "backoff":
        this.#backoff.add(queued);
        return this.#bell.ring();
      case "errorBackoff":
        queued.backoffUntilMs = backoffEnd(queued, this.#options.backoff);
        return this.#errorBackoff.add(queued);
      case "unschedulable":
        this.#options.observer?.refused?.(queued, true);
        this.#refused.add(queued);
        return this.#setFlushTimer();
      case "gated":
        this.#gateOf(queued).add(queued);
    }
  }

  #leave(queued: QueuedPod): void {
    if (queued.place === "unschedulable") this.#options.observer?.refused?.(queued, false);
    this.#active.remove(queued);
    this.#backoff.remove(queued);
    this.#errorBackoff.remove(queued);
    this.#refused.remove(queued);
    if (queued.place === "gated") this.#ungate(queued);
    this.#inFlight.delete(queued);
    queued.place = "gone";
  }

  #gateOf({ gatedBy = "" }: QueuedPod): Set<QueuedPod> {
    const others = this.#gated.get(gatedBy) ?? new Set();
    this.#gated.set(gatedBy, others);
    return others;
  }

  #ungate(queued: QueuedPod): void {
    const others = this.#gateOf(queued);
    others.delete(queued);
    if (others.size === 0) this.#gated.delete(queued.gatedBy ?? "");
  }

  #takeDue(): void {
    for (const backoff of [this.#backoff, this.#errorBackoff]) {
      for (const queued of backoff.takeDue()) this.#enqueue(queued, "BackoffComplete");
    }
  }

  #setFlushTimer(): void {
    if (this.#flushTimer || this.#refused.size === 0) return;
    const oldest = this.#refused.oldest();
    const dueMs = (oldest?.sinceMs ?? 0) + restMsMax;
    this.#flushTimer = this.#options.clock.after(Math.max(dueMs - this.#now(), 0), () => {
      this.#flushTimer = undefined;
      this.#flush();
    });
  }

  /** Hints may be wrong, events may be missed: nobody rests for ever. */
  #flush(): void {
    const dueMs = this.#now() - restMsMax;
    for (const queued of this.#refused.all()) {
      if (queued.sinceMs > dueMs) break;
      this.#requeue(queued, "UnschedulableTimeout");
    }
    this.#setFlushTimer();
  }

  #now(): number {
    return this.#options.clock.monotonic();
  }
}
