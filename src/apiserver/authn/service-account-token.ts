/**
 * Service account tokens: signed statements about an account and, mostly, the pod it was made for.
 * A signature is verified once and remembered until the token expires; that the account, pod,
 * secret or node it names still exists is looked up with every request, in the cache.
 * upstream: pkg/serviceaccount/{jwt,claims}.go
 */
import { decodeJwt, errors as joseErrors, jwtVerify } from "jose";
import type { KeyObject } from "node:crypto";
import { Node } from "#api/core/node.ts";
import { Pod } from "#api/core/pod.ts";
import { Secret } from "#api/core/secret.ts";
import { ServiceAccount } from "#api/core/serviceaccount.ts";
import { ApiError } from "#api/errors.ts";
import type { AnyKind } from "#api/kind.ts";
import type { ObjectMeta } from "#api/meta/object-meta.ts";
import type { User } from "#api/request.ts";
import { type Clock, minutes } from "#base/clock.ts";
import type { Reader } from "../registry/registry.ts";
import type { TokenOwner } from "./authenticator.ts";
import {
  accountGroups,
  accountName,
  authenticated,
  credentialId,
  nodeName,
  nodeUid,
  podName,
  podUid,
} from "./groups.ts";
import type { LegacyUse } from "./legacy-token.ts";
import { Remembered } from "./remembered.ts";

/** The `kubernetes.io` claim. */
interface BoundTo {
  readonly namespace: string;
  readonly serviceaccount: Named;
  readonly pod?: Named;
  readonly secret?: Named;
  readonly node?: Named;
}
interface Named {
  readonly name: string;
  readonly uid: string;
}

export interface VerificationKey {
  readonly kid: string;
  readonly publicKey: KeyObject;
}

export interface ServiceAccountTokenOptions {
  readonly issuer: string;
  readonly keys: () => readonly VerificationKey[];
  readonly reader: () => Reader;
  readonly clock: Clock;
  /** Notes, or refuses, the use of a token that lies in a secret. */
  readonly legacyUse?: LegacyUse;
}

interface Verified {
  readonly user: User;
  readonly bound: BoundTo;
  readonly audiences: readonly string[];
  readonly notBeforeMs: number;
  readonly expiresMs: number;
}

/** Clocks of several servers differ a little. */
const leewayMs = minutes(1);

export type TokenCheck = (
  token: string,
  audiences: readonly string[],
) => TokenOwner | undefined | Promise<TokenOwner | undefined>;

/** Undefined: the token is not one of ours. Throws Unauthorized when it is, and is not good. */
export function serviceAccountTokens(options: ServiceAccountTokenOptions): TokenCheck {
  const remembered = new Remembered<Verified>();

  const accept = (token: string, verified: Verified, audiences: readonly string[]): TokenOwner => {
    checkTimes(verified, options.clock.now());
    checkBound(verified.bound, options.reader(), options.clock.now());
    const { namespace, secret } = verified.bound;
    const found = secret && options.reader().get(Secret, namespace, secret.name);
    if (found) options.legacyUse?.(found.object, token);
    return { user: verified.user, audiences: sharedAudiences(verified.audiences, audiences) };
  };

  return (token, audiences) => {
    const known = remembered.get(token);
    if (known) return accept(token, known, audiences);
    if (issuerOf(token) !== options.issuer) return undefined;
    return verify(token, options).then((verified) => {
      const owner = accept(token, verified, audiences);
      remembered.set(token, verified);
      return owner;
    });
  };
}

/** Undefined where the token is no JWT. */
export function issuerOf(token: string): string | undefined {
  try {
    return decodeJwt(token).iss;
  } catch (error) {
    if (error instanceof joseErrors.JOSEError || error instanceof TypeError) return undefined;
    throw error;
  }
}

async function verify(token: string, options: ServiceAccountTokenOptions): Promise<Verified> {
  try {
    const { payload } = await jwtVerify(token, ({ kid }) => keyFor(options.keys(), kid), {
      algorithms: ["ES256", "RS256"],
      issuer: options.issuer,
      // Times are checked with each use, by our own clock.
      currentDate: new Date((decodeJwt(token).nbf ?? 0) * 1_000),
    });
    return verifiedOf(payload);
  } catch (cause) {
    if (!(cause instanceof joseErrors.JOSEError)) throw cause;
    throw new ApiError("Unauthorized", `invalid bearer token: ${cause.message}`, { cause });
  }
}

interface Payload {
  readonly sub?: string;
  readonly aud?: string | string[];
  readonly exp?: number;
  readonly nbf?: number;
  readonly jti?: string;
  readonly "kubernetes.io"?: BoundTo;
}

