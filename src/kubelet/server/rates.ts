/** How much of the processors is used: from one reading to the next. */

interface Sample {
  readonly nanoseconds: number;
  readonly atMs: number;
  readonly rate: number | undefined;
}

const samplesMax = 10_000;

export interface CpuReading {
  readonly nanoseconds: number;
  readonly atMs: number;
  /** When it was 0; absent where that is not known. */
  readonly sinceMs?: number | undefined;
}

export class Rates {
  readonly #samples = new Map<string, Sample>();

  /**
   * In billionths of a processor: since the reading before, at first since its start; undefined
   * where neither is known. The same reading again has the same rate.
   */
  of(key: string, { nanoseconds, atMs, sinceMs }: CpuReading): number | undefined {
    const before = this.#samples.get(key);
    if (before && before.atMs >= atMs) return before.rate;
    const from = before ?? (sinceMs === undefined ? undefined : { nanoseconds: 0, atMs: sinceMs });
    const passedMs = from ? atMs - from.atMs : 0;
    const rate =
      from && passedMs > 0
        ? Math.max(Math.round(((nanoseconds - from.nanoseconds) * 1_000) / passedMs), 0)
        : undefined;
    if (this.#samples.size > samplesMax) this.#samples.clear();
    this.#samples.set(key, { nanoseconds, atMs, rate });
    return rate;
  }
}
