/**
 * How a commit is written down: one value per revision, with everything needed to make the map and
 * its history again.
 *
 *     u8 format, f64 time, u32 note length + 1 (0: none), u32 writes, note,
 *     then per write: u32 key length, u32 value length + 1 (0: deleted), f64 created, key, value
 */
import type { Entry } from "../store.ts";

export interface StoredWrite {
  readonly key: string;
  /** Absent when the key was deleted. */
  readonly entry: Pick<Entry, "value" | "size" | "created"> | undefined;
}

export interface StoredCommit {
  readonly atMs: number;
  readonly note: string | undefined;
  readonly writes: readonly StoredWrite[];
}

const format = 1;
const headBytes = 1 + 8 + 4 + 4;
const writeBytes = 4 + 4 + 8;

export function encodedBytes({ note = "", writes }: StoredCommit): number {
  let bytes = headBytes + Buffer.byteLength(note);
  for (const { key, entry } of writes)
    bytes += writeBytes + Buffer.byteLength(key) + (entry?.size ?? 0);
  return bytes;
}

/** Writes it at `offset`; where it ends. */
export function encodeCommit(commit: StoredCommit, into: Buffer, offset: number): number {
  const { note, writes, atMs } = commit;
  let at = into.writeUInt8(format, offset);
  at = into.writeDoubleBE(atMs, at);
  const noteLengthAt = at;
  at = into.writeUInt32BE(writes.length, at + 4);
  const noteEnd = at + (note === undefined ? 0 : into.write(note, at));
  into.writeUInt32BE(note === undefined ? 0 : noteEnd - at + 1, noteLengthAt);
  at = noteEnd;
  for (const { key, entry } of writes) {
    const keyLength = into.write(key, at + writeBytes);
    const value = entry?.value;
    at = into.writeUInt32BE(keyLength, at);
    at = into.writeUInt32BE(value ? value.length + 1 : 0, at);
    at = into.writeDoubleBE(entry?.created ?? 0, at) + keyLength;
    if (!value) continue;
    into.set(value, at);
    at += value.length;
  }
  return at;
}

/** Values are views of `from`, which must not change any more. */
export function decodeCommit(from: Buffer): StoredCommit {
  if (from[0] !== format) throw new Error(`record format ${from[0]} is not known here`);
  const atMs = from.readDoubleBE(1);
  const noteLength = from.readUInt32BE(9);
  const count = from.readUInt32BE(13);
  let at = headBytes + Math.max(noteLength - 1, 0);
  const note = noteLength === 0 ? undefined : from.toString("utf8", headBytes, at);
  const writes: StoredWrite[] = [];
  for (let i = 0; i < count; i++) {
    const keyLength = from.readUInt32BE(at);
    const valueLength = from.readUInt32BE(at + 4) - 1;
    const created = from.readDoubleBE(at + 8);
    const keyAt = at + writeBytes;
    const valueAt = keyAt + keyLength;
    at = valueAt + Math.max(valueLength, 0);
    const key = from.toString("utf8", keyAt, valueAt);
    const value = from.subarray(valueAt, at);
    const entry = valueLength < 0 ? undefined : { value, size: valueLength, created };
    writes.push({ key, entry });
  }
  return { atMs, note, writes };
}
