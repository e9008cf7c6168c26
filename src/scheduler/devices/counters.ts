/**
 * Devices that are parts of one piece of hardware share counters: what one takes is not there for
 * the others.
 */
import { quantityOf } from "#base/quantity.ts";
import type { KnownDevice, Pool } from "./device-index.ts";

type Left = Map<string, bigint>;

export class Counters {
  readonly #isInUse: (id: string) => boolean;
  readonly #left = new Map<Pool, Left>();

  constructor(isInUse: (id: string) => boolean) {
    this.#isInUse = isInUse;
  }

  /** False, and nothing is taken, when there is not enough left. */
  take(known: KnownDevice): boolean {
    const amounts = amountsOf(known.device);
    if (amounts.length === 0) return true;
    const left = this.#of(known.pool);
    const isEnough = sums(amounts).every(([key, amount]) => (left.get(key) ?? 0n) >= amount);
    if (isEnough) change(left, amounts, -1n);
    return isEnough;
  }

  giveBack({ device, pool }: KnownDevice): void {
    change(this.#of(pool), amountsOf(device), 1n);
  }

  /** What devices that are in use leave, wherever they are. */
  #of(pool: Pool): Left {
    const known = this.#left.get(pool);
    if (known) return known;
    const left: Left = new Map();
    for (const { spec } of pool.slices)
      for (const { name, counters } of spec.sharedCounters ?? [])
        for (const [counter, { value }] of Object.entries(counters ?? {}))
          left.set(`${name}/${counter}`, quantityOf(value).nano());
    for (const { spec } of pool.slices)
      for (const device of spec.devices ?? [])
        if (this.#isInUse(`${pool.id}/${device.name}`)) change(left, amountsOf(device), -1n);
    this.#left.set(pool, left);
    return left;
  }
}

type Amounts = readonly (readonly [key: string, amount: bigint])[];

const amountsOf = ({ consumesCounters = [] }: Pick<KnownDevice["device"], "consumesCounters">) =>
  consumesCounters.flatMap(({ counterSet, counters }) =>
    Object.entries(counters ?? {}).map(
      ([name, { value }]) => [`${counterSet}/${name}`, quantityOf(value).nano()] as const,
    ),
  );

function sums(amounts: Amounts): Amounts {
  const total: Left = new Map();
  change(total, amounts, 1n);
  return [...total];
}

function change(left: Left, amounts: Amounts, sign: bigint): void {
  for (const [key, amount] of amounts) left.set(key, (left.get(key) ?? 0n) + sign * amount);
}
