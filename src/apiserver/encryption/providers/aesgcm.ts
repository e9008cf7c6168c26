import { createCipheriv, createDecipheriv, type CipherGCMTypes } from "node:crypto";
import { defineProvider } from "../provider.ts";

const nonceBytes = 12;
const tagBytes = 16;

/** Nonce, ciphertext, tag. A value cannot be moved to another key of the store. */
export const aesgcm = defineProvider({
  name: "aesgcm",
  keyBytes: [16, 24, 32],
  cipher: (secret, random) => {
    const algorithm = `aes-${secret.length * 8}-gcm` as CipherGCMTypes;
    return {
      encrypt: (plain, key) => {
        const nonce = random.bytes(nonceBytes);
        const cipher = createCipheriv(algorithm, secret, nonce);
        cipher.setAAD(Buffer.from(key));
        return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
      },
      decrypt: (bytes, key) => {
        if (bytes.length < nonceBytes + tagBytes) throw new Error("the value is too short");
        const end = bytes.length - tagBytes;
        const decipher = createDecipheriv(algorithm, secret, bytes.subarray(0, nonceBytes), {
          authTagLength: tagBytes,
        });
        decipher.setAAD(Buffer.from(key));
        decipher.setAuthTag(bytes.subarray(end));
        return Buffer.concat([decipher.update(bytes.subarray(nonceBytes, end)), decipher.final()]);
      },
    };
  },
});
