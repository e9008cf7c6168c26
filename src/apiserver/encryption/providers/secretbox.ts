import { xsalsa20poly1305 } from "@noble/ciphers/salsa.js";
import { defineProvider } from "../provider.ts";

const nonceBytes = 24;

/** Nonce, tag, ciphertext: XSalsa20 and Poly1305, as NaCl's secretbox has them. */
export const secretbox = defineProvider({
  name: "secretbox",
  keyBytes: [32],
  cipher: (secret, random) => ({
    encrypt: (plain) => {
      const nonce = random.bytes(nonceBytes);
      return Buffer.concat([nonce, xsalsa20poly1305(secret, nonce).encrypt(plain)]);
    },
    decrypt: (bytes) => {
      const nonce = bytes.subarray(0, nonceBytes);
      return xsalsa20poly1305(secret, nonce).decrypt(bytes.subarray(nonceBytes));
    },
  }),
});
