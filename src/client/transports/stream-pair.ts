/** A connection within the process: two ends, each hearing what the other one says. */
import type { ByteStream } from "#base/stream.ts";

export function streamPair(): readonly [ByteStream, ByteStream] {
  const there = new Direction();
  const back = new Direction();
  const closed = Promise.all([there.done, back.done]).then(() => undefined);
  const end = (out: Direction, into: Direction): ByteStream => ({
    incoming: into.chunks(),
    write: (chunk) => out.put(chunk),
    end: () => out.end(),
    destroy: () => {
      out.break();
      into.break();
    },
    closed,
  });
  return [end(there, back), end(back, there)];
}

/** One way: a writer waits until its chunk was taken. */
class Direction {
  readonly #waiting: { readonly chunk: Uint8Array; readonly taken: () => void }[] = [];
  readonly #finished = Promise.withResolvers<void>();
  #news = Promise.withResolvers<void>();
  #isEnded = false;
  #isBroken = false;

  get done(): Promise<void> {
    return this.#finished.promise;
  }

  async put(chunk: Uint8Array): Promise<void> {
    if (this.#isEnded || this.#isBroken) throw new Error("the connection is closed");
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push({ chunk, taken: resolve });
    this.#ring();
    await promise;
  }

  end(): void {
    this.#isEnded = true;
    this.#ring();
  }

  break(): void {
    this.#isBroken = !this.#isEnded || this.#waiting.length > 0 || this.#isBroken;
    this.#isEnded = true;
    for (const { taken } of this.#waiting.splice(0)) taken();
    this.#finished.resolve();
    this.#ring();
  }

  #ring(): void {
    this.#news.resolve();
    this.#news = Promise.withResolvers();
  }

  async *chunks(): AsyncGenerator<Uint8Array> {
    while (true) {
      const next = this.#waiting.shift();
      if (next) {
        next.taken();
        yield next.chunk;
      } else if (this.#isEnded) {
        this.#finished.resolve();
        if (this.#isBroken) throw new Error("the connection was broken");
        return;
      } else await this.#news.promise;
    }
  }
}
