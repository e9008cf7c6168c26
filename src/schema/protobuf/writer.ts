/**
 * Writes protobuf from the end to the front: when a message's length is due, its content is there
 * already. The buffer is kept from one message to the next.
 */
const bytesMin = 16 * 1_024;
/** A buffer that grew beyond this for one big object is let go. */
const bytesKept = 1_024 * 1_024;

export class ProtoWriter {
  #buffer = Buffer.allocUnsafeSlow(bytesMin);
  #at = bytesMin;

  /** Bytes written so far. */
  get length(): number {
    return this.#buffer.length - this.#at;
  }

  /** Forgets what a failed encoding may have left. */
  reset(): void {
    if (this.#buffer.length > bytesKept) this.#buffer = Buffer.allocUnsafeSlow(bytesMin);
    this.#at = this.#buffer.length;
  }

  /** A copy of what was written. */
  finish(): Uint8Array {
    return new Uint8Array(this.#buffer.subarray(this.#at));
  }

  /** Of an integer from 0 to 2^53. */
  varint(value: number): void {
    if (value < 0x80) {
      const at = this.#reserve(1);
      this.#buffer[at] = value;
      return;
    }
    let size = 2;
    for (let rest = value / 0x4000; rest >= 1; rest /= 0x80) size += 1;
    let at = this.#reserve(size);
    let left = value;
    for (; left >= 0x80; left = Math.floor(left / 0x80)) this.#buffer[at++] = (left % 0x80) | 0x80;
    this.#buffer[at] = left;
  }

  /** Two's complement in 64 bits, as both int32 and int64 have it. */
  signed(value: number): void {
    if (value >= 0 && value <= Number.MAX_SAFE_INTEGER) {
      this.varint(value);
      return;
    }
    let left = BigInt.asUintN(64, BigInt(value));
    const digits: number[] = [];
    for (; left >= 0x80n; left >>= 7n) digits.push(Number(left & 0x7fn) | 0x80);
    digits.push(Number(left));
    // First the place: making room may put another buffer under it.
    const at = this.#reserve(digits.length);
    this.#buffer.set(digits, at);
  }

  double(value: number): void {
    const at = this.#reserve(8);
    this.#buffer.writeDoubleLE(value, at);
  }

  /** The characters, without their length. */
  text(value: string): void {
    if (value.length < shortMax && this.#ascii(value)) return;
    const size = Buffer.byteLength(value);
    const at = this.#reserve(size);
    this.#buffer.write(value, at, size, "utf8");
  }

  /** The bytes that the base64 text stands for. */
  base64(value: string): void {
    const size = Buffer.byteLength(value, "base64");
    const at = this.#reserve(size);
    this.#buffer.write(value, at, size, "base64");
  }

  /** Short names are the most of it, and a call into C++ for each would be the most of the time. */
  #ascii(value: string): boolean {
    const at = this.#reserve(value.length);
    const buffer = this.#buffer;
    let all = 0;
    for (let i = 0; i < value.length; i++) {
      const code = value.charCodeAt(i);
      buffer[at + i] = code;
      all |= code;
    }
    if (all < 0x80) return true;
    this.#at += value.length;
    return false;
  }

  #reserve(size: number): number {
    if (this.#at < size) this.#grow(size);
    this.#at -= size;
    return this.#at;
  }

  #grow(size: number): void {
    const written = this.length;
    const grown = Buffer.allocUnsafeSlow(2 * this.#buffer.length + size);
    this.#buffer.copy(grown, grown.length - written, this.#at);
    this.#buffer = grown;
    this.#at = grown.length - written;
  }
}

const shortMax = 48;
