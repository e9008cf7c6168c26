/** A map whose forks cost nothing: whichever of the two is written to first copies the entries. */
export class ForkMap<K, V> {
  #entries: Map<K, V>;
  #isShared = false;

  constructor(entries: Map<K, V> = new Map()) {
    this.#entries = entries;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: K): V | undefined {
    return this.#entries.get(key);
  }

  has(key: K): boolean {
    return this.#entries.has(key);
  }

  set(key: K, value: V): void {
    this.#own().set(key, value);
  }

  delete(key: K): boolean {
    return this.#entries.has(key) && this.#own().delete(key);
  }

  keys(): MapIterator<K> {
    return this.#entries.keys();
  }

  values(): MapIterator<V> {
    return this.#entries.values();
  }

  [Symbol.iterator](): MapIterator<[K, V]> {
    return this.#entries.entries();
  }

  /** A twin that goes its own way. Values are shared: replace them, do not change them. */
  fork(): ForkMap<K, V> {
    const twin = new ForkMap(this.#entries);
    twin.#isShared = true;
    this.#isShared = true;
    return twin;
  }

  #own(): Map<K, V> {
    if (!this.#isShared) return this.#entries;
    this.#isShared = false;
    this.#entries = new Map(this.#entries);
    return this.#entries;
  }
}
