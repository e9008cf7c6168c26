/**
 * One at a time, first come first served, per key: writers that lost a race for something they
 * all want (a quota, an address) and together would go on losing to each other; work on one volume.
 */
export class Lanes {
  readonly #tails = new Map<string, Promise<void>>();

  /** Resolves when it is the caller's turn. Disposing lets the next one in. */
  async enter(key: string): Promise<Disposable> {
    const before = this.#tails.get(key);
    const { promise: done, resolve } = Promise.withResolvers<void>();
    this.#tails.set(key, done);
    await before;
    return {
      [Symbol.dispose]: () => {
        if (this.#tails.get(key) === done) this.#tails.delete(key);
        resolve();
      },
    };
  }
}
