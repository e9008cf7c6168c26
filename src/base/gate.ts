/** Lets so many in at once; the others wait, first come first served. */
export class Gate {
  readonly #max: number;
  readonly #waiting: (() => void)[] = [];
  #first = 0;
  #inside = 0;

  constructor(max: number) {
    this.#max = max;
  }

  async through<T>(work: () => Promise<T>): Promise<T> {
    if (this.#inside >= this.#max) await this.#turn();
    else this.#inside++;
    try {
      return await work();
    } finally {
      this.#leave();
    }
  }

  /** Whoever leaves hands his place over. */
  #turn(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push(resolve);
    return promise;
  }

  #leave(): void {
    const next = this.#waiting[this.#first];
    if (!next) {
      this.#inside--;
      return;
    }
    this.#first++;
    next();
    if (this.#first < 1_024) return;
    this.#waiting.splice(0, this.#first);
    this.#first = 0;
  }
}
