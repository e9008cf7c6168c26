/** Randomness, as a dependency: the host draws it from the system, the simulator from a seed. */

export interface Random {
  /** Uniform in [0, 1). */
  readonly next: () => number;
  /** `count` bytes; unpredictable on a real host, so fit for keys and tokens there. */
  readonly bytes: (count: number) => Uint8Array;
}

/** Uniform in [0, exclusiveMax). */
export const below = (random: Random, exclusiveMax: number): number =>
  Math.floor(random.next() * exclusiveMax);

export const chance = (random: Random, probability: number): boolean => random.next() < probability;

export const pick = <T>(random: Random, items: readonly [T, ...T[]]): T =>
  items[below(random, items.length)] as T;

export interface SeededRandom extends Random {
  /** A twin that draws what this one would draw from here on. */
  readonly fork: () => SeededRandom;
}

/** Seeded randomness (mulberry32): the same seed always yields the same run. */
export function seededRandom(seed: number): SeededRandom {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    next,
    bytes: (count) => Uint8Array.from({ length: count }, () => next() * 256),
    fork: () => seededRandom(state),
  };
}

const hexDigits = Buffer.from("0123456789abcdef");
/** Where the bytes of a UUID stand in its text, two digits each. */
const uidPlaces = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34] as const;
/** Each is written over the one before: its hyphens stay. */
const uidText = Buffer.alloc(36, "-");

/** A version 4 UUID (RFC 9562). */
export function newUid(random: Random): string {
  const bytes = random.bytes(16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  for (let i = 0; i < uidPlaces.length; i++) {
    const byte = bytes[i] as number;
    const place = uidPlaces[i] as number;
    uidText[place] = hexDigits[byte >> 4] as number;
    uidText[place + 1] = hexDigits[byte & 0x0f] as number;
  }
  return uidText.toString("latin1");
}

/** No vowels, so no words; no 0, 1, 3: upstream: staging/src/k8s.io/apimachinery/pkg/util/rand */
const suffixLetters = "bcdfghjklmnpqrstvwxz2456789";

/** A short suffix for generated names. */
export const newSuffix = (random: Random, length = 5): string =>
  Array.from({ length }, () => suffixLetters[below(random, suffixLetters.length)]).join("");
