/** Reads protobuf. Errors are those of upstream's generated decoders. */
import { bufferOf } from "#base/bytes.ts";
import { DecodeError } from "#schema/json/decode-error.ts";

export const wire = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/**
 * Short texts met before. The same names come again and again: telling that they did is faster than
 * a call into C++ for each, and the objects share one string.
 */
const seen: string[] = Array.from({ length: 4_096 }, () => "");
const shortMax = 40;

function isSame(text: string, bytes: Buffer, { at, size }: { at: number; size: number }): boolean {
  if (text.length !== size) return false;
  for (let i = 0; i < size; i++) {
    const code = text.charCodeAt(i);
    // Only ASCII has as many characters as bytes, one to one.
    if (code !== bytes[at + i] || code >= 0x80) return false;
  }
  return true;
}

/** Varints have at most this many bytes. */
const varintMax = 10;

export class ProtoReader {
  readonly #buffer: Buffer;
  /** Where the next value starts. */
  at = 0;
  /** Where the current message ends. */
  end: number;
  /** Messages around the current one. */
  depth = 0;

  constructor(bytes: Uint8Array) {
    this.#buffer = bufferOf(bytes);
    this.end = bytes.byteLength;
  }

  get isAtEnd(): boolean {
    return this.at >= this.end;
  }

  /** Unsigned; digits beyond 2^53 are lost. */
  varint(): number {
    let value = 0;
    let factor = 1;
    for (let i = 0; i < varintMax; i++) {
      const byte = this.#byte();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
      factor *= 0x80;
    }
    throw new DecodeError("proto: integer overflow"); // exact: gogo
  }

  /** differs: beyond 2^53 digits are lost. */
  int64(): number {
    const start = this.at;
    const value = this.varint();
    // Only negative numbers use all ten bytes.
    return value < 2 ** 63 ? value : Number(BigInt.asIntN(64, this.#bigVarint(start)));
  }

  int32(): number {
    return this.int64() | 0;
  }

  double(): number {
    const at = this.#skipTo(this.at + 8);
    return this.#buffer.readDoubleLE(at);
  }

  text(): string {
    const size = this.varint();
    const at = this.#skipTo(this.at + size);
    const buffer = this.#buffer;
    if (size > shortMax) return buffer.toString("utf8", at, at + size);
    let hash = size;
    for (let i = at; i < at + size; i++) hash = (hash * 31 + (buffer[i] ?? 0)) | 0;
    const place = hash & (seen.length - 1);
    const before = seen[place] ?? "";
    if (isSame(before, buffer, { at, size })) return before;
    return (seen[place] = buffer.toString("utf8", at, at + size));
  }

  base64(): string {
    const size = this.varint();
    const at = this.#skipTo(this.at + size);
    return this.#buffer.toString("base64", at, at + size);
  }

  bytes(): Uint8Array {
    const size = this.varint();
    const at = this.#skipTo(this.at + size);
    return this.#buffer.subarray(at, at + size);
  }

  /** Narrows `end` to the message that starts here; give the result to `leave`. */
  enter(): number {
    const outer = this.end;
    const size = this.varint();
    if (this.at + size > outer) throw eof();
    this.end = this.at + size;
    return outer;
  }

  leave(outer: number): void {
    this.at = this.end;
    this.end = outer;
  }

  /** The value of a field that nobody knows. */
  skip(wireType: number): void {
    if (wireType === wire.varint) this.varint();
    else if (wireType === wire.fixed64) this.#skipTo(this.at + 8);
    else if (wireType === wire.bytes) this.bytes();
    else if (wireType === wire.fixed32) this.#skipTo(this.at + 4);
    else throw new DecodeError(`proto: illegal wireType ${wireType}`); // exact: gogo
  }

  #byte(): number {
    if (this.at >= this.end) throw eof();
    return this.#buffer[this.at++] ?? 0;
  }

  /** Says where it was. */
  #skipTo(next: number): number {
    if (next > this.end) throw eof();
    const before = this.at;
    this.at = next;
    return before;
  }

  #bigVarint(start: number): bigint {
    let value = 0n;
    for (let at = this.at - 1; at >= start; at--)
      value = (value << 7n) | BigInt((this.#buffer[at] ?? 0) & 0x7f);
    return value;
  }
}

const eof = (): DecodeError => new DecodeError("unexpected EOF"); // exact: Go
