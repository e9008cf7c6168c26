/** Tokens that an OpenID provider, or anybody else with published keys, has signed. */
import { errors as joseErrors, jwtVerify, type JWTPayload } from "jose";
import { ApiError } from "#api/errors.ts";
import type { User } from "#api/request.ts";
import type { Log } from "#base/log.ts";
import { authenticated } from "../groups.ts";
import { Remembered } from "../remembered.ts";
import { issuerOf, type TokenCheck } from "../service-account-token.ts";
import { userOf } from "./claims.ts";
import type { JwtIssuer } from "./configuration.ts";
import { KeySet, type KeySetPorts } from "./key-set.ts";

/** How tokens may be signed. */
export const jwtAlgorithms: readonly string[] =
  "RS256 RS384 RS512 ES256 ES384 ES512 PS256 PS384 PS512".split(" ");

export interface JwtPorts extends KeySetPorts {
  readonly log: Log;
}

interface Verified {
  readonly user: User;
  readonly expiresMs: number;
}

/** Undefined: another issuer's token. Throws Unauthorized when it is this one's, and is not good. */
export function jwtTokens(issuer: JwtIssuer, ports: JwtPorts): TokenCheck {
  const keys = new KeySet(issuer, ports);
  const known = new Remembered<Verified>();
  return async (token, audiences) => {
    if (issuerOf(token) !== issuer.url) return undefined;
    let verified = known.get(token);
    if (!verified) known.set(token, (verified = await verify(token, { issuer, keys, ports })));
    if (verified.expiresMs <= ports.clock.now())
      throw new ApiError("Unauthorized", "oidc: the token has expired");
    return { user: verified.user, audiences };
  };
}

interface Verifying {
  readonly issuer: JwtIssuer;
  readonly keys: KeySet;
  readonly ports: JwtPorts;
}

async function verify(token: string, { issuer, keys, ports }: Verifying): Promise<Verified> {
  try {
    const { payload } = await jwtVerify(token, keys.find, {
      algorithms: [...(issuer.algorithms ?? jwtAlgorithms)],
      issuer: issuer.url,
      audience: [...issuer.audiences],
      requiredClaims: ["exp"],
      currentDate: new Date(ports.clock.now()),
    });
    return verifiedOf(payload, issuer);
  } catch (cause) {
    if (cause instanceof ApiError) throw cause;
    if (!(cause instanceof joseErrors.JOSEError))
      ports.log.warn("keys of a token issuer cannot be read", { issuer: issuer.url, cause });
    throw new ApiError("Unauthorized", `oidc: ${(cause as Error).message}`, { cause });
  }
}

const verifiedOf = (payload: JWTPayload, issuer: JwtIssuer): Verified => ({
  user: authenticated(userOf(issuer, payload)),
  expiresMs: (payload.exp ?? 0) * 1_000,
});
