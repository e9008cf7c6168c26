/** Whether a JWT was signed by its issuer, for us, and still holds. */
import { errors as joseErrors, jwtVerify, type JWTPayload, type JWTVerifyOptions } from "jose";
import type { Clock } from "#base/clock.ts";
import type { KeySet } from "./key-set.ts";

/** How tokens may be signed. */
export const jwtAlgorithms: readonly string[] =
  "RS256 RS384 RS512 ES256 ES384 ES512 PS256 PS384 PS512".split(" ");

export interface Demands {
  readonly issuer: string;
  /** One of them is enough. */
  readonly audiences: readonly string[];
  /** In every way that is known when absent. */
  readonly algorithms?: readonly string[] | undefined;
  readonly keys: KeySet;
  readonly clock: Clock;
}

/** Throws a JOSEError where the token is not good, what else went wrong where the keys cannot be had. */
export async function signedClaims(token: string, demands: Demands): Promise<JWTPayload> {
  const { issuer, audiences, algorithms = jwtAlgorithms, keys, clock } = demands;
  const options = {
    algorithms: [...algorithms],
    issuer,
    audience: [...audiences],
    requiredClaims: ["exp"],
    currentDate: new Date(clock.now()),
  };
  try {
    return await claimsByAnyKey(token, keys, options);
  } catch (cause) {
    // An issuer may also exchange a key under the same name, or use no names.
    if (!mayBeOfNewKey(cause) || !(await keys.renew())) throw cause;
    return claimsByAnyKey(token, keys, options);
  }
}

const isWrongSignature = (cause: unknown): boolean =>
  cause instanceof joseErrors.JWSSignatureVerificationFailed;

const mayBeOfNewKey = (cause: unknown): boolean =>
  cause instanceof joseErrors.JWKSNoMatchingKey || isWrongSignature(cause);

/** Where the token does not name its key, each that fits is tried. As go-oidc. */
async function claimsByAnyKey(
  token: string,
  keys: KeySet,
  options: JWTVerifyOptions,
): Promise<JWTPayload> {
  try {
    return (await jwtVerify(token, keys.find, options)).payload;
  } catch (cause) {
    if (!(cause instanceof joseErrors.JWKSMultipleMatchingKeys)) throw cause;
    for await (const key of cause) {
      const payload = await claimsBy(key, token, options);
      if (payload) return payload;
    }
    throw new joseErrors.JWSSignatureVerificationFailed();
  }
}

/** Undefined: another key has signed it. */
async function claimsBy(
  key: CryptoKey,
  token: string,
  options: JWTVerifyOptions,
): Promise<JWTPayload | undefined> {
  try {
    return (await jwtVerify(token, key, options)).payload;
  } catch (cause) {
    if (isWrongSignature(cause)) return undefined;
    throw cause;
  }
}
