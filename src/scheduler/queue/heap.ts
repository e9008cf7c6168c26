/** A binary heap whose items can be taken out, or moved, wherever they stand. */
export class Heap<T extends object> {
  readonly #isBefore: (a: T, b: T) => boolean;
  readonly #items: T[] = [];
  readonly #places = new Map<T, number>();

  constructor(isBefore: (a: T, b: T) => boolean) {
    this.#isBefore = isBefore;
  }

  get size(): number {
    return this.#items.length;
  }

  has(item: T): boolean {
    return this.#places.has(item);
  }

  peek(): T | undefined {
    return this.#items[0];
  }

  push(item: T): void {
    this.#put(item, this.#items.length);
    this.#rise(this.#items.length - 1);
  }

  pop(): T | undefined {
    const first = this.#items[0];
    if (first) this.remove(first);
    return first;
  }

  remove(item: T): boolean {
    const at = this.#places.get(item);
    if (at === undefined) return false;
    this.#places.delete(item);
    const last = this.#items.pop() as T;
    if (last !== item) {
      this.#put(last, at);
      this.#settle(at);
    }
    return true;
  }

  /** Its rank changed. */
  moved(item: T): void {
    const at = this.#places.get(item);
    if (at !== undefined) this.#settle(at);
  }

  #settle(at: number): void {
    this.#sink(this.#rise(at));
  }

  #rise(from: number): number {
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#isBefore(this.#at(at), this.#at(parent))) return at;
      this.#swap(at, parent);
      at = parent;
    }
    return at;
  }

  #sink(from: number): void {
    let at = from;
    while (true) {
      let least = at;
      for (const child of [2 * at + 1, 2 * at + 2]) {
        const isThere = child < this.#items.length;
        if (isThere && this.#isBefore(this.#at(child), this.#at(least))) least = child;
      }
      if (least === at) return;
      this.#swap(at, least);
      at = least;
    }
  }

  #swap(a: number, b: number): void {
    const item = this.#at(a);
    this.#put(this.#at(b), a);
    this.#put(item, b);
  }

  #put(item: T, at: number): void {
    this.#items[at] = item;
    this.#places.set(item, at);
  }

  #at(place: number): T {
    return this.#items[place] as T;
  }
}
