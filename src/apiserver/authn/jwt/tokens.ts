/** Tokens that an OpenID provider, or anybody else with published keys, has signed. */
import { errors as joseErrors, type JWTPayload } from "jose";
import { ApiError } from "#api/errors.ts";
import type { User } from "#api/request.ts";
import { type Clock, seconds } from "#base/clock.ts";
import { messageOf } from "#base/failure.ts";
import type { Log } from "#base/log.ts";
import { authenticated } from "../groups.ts";
import { Remembered } from "../remembered.ts";
import { issuerOf, type TokenCheck } from "../service-account-token.ts";
import { userOf } from "./claims.ts";
import type { JwtIssuer } from "./configuration.ts";
import { distributedClaims, type ExpandClaims } from "./distributed-claims.ts";
import type { FetchPorts } from "./fetching.ts";
import { KeySet } from "./key-set.ts";
import type { IssuerMetrics } from "./metrics.ts";
import { signedClaims } from "./signature.ts";

export interface JwtPorts extends FetchPorts {
  readonly log: Log;
  readonly metrics?: IssuerMetrics;
}

/** Keys may be withdrawn, and groups elsewhere change: a token that was good is looked at anew after that. As upstream. */
const rememberedMs = seconds(10);

interface Verified {
  readonly user: User;
  readonly untilMs: number;
}

/** Undefined: another issuer's token. Throws Unauthorized when it is this one's, and is not good. */
export function jwtTokens(issuer: JwtIssuer, ports: JwtPorts): TokenCheck {
  const { clock, metrics } = ports;
  const keys = new KeySet(issuer, ports, metrics?.keysRead);
  const verifying = { issuer, keys, ports, expand: distributedClaims(issuer, keys, ports) };
  const known = new Remembered<Verified>();
  const verified = counted(clock, metrics, (token) => verify(token, verifying));
  return async (token, audiences) => {
    if (issuerOf(token) !== issuer.url) return undefined;
    const found = known.get(token);
    if (found && clock.now() < found.untilMs) return { user: found.user, audiences };
    const { user, expiresMs } = await verified(token);
    known.set(token, { user, untilMs: Math.min(expiresMs, clock.now() + rememberedMs) });
    return { user, audiences };
  };
}

interface Owner {
  readonly user: User;
  readonly expiresMs: number;
}

type Verify = (token: string) => Promise<Owner>;

const counted =
  (clock: Clock, metrics: IssuerMetrics | undefined, check: Verify): Verify =>
  async (token) => {
    const startedMs = clock.monotonic();
    let result: "success" | "failure" = "failure";
    try {
      const owner = await check(token);
      result = "success";
      return owner;
    } finally {
      metrics?.checked(result, (clock.monotonic() - startedMs) / 1_000);
    }
  };

interface Verifying {
  readonly issuer: JwtIssuer;
  readonly keys: KeySet;
  readonly ports: JwtPorts;
  readonly expand: ExpandClaims | undefined;
}

async function verify(token: string, { issuer, keys, ports, expand }: Verifying): Promise<Owner> {
  const { clock, log } = ports;
  try {
    const { url, audiences, algorithms } = issuer;
    const claims = await signedClaims(token, { issuer: url, audiences, algorithms, keys, clock });
    return ownerOf(claims, issuer, expand ? await expanded(claims, expand) : claims);
  } catch (cause) {
    if (cause instanceof ApiError) throw cause;
    if (!(cause instanceof joseErrors.JOSEError))
      log.warn("keys of a token issuer cannot be read", { issuer: issuer.url, cause });
    throw new ApiError("Unauthorized", `oidc: ${messageOf(cause)}`, { cause });
  }
}

async function expanded(claims: JWTPayload, expand: ExpandClaims) {
  try {
    return await expand(claims);
  } catch (cause) {
    // exact: apiserver
    const message = `oidc: could not expand distributed claims: ${messageOf(cause)}`;
    throw new ApiError("Unauthorized", message, { cause });
  }
}

const ownerOf = (
  { exp = 0 }: JWTPayload,
  issuer: JwtIssuer,
  claims: Readonly<Record<string, unknown>>,
): Owner => ({ user: authenticated(userOf(issuer, claims)), expiresMs: exp * 1_000 });
