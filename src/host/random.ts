import { randomBytes } from "node:crypto";
import type { Random } from "#base/random.ts";

export const systemRandom: Random = {
  next: () => Math.random(),
  bytes: (count) => randomBytes(count),
};
