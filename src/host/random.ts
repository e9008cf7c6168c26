import { randomBytes } from "node:crypto";
import type { Random } from "#base/random.ts";

export const systemRandom: Random = {
  next: () => Math.random(),
  bytes: drawn,
};

/** Asking the system costs more than drawing: small requests share one. Nothing is given out twice. */
const poolBytes = 4_096;
const sharedBytesMax = 64;

let pool = new Uint8Array(0);
let givenOut = 0;

/** A copy, which is of its own: whoever holds it holds no more than he asked for. */
function drawn(count: number): Uint8Array {
  if (count > sharedBytesMax) return new Uint8Array(randomBytes(count));
  if (givenOut + count > pool.length) {
    pool = new Uint8Array(randomBytes(poolBytes));
    givenOut = 0;
  }
  return pool.slice(givenOut, (givenOut += count));
}
