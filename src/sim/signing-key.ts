/** A key for service account tokens, from the seed: whoever knows the seed may sign, so for tests only. */
import { createECDH, createPrivateKey } from "node:crypto";
import { signingKeyOf, type SigningKey } from "#apiserver/authn/token-issuer.ts";
import type { Random } from "#base/random.ts";

const coordinateBytes = 32;

export function seededSigningKey(random: Random): SigningKey {
  const curve = createECDH("prime256v1");
  const secret = random.bytes(coordinateBytes);
  // Below the order of the curve, and not zero.
  secret[0] = (secret[0] ?? 0) & 0x7f;
  secret[coordinateBytes - 1] = (secret[coordinateBytes - 1] ?? 0) | 1;
  curve.setPrivateKey(secret);
  const point = curve.getPublicKey();
  const [x, y] = [point.subarray(1, 1 + coordinateBytes), point.subarray(1 + coordinateBytes)];
  const key = {
    kty: "EC",
    crv: "P-256",
    d: Buffer.from(secret).toString("base64url"),
    x: x.toString("base64url"),
    y: y.toString("base64url"),
  };
  const pem = createPrivateKey({ key, format: "jwk" }).export({ format: "pem", type: "pkcs8" });
  return signingKeyOf(pem);
}
