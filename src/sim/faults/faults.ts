/**
 * What goes wrong in a simulated cluster: struck by hand, placed in time, or drawn from the seed.
 *
 *   using _ = cluster.faults.strike("partition", { node: "node-2" });
 *   cluster.faults.place({ fault: "crash", args: { component: "kube-scheduler" }, lastsMs: 5_000 });
 *   const storm = cluster.faults.storm({ count: 10, within: "5 minutes" });
 */
import { didYouMean } from "#base/nearest.ts";
import { below } from "#base/random.ts";
import { type Duration, durationMs } from "../duration.ts";
import * as catalog from "./catalog.ts";
import type { Fault, FaultWorld } from "./fault.ts";

type Catalog = typeof catalog;
export type FaultName = keyof Catalog;
export type FaultArgs<N extends FaultName> = Parameters<Catalog[N]["strike"]>[1];

/** As data: it can be printed, kept, and placed again. */
export interface PlacedFault {
  readonly fault: FaultName;
  readonly args: object;
  /** From when it is placed; at once when absent. */
  readonly afterMs?: number;
  /** Until `heal` when absent. */
  readonly lastsMs?: number;
}

export interface StormOptions {
  readonly count: number;
  /** They strike, and most of them end, in this time. */
  readonly within: Duration;
  /** All there are when absent. */
  readonly faults?: readonly FaultName[];
}

export const faultNames = Object.keys(catalog) as readonly FaultName[];

const byName = new Map(Object.entries(catalog) as readonly [string, Fault<object>][]);

const faultOf = (name: FaultName): Fault<object> => {
  const found = byName.get(name);
  if (found) return found;
  const hint = didYouMean(name, faultNames);
  throw new TypeError(
    `there is no fault ${JSON.stringify(name)}: there are ${faultNames.join(", ")}${hint}`,
  );
};

export class Faults {
  readonly #world: FaultWorld;
  readonly #going = new Set<Disposable>();

  constructor(world: FaultWorld) {
    this.#world = world;
  }

  /** From now on, until what it gives back is disposed of, or `heal`. */
  strike<N extends FaultName>(name: N, args: FaultArgs<N>): Disposable {
    return this.#keep(faultOf(name).strike(this.#world, args));
  }

  place({ fault, args, afterMs = 0, lastsMs }: PlacedFault): void {
    const strike = (): void => {
      const going = this.#keep(faultOf(fault).strike(this.#world, args));
      if (lastsMs !== undefined) this.#later(lastsMs, () => going[Symbol.dispose]());
    };
    if (afterMs > 0) this.#later(afterMs, strike);
    else strike();
  }

  #later(delayMs: number, act: () => void): void {
    const timer = this.#world.clock.after(delayMs, () => {
      kept[Symbol.dispose]();
      act();
    });
    const kept = this.#keep(timer);
  }

  /** Draws faults from the seed and places them. */
  storm(options: StormOptions): readonly PlacedFault[] {
    const drawn = this.draw(options);
    for (const each of drawn) this.place(each);
    return drawn;
  }

  draw({ count, within, faults = faultNames }: StormOptions): readonly PlacedFault[] {
    const { random } = this.#world;
    const spanMs = durationMs(within);
    return Array.from({ length: count }, (): PlacedFault | undefined => {
      const fault = faults[below(random, faults.length)] as FaultName;
      const afterMs = below(random, spanMs);
      const lastsMs = 1 + below(random, Math.max(spanMs - afterMs, 1));
      const args = faultOf(fault).draw(random, this.#world);
      return args && { fault, args, afterMs, lastsMs };
    }).filter((each) => each !== undefined);
  }

  /** Nothing goes wrong, and nothing is going to. */
  get isCalm(): boolean {
    return this.#going.size === 0;
  }

  /** Ends all that goes wrong, and all that was to. */
  heal(): void {
    for (const each of this.#going) each[Symbol.dispose]();
  }

  #keep(going: Disposable): Disposable {
    let isOver = false;
    const kept: Disposable = {
      [Symbol.dispose]: () => {
        if (isOver) return;
        isOver = true;
        this.#going.delete(kept);
        going[Symbol.dispose]();
      },
    };
    this.#going.add(kept);
    return kept;
  }
}
