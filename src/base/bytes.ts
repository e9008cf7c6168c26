/** A view as Buffer, without a copy. */
export const bufferOf = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength);

/**
 * Memory for what is kept a while. Its pieces stand together, for very many small ones are a burden to whoever hands out
 * memory; and apart from what is not kept, which they would keep as well.
 */
const slabBytes = 64 * 1_024;
const slabs = new WeakSet<ArrayBufferLike>();
let slab = Buffer.alloc(0);
let used = 0;

/** Room for something that is kept a while. */
export function keptBytes(length: number): Buffer {
  if (length > slabBytes / 4) return Buffer.allocUnsafeSlow(length);
  if (used + length > slab.length) {
    slab = Buffer.allocUnsafeSlow(slabBytes);
    slabs.add(slab.buffer);
    used = 0;
  }
  return slab.subarray(used, (used += length));
}

export function keptText(text: string): Buffer {
  const bytes = keptBytes(Buffer.byteLength(text));
  bytes.write(text);
  return bytes;
}

/** It has memory of its own. */
export const isAlone = ({ buffer, length }: Buffer): boolean => buffer.byteLength === length;

/** It keeps nothing but itself and others that are kept. */
export const isKept = (bytes: Buffer): boolean => isAlone(bytes) || slabs.has(bytes.buffer);
