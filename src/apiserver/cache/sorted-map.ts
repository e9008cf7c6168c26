/**
 * A map in key order that stays cheap with 100,000 keys: a list of short sorted runs. Looking up,
 * adding and removing touch one run; a page starts anywhere without walking what comes before.
 */
const runLengthMax = 512;

interface Run<V> {
  readonly keys: string[];
  readonly values: V[];
}

interface Place {
  /** Index of the run, and in the run. */
  readonly run: number;
  readonly at: number;
}

export class SortedMap<V> {
  readonly #runs: Run<V>[] = [];
  readonly #byKey = new Map<string, V>();

  get size(): number {
    return this.#byKey.size;
  }

  get(key: string): V | undefined {
    return this.#byKey.get(key);
  }

  /** Returns what stood there before. */
  set(key: string, value: V): V | undefined {
    const before = this.#byKey.get(key);
    this.#byKey.set(key, value);
    const { run, at } = this.#placeOf(key);
    const found = this.#runs[run];
    if (!found) this.#runs.push({ keys: [key], values: [value] });
    else if (before === undefined) this.#insert(run, at, { key, value });
    else found.values[at] = value;
    return before;
  }

  /** Returns what stood there before. */
  delete(key: string): V | undefined {
    const before = this.#byKey.get(key);
    if (before === undefined) return undefined;
    this.#byKey.delete(key);
    const { run, at } = this.#placeOf(key);
    const found = this.#runs[run];
    found?.keys.splice(at, 1);
    found?.values.splice(at, 1);
    if (found?.keys.length === 0) this.#runs.splice(run, 1);
    return before;
  }

  /** Values of the keys with that prefix, in order, from the first key not before `from`. */
  *values(prefix: string, from = ""): Generator<V, void, undefined> {
    const start = from > prefix ? from : prefix;
    let { run, at } = this.#placeOf(start);
    for (; run < this.#runs.length; run++, at = 0) {
      const { keys, values } = this.#runs[run] as Run<V>;
      for (; at < keys.length; at++) {
        if (!(keys[at] as string).startsWith(prefix)) return;
        yield values[at] as V;
      }
    }
  }

  /** How many keys have the prefix and are not before `from`. */
  count(prefix: string, from = ""): number {
    const start = this.#placeOf(from > prefix ? from : prefix);
    const end = this.#endOf(prefix);
    let count = end.at - start.at;
    for (let run = start.run; run < end.run; run++) count += this.#runs[run]?.keys.length ?? 0;
    return Math.max(0, count);
  }

  /** The place after the last key with the prefix. */
  #endOf(prefix: string): Place {
    if (prefix === "") return { run: this.#runs.length, at: 0 };
    return this.#placeOf(`${prefix}\uffff`);
  }

  #insert(run: number, at: number, { key, value }: { key: string; value: V }): void {
    const { keys, values } = this.#runs[run] as Run<V>;
    keys.splice(at, 0, key);
    values.splice(at, 0, value);
    if (keys.length <= runLengthMax) return;
    const half = keys.length >> 1;
    this.#runs.splice(run + 1, 0, { keys: keys.splice(half), values: values.splice(half) });
  }

  /** Where the key is, or where it would be inserted. */
  #placeOf(key: string): Place {
    let low = 0;
    let high = this.#runs.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#runs[middle]?.keys[0] as string) <= key) low = middle + 1;
      else high = middle;
    }
    const run = Math.max(0, low - 1);
    const keys = this.#runs[run]?.keys ?? [];
    let from = 0;
    let to = keys.length;
    while (from < to) {
      const middle = (from + to) >> 1;
      if ((keys[middle] as string) < key) from = middle + 1;
      else to = middle;
    }
    return { run, at: from };
  }
}