function keyFor(keys: readonly VerificationKey[], kid: string | undefined): KeyObject {
  const found = keys.find((key) => key.kid === kid) ?? (kid ? undefined : keys[0]);
  if (!found) throw new joseErrors.JWKSNoMatchingKey();
  return found.publicKey;
}

function verifiedOf(payload: Payload): Verified {
  const bound = payload["kubernetes.io"];
  if (!bound?.namespace || !bound.serviceaccount?.name)
    throw new ApiError("Unauthorized", "service account token claims could not be validated");
  const name = accountName(bound.namespace, bound.serviceaccount.name);
  if (payload.sub !== name)
    throw new ApiError("Unauthorized", "service account token claims could not be validated");
  return {
    user: authenticated(userOf(name, bound, payload.jti)),
    bound,
    audiences: typeof payload.aud === "string" ? [payload.aud] : (payload.aud ?? []),
    notBeforeMs: (payload.nbf ?? 0) * 1_000,
    expiresMs: (payload.exp ?? 0) * 1_000,
  };
}

const userOf = (name: string, bound: BoundTo, id: string | undefined): User => ({
  name,
  uid: bound.serviceaccount.uid,
  groups: accountGroups(bound.namespace),
  extra: {
    ...(id ? { [credentialId]: [`JTI=${id}`] } : {}),
    ...(bound.pod ? { [podName]: [bound.pod.name], [podUid]: [bound.pod.uid] } : {}),
    ...(bound.node ? { [nodeName]: [bound.node.name], [nodeUid]: [bound.node.uid] } : {}),
  },
});

function checkTimes({ notBeforeMs, expiresMs }: Verified, nowMs: number): void {
  if (nowMs >= expiresMs + leewayMs)
    throw new ApiError("Unauthorized", "service account token has expired");
  if (nowMs < notBeforeMs - leewayMs)
    throw new ApiError("Unauthorized", "service account token is not valid yet");
}

/** A token dies with what it is bound to. A pod's node is information, not a bond. */
function checkBound(bound: BoundTo, reader: Reader, nowMs: number): void {
  const { namespace, serviceaccount: account, secret, pod, node } = bound;
  const demand = (kind: AnyKind, where: string, claim: Named): void => {
    const metadata = reader.get(kind, where, claim.name)?.object.metadata;
    const isGone = metadata && isLeaving(metadata, nowMs);
    if (metadata?.uid === claim.uid && !isGone) return;
    const loss = { claim, found: metadata?.uid, isGone };
    const of = kind === ServiceAccount ? accountLoss(namespace, loss) : bondLoss(kind, loss);
    throw new ApiError("Unauthorized", of);
  };
  demand(ServiceAccount, namespace, account);
  if (secret) demand(Secret, namespace, secret);
  if (pod) demand(Pod, namespace, pod);
  else if (node) demand(Node, "", node);
}

const isLeaving = ({ deletionTimestamp: at }: ObjectMeta, nowMs: number): boolean =>
  at !== undefined && Date.parse(at) < nowMs - leewayMs;

/** It is not there, on its way out, or another one. */
interface Loss {
  readonly claim: Named;
  /** The uid of what has the name now. */
  readonly found: string | undefined;
  readonly isGone: boolean | undefined;
}

/** exact: apiserver */
function accountLoss(namespace: string, { claim, found, isGone }: Loss): string {
  const { name, uid } = claim;
  if (found === undefined) return `serviceaccounts ${JSON.stringify(name)} not found`;
  if (isGone) return `service account ${namespace}/${name} has been deleted`;
  return `service account UID (${found}) does not match claim (${uid})`;
}

/** exact: apiserver */
function bondLoss({ kind }: AnyKind, { claim, found, isGone }: Loss): string {
  if (found === undefined || isGone) return "service account token has been invalidated";
  const what = kind.toLowerCase();
  return `${what} UID (${found}) does not match service account ${what} ref claim (${claim.uid})`;
}

function sharedAudiences(has: readonly string[], wanted: readonly string[]): readonly string[] {
  const shared = wanted.filter((audience) => has.includes(audience));
  if (shared.length > 0) return shared;
  // exact: apiserver
  throw new ApiError(
    "Unauthorized",
    `token audiences ${quoted(has)} is invalid for the target audiences ${quoted(wanted)}`,
  );
}

/** As Go prints a list of strings with %q. */
const quoted = (list: readonly string[]): string =>
  `[${list.map((item) => JSON.stringify(item)).join(" ")}]`;
