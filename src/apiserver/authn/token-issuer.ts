/**
 * Signs service account tokens and publishes what others need to verify them (OpenID discovery).
 * upstream: pkg/serviceaccount/{jwt,claims,openidmetadata}.go
 */
import { createHash, createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { SignJWT } from "jose";
import type { Clock } from "#base/clock.ts";
import { newUid, type Random } from "#base/random.ts";
import type { TokenIssuer, TokenRequestClaims } from "./authenticator.ts";
import { accountName } from "./groups.ts";
import type { VerificationKey } from "./service-account-token.ts";

export interface SigningKey extends VerificationKey {
  readonly privateKey: KeyObject;
  readonly algorithm: Algorithm;
}

type Algorithm = "ES256" | "RS256";

/** Of a private key in PEM: an elliptic one on P-256, or RSA. */
export function signingKeyOf(pem: string): SigningKey {
  const privateKey = createPrivateKey(pem);
  const publicKey = createPublicKey(privateKey);
  return { kid: keyIdOf(publicKey), publicKey, privateKey, algorithm: algorithmOf(publicKey) };
}

/** Of a public key in PEM: what an earlier key signed stays valid until it expires. */
export function verificationKeyOf(pem: string): VerificationKey {
  const publicKey = createPublicKey(pem);
  return { kid: keyIdOf(publicKey), publicKey };
}

const keyIdOf = (key: KeyObject): string =>
  createHash("sha256")
    .update(key.export({ format: "der", type: "spki" }))
    .digest("base64url");

function algorithmOf(key: KeyObject): Algorithm {
  if (key.asymmetricKeyType === "rsa") return "RS256";
  if (key.asymmetricKeyDetails?.namedCurve === "prime256v1") return "ES256";
  throw new Error("service account keys must be RSA or P-256");
}

export interface TokenIssuerOptions {
  readonly issuer: string;
  readonly key: () => SigningKey;
  /** All that may still verify: the signing key and its predecessors. */
  readonly keys: () => readonly VerificationKey[];
  readonly clock: Clock;
  readonly random: Random;
}

export function createTokenIssuer(options: TokenIssuerOptions): TokenIssuer {
  const { issuer, clock, random } = options;
  return {
    issuer,
    issue: async (claims) => {
      const { kid, privateKey, algorithm } = options.key();
      const nowSeconds = Math.floor(clock.now() / 1_000);
      const expires = nowSeconds + claims.expirationSeconds;
      const id = newUid(random);
      const token = await new SignJWT({ "kubernetes.io": boundTo(claims, nowSeconds) })
        .setProtectedHeader({ alg: algorithm, kid })
        .setIssuer(issuer)
        .setSubject(accountName(claims.namespace, claims.serviceAccount.name))
        .setAudience([...claims.audiences])
        .setJti(id)
        .setIssuedAt(nowSeconds)
        .setNotBefore(nowSeconds)
        .setExpirationTime(expires)
        .sign(privateKey);
      return { token, expiresMs: expires * 1_000, id };
    },
    jwks: () => ({ keys: options.keys().map(publicJwk) }),
  };
}

function boundTo(claims: TokenRequestClaims, nowSeconds: number): object {
  const { namespace, serviceAccount, pod, secret, node, warnAfterSeconds } = claims;
  return {
    namespace,
    ...(node ? { node } : {}),
    ...(pod ? { pod } : {}),
    ...(secret ? { secret } : {}),
    serviceaccount: serviceAccount,
    ...(warnAfterSeconds === undefined ? {} : { warnafter: nowSeconds + warnAfterSeconds }),
  };
}

const publicJwk = ({ kid, publicKey }: VerificationKey): object => ({
  use: "sig",
  ...publicKey.export({ format: "jwk" }),
  kid,
  alg: algorithmOf(publicKey),
});

/** What `/.well-known/openid-configuration` says. */
export function openIdConfiguration({ issuer, jwks }: TokenIssuer): object {
  const { keys } = jwks() as { keys: { alg: string }[] };
  return {
    issuer,
    jwks_uri: new URL("/openid/v1/jwks", issuer).href,
    response_types_supported: ["id_token"],
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: [...new Set(keys.map(({ alg }) => alg))].sort(),
  };
}
