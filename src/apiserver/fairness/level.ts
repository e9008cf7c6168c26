/**
 * The seats of one priority level. While some are free they are taken at once; then requests wait in queues,
 * where the level has any, or are refused.
 */
import type { PriorityLevelConfigurationSpec } from "#api/flowcontrol/prioritylevelconfiguration.ts";
import type { Clock } from "#base/clock.ts";
import { sha256 } from "#base/hash.ts";
import type { Context } from "../context.ts";
import type { Demand } from "./demand.ts";
import type { Flow, Refusal } from "./flow.ts";
import { waitMsMax } from "./numbers.ts";
import { type Queue, Queues, type Waiting } from "./queues.ts";
import type { SeatLimits } from "./shares.ts";

export interface LevelOptions {
  readonly name: string;
  readonly clock: Clock;
  /** It has no seats for everybody. */
  readonly short: () => void;
}

export interface Wish {
  readonly flow: Flow;
  readonly width: number;
  readonly context: Context;
}

/** Gives the seats back. */
export type Leave = () => void;

const none: SeatLimits = { nominal: 0, min: 0, max: 0 };

export class Level {
  readonly name: string;
  uid = "";
  isExempt = false;
  /** It is gone, but requests of it are not. */
  isQuiescing = false;
  limits = none;
  /** How many seats it has now. */
  seats = 0;
  inUse = 0;
  executing = 0;
  waitingSeats = 0;
  /** Seats that would have been liked to have, lately: see Borrowing. */
  demand: Demand | undefined;
  smoothed = 0;
  #queues: Queues | undefined;
  /** Those that find no seat may wait. */
  #isQueuing = false;
  readonly #options: LevelOptions;

  constructor(options: LevelOptions) {
    this.name = options.name;
    this.#options = options;
  }

  get queues(): readonly Queue[] {
    return this.#queues?.all ?? [];
  }

  get waiting(): number {
    return this.#queues?.length ?? 0;
  }

  get isIdle(): boolean {
    return this.executing === 0 && this.waiting === 0;
  }

  configure(spec: PriorityLevelConfigurationSpec, uid: string): void {
    this.uid = uid;
    this.isQuiescing = false;
    this.isExempt = spec.type === "Exempt";
    const { type, queuing } = spec.limited?.limitResponse ?? {};
    this.#isQueuing = type === "Queue" && queuing !== undefined;
    // Who waits already goes on waiting, even where newcomers may not.
    if (!queuing || this.#queues?.isLike(queuing)) return;
    const before = this.#queues?.all.flatMap(({ waiting }) => waiting) ?? [];
    this.#queues = new Queues(queuing, this.#options.clock.monotonic());
    for (const one of before) this.#queues.add(one, true);
  }

  limit(limits: SeatLimits): void {
    this.limits = limits;
    this.resize(limits.nominal);
  }

  resize(seats: number): void {
    this.seats = seats;
    if (this.waiting > 0) this.#dispatch();
  }

  /** False: nobody may take any more now. */
  take(width: number): boolean {
    if (!this.isExempt && (this.waiting > 0 || !this.#fits(width))) return false;
    this.#occupy(width);
    return true;
  }

  leave(width: number): void {
    this.inUse -= width;
    this.executing--;
    this.#wanted();
    if (this.waiting > 0) this.#dispatch();
  }

  /** Until seats are free: how to leave them; or why there are none. */
  wait(wish: Wish, waitMs = waitMsMax): Promise<Leave | Refusal> {
    this.#options.short();
    const queues = this.#queues;
    if (!this.#isQueuing || !queues) return Promise.resolve("concurrency-limit");
    if (wish.context.request.signal.aborted) return Promise.resolve("cancelled");
    queues.pass(this.#options.clock.monotonic(), Math.min(this.inUse, this.seats));
    return new Promise((resolve) => this.#enqueue(queues, { ...wish, waitMs, resolve }));
  }

  #fits(width: number): boolean {
    // What is wider than the whole level has it to itself.
    return this.inUse + width <= this.seats || this.executing === 0;
  }

  #occupy(width: number): void {
    this.inUse += width;
    this.executing++;
    this.#wanted();
  }

  #wanted(): void {
    this.demand?.set(this.#options.clock.monotonic(), this.inUse + this.waitingSeats);
  }

  #enqueue(queues: Queues, wish: Entering): void {
    const { flow, width, context, waitMs, resolve } = wish;
    const { clock } = this.#options;
    const end = (outcome: Leave | Refusal): void => {
      timer[Symbol.dispose]();
      context.request.signal.removeEventListener("abort", cancel);
      flow.counts.waiting--;
      this.waitingSeats -= width;
      this.#wanted();
      resolve(outcome);
    };
    const giveUp = (why: Refusal): void => {
      this.#queues?.remove(one);
      end(why);
    };
    const cancel = (): void => giveUp("cancelled");
    const one: Waiting = {
      ...this.#identified(wish),
      start: (queue) => end(this.#leaver(one, queue)),
    };
    if (!queues.add(one)) {
      resolve("queue-full");
      return;
    }
    flow.counts.waiting++;
    this.waitingSeats += width;
    const timer = clock.after(waitMs, () => giveUp("time-out"));
    context.request.signal.addEventListener("abort", cancel, { once: true });
    this.#wanted();
    this.#dispatch();
  }

  #identified({ flow, width, context }: Wish): Omit<Waiting, "start"> {
    const distinguisher = flow.distinguish(context.user, context.info);
    const hash = Buffer.from(sha256(`${flow.name}\0${distinguisher}`)).readBigUInt64LE();
    const arrived = this.#options.clock.now();
    return { flow, width, context, distinguisher, hash, arrived };
  }

  /** Whoever was in a queue is charged to it. */
  #leaver(one: Waiting, queue: Queue): Leave {
    const { clock } = this.#options;
    const queues = this.#queues;
    const startedMs = clock.monotonic();
    return () => {
      const nowMs = clock.monotonic();
      queues?.pass(nowMs, Math.min(this.inUse, this.seats));
      queues?.end(queue, one, nowMs - startedMs);
      this.leave(one.width);
    };
  }

  #dispatch(): void {
    for (;;) {
      const queue = this.#queues?.next();
      const first = queue?.waiting[0];
      if (!queue || !first || !this.#fits(first.width)) return;
      this.#queues?.start(queue);
      this.#occupy(first.width);
      first.start(queue);
    }
  }
}

interface Entering extends Wish {
  readonly waitMs: number;
  readonly resolve: (outcome: Leave | Refusal) => void;
}
