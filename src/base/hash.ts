/** Hashes that must be the same everywhere, and ways to write them into names. */
import { hash } from "node:crypto";

/** FNV-1a, 32 bits. */
export function fnv32a(data: string | Uint8Array): number {
  const bytes = typeof data === "string" ? Buffer.from(data) : data;
  let value = 0x811c9dc5;
  for (const byte of bytes) value = Math.imul(value ^ byte, 0x01000193);
  return value >>> 0;
}

export const sha256Hex = (data: string | Uint8Array): string => hash("sha256", data, "hex");

export const sha256 = (data: string | Uint8Array): Uint8Array => hash("sha256", data, "buffer");

const base32Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** RFC 4648, upper case, without padding. */
export function base32(bytes: Uint8Array): string {
  let text = "";
  let bits = 0;
  let held = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    for (bits += 8; bits >= 5; bits -= 5) text += base32Letters.charAt((held >> (bits - 5)) & 31);
    held &= 31;
  }
  return bits > 0 ? text + base32Letters.charAt((held << (5 - bits)) & 31) : text;
}

const safeLetters = "bcdfghjklmnpqrstvwxz2456789";

/**
 * The same length without vowels and without 0, 1 and 3, so that a hash makes no words.
 * upstream: staging/src/k8s.io/apimachinery/pkg/util/rand/rand.go#SafeEncodeString
 */
export const safeEncode = (text: string): string =>
  Array.from(Buffer.from(text), (byte) => safeLetters.charAt(byte % safeLetters.length)).join("");
