/**
 * A map in key order that stays cheap with 100,000 keys: a list of short sorted runs. Looking up,
 * adding and removing touch one run; a page starts anywhere without walking what comes before.
 * A fork shares the runs with it, until one of the two writes to one.
 */
const runLengthMax = 512;

interface Run<V> {
  /** The fork that may write to it; for everyone else it stays as it is. */
  readonly owner: symbol;
  readonly keys: string[];
  readonly values: V[];
}

interface Place {
  /** Index of the run, and in the run. */
  readonly run: number;
  readonly at: number;
}

export class SortedMap<V> {
  #runs: Run<V>[] = [];
  #owner = Symbol("owner");
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(key: string): V | undefined {
    const { run, at } = this.#placeOf(key);
    const found = this.#runs[run];
    return found?.keys[at] === key ? found.values[at] : undefined;
  }

  /** Returns what stood there before. */
  set(key: string, value: V): V | undefined {
    const { run, at } = this.#placeOf(key);
    const found = this.#own(run);
    if (found?.keys[at] === key) {
      const before = found.values[at];
      found.values[at] = value;
      return before;
    }
    this.#size++;
    if (found) this.#insert(found, { run, at }, { key, value });
    else this.#runs.push({ owner: this.#owner, keys: [key], values: [value] });
    return undefined;
  }

  /** Returns what stood there before. */
  delete(key: string): V | undefined {
    const { run, at } = this.#placeOf(key);
    if (this.#runs[run]?.keys[at] !== key) return undefined;
    const found = this.#own(run);
    found?.keys.splice(at, 1);
    const [before] = found?.values.splice(at, 1) ?? [];
    if (found?.keys.length === 0) this.#runs.splice(run, 1);
    this.#size--;
    return before;
  }

  /** A twin that goes its own way; only the list of runs is copied. */
  fork(): SortedMap<V> {
    const twin = new SortedMap<V>();
    twin.#runs = this.#runs.slice();
    twin.#size = this.#size;
    this.#owner = Symbol("owner");
    return twin;
  }

  /** The run, as one that nobody else reads. */
  #own(index: number): Run<V> | undefined {
    const run = this.#runs[index];
    if (!run || run.owner === this.#owner) return run;
    const own = { owner: this.#owner, keys: run.keys.slice(), values: run.values.slice() };
    this.#runs[index] = own;
    return own;
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

  #insert({ keys, values }: Run<V>, { run, at }: Place, entry: { key: string; value: V }): void {
    keys.splice(at, 0, entry.key);
    values.splice(at, 0, entry.value);
    if (keys.length <= runLengthMax) return;
    const half = keys.length >> 1;
    const rest = { owner: this.#owner, keys: keys.splice(half), values: values.splice(half) };
    this.#runs.splice(run + 1, 0, rest);
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
