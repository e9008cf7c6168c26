/**
 * Moves seats from levels that do not need them to levels that are short of them. A cluster where nobody is
 * short has each level at its nominal size, and no timer.
 * upstream: staging/src/k8s.io/apiserver/pkg/util/flowcontrol/apf_controller.go#updateBorrowing
 */
import type { Clock } from "#base/clock.ts";
import { Demand } from "./demand.ts";
import type { Level } from "./level.ts";
import { adjustMs, demandMemory } from "./numbers.ts";
import { allocate } from "./shares.ts";

export class Borrowing implements Disposable {
  readonly #clock: Clock;
  readonly #levels: () => Iterable<Level>;
  #timer: Disposable | undefined;
  #isOver = false;

  constructor(clock: Clock, levels: () => Iterable<Level>) {
    this.#clock = clock;
    this.#levels = levels;
  }

  /** Somebody is short: from now on demand is watched. */
  start(): void {
    if (this.#timer || this.#isOver) return;
    const now = this.#clock.monotonic();
    for (const level of this.#levels())
      level.demand ??= new Demand(now, level.inUse + level.waitingSeats);
    this.#timer = this.#clock.after(adjustMs, () => this.#adjust());
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    this.#timer?.[Symbol.dispose]();
  }

  #adjust(): void {
    this.#timer = undefined;
    const levels = [...this.#levels()].filter(({ isExempt }) => !isExempt);
    const now = this.#clock.monotonic();
    let isAnyoneShort = false;
    const claims = levels.map((level) => {
      const { most, usual } = (level.demand ??= new Demand(now, level.inUse)).take(now);
      const { nominal, min, max } = level.limits;
      isAnyoneShort ||= nominal > 0 && most >= nominal;
      const remembered = demandMemory * level.smoothed + (1 - demandMemory) * usual;
      level.smoothed = Math.max(usual, remembered);
      const lower = Math.max(min, Math.min(nominal, most));
      return { lower, upper: max, target: Math.max(lower, level.smoothed) };
    });
    if (!isAnyoneShort) {
      for (const level of this.#levels()) rest(level);
      return;
    }
    const total = levels.reduce((all, { limits }) => all + limits.nominal, 0);
    const seats = allocate(total, claims);
    for (const [at, level] of levels.entries()) level.resize(seats[at] ?? level.limits.nominal);
    this.start();
  }
}

function rest(level: Level): void {
  level.demand = undefined;
  level.smoothed = 0;
  level.resize(level.limits.nominal);
}
