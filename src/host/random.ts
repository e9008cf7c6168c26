import { randomBytes } from "node:crypto";
import type { Random } from "#base/random.ts";

export const systemRandom: Random = {
  next: () => Math.random(),
  bytes: (count) => new Uint8Array(drawn(count)),
};

/** Asking the system costs more than drawing: small requests share one. Nothing is given out twice. */
const poolBytes = 4_096;
const sharedBytesMax = 64;

let pool = new Uint8Array(0);

function drawn(count: number): Uint8Array {
  if (count > sharedBytesMax) return randomBytes(count);
  if (pool.length < count) pool = randomBytes(poolBytes);
  const bytes = pool.subarray(0, count);
  pool = pool.subarray(count);
  return bytes;
}
