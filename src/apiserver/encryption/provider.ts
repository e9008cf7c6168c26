import type { Random } from "#base/random.ts";

/** Encrypts with one key. */
export interface Cipher {
  /** `key` is where the value is stored: where the algorithm can, it is bound to that. */
  readonly encrypt: (plain: Uint8Array, key: string) => Uint8Array;
  /** Throws where the bytes were not made with this key, or for another place. */
  readonly decrypt: (bytes: Uint8Array, key: string) => Uint8Array;
}

/** A way to encrypt, by its name in configuration files. */
export interface Provider {
  readonly name: string;
  /** How long keys may be. */
  readonly keyBytes: readonly number[];
  readonly cipher: (key: Uint8Array, random: Random) => Cipher;
}

export const defineProvider = (provider: Provider): Provider => Object.freeze(provider);
