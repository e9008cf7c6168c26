import { createCipheriv, createDecipheriv } from "node:crypto";
import { defineProvider } from "../provider.ts";

const blockBytes = 16;

/** Initialization vector and padded ciphertext. Old: nothing shows that a value was tampered with. */
export const aescbc = defineProvider({
  name: "aescbc",
  keyBytes: [16, 24, 32],
  cipher: (secret, random) => {
    const algorithm = `aes-${secret.length * 8}-cbc`;
    return {
      encrypt: (plain) => {
        const start = random.bytes(blockBytes);
        const cipher = createCipheriv(algorithm, secret, start);
        return Buffer.concat([start, cipher.update(plain), cipher.final()]);
      },
      decrypt: (bytes) => {
        const decipher = createDecipheriv(algorithm, secret, bytes.subarray(0, blockBytes));
        return Buffer.concat([decipher.update(bytes.subarray(blockBytes)), decipher.final()]);
      },
    };
  },
});
