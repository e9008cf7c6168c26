/** Reads exact numbers of bytes from chunks that come as they come. */
export class ByteReader {
  readonly #source: AsyncIterator<Uint8Array>;
  #pending: Uint8Array = new Uint8Array(0);

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** Undefined at the end; throws when the end comes in between. */
  async read(count: number): Promise<Buffer | undefined> {
    const parts: Uint8Array[] = [];
    let missing = count;
    while (missing > 0) {
      if (this.#pending.length === 0 && !(await this.#fill())) {
        if (parts.length === 0) return undefined;
        throw new Error("the connection ended in the middle of a frame");
      }
      const part = this.#pending.subarray(0, missing);
      this.#pending = this.#pending.subarray(part.length);
      parts.push(part);
      missing -= part.length;
    }
    return Buffer.concat(parts);
  }

  /** The end here would be in the middle. */
  async rest(count: number): Promise<Buffer> {
    const bytes = await this.read(count);
    if (bytes) return bytes;
    throw new Error("the connection ended in the middle of a frame");
  }

  async #fill(): Promise<boolean> {
    const { done, value } = await this.#source.next();
    if (done === true) return false;
    this.#pending = value;
    return true;
  }
}
