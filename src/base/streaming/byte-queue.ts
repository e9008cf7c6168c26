/**
 * Bytes on their way from a connection to a slower reader. `push` resolves when there is room
 * again, so that whoever reads the connection feels the reader's pace.
 */
export class ByteQueue implements AsyncIterable<Uint8Array> {
  readonly #bytesMax: number;
  readonly #chunks: Uint8Array[] = [];
  #bytes = 0;
  #isEnded = false;
  #isAbandoned = false;
  #error: Error | undefined;
  #filled = Promise.withResolvers<void>();
  #drained = Promise.withResolvers<void>();

  constructor(bytesMax = 256 * 1024) {
    this.#bytesMax = bytesMax;
  }

  /** What comes after the end, or when nobody reads any more, is dropped. */
  async push(chunk: Uint8Array): Promise<void> {
    if (this.#isEnded || this.#isAbandoned) return;
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    this.#filled.resolve();
    if (this.#bytes > this.#bytesMax) await this.#drained.promise;
  }

  end(): void {
    this.#isEnded = true;
    this.#filled.resolve();
  }

  /** What was pushed before is still read, then the reader gets the error. */
  fail(error: Error): void {
    this.#error ??= error;
    this.end();
  }

  /** Nobody will read: pushers need not wait. */
  abandon(): void {
    this.#isAbandoned = true;
    this.#chunks.length = 0;
    this.#release();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void> {
    try {
      for (let chunk = await this.#next(); chunk; chunk = await this.#next()) yield chunk;
    } finally {
      this.abandon();
    }
  }

  async #next(): Promise<Uint8Array | undefined> {
    while (this.#chunks.length === 0 && !this.#isEnded) {
      await this.#filled.promise;
      this.#filled = Promise.withResolvers();
    }
    const chunk = this.#chunks.shift();
    if (!chunk && this.#error) throw this.#error;
    this.#bytes -= chunk?.length ?? 0;
    this.#release();
    return chunk;
  }

  #release(): void {
    this.#drained.resolve();
    this.#drained = Promise.withResolvers();
  }
}
