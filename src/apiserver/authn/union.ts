/**
 * Asks every way of authentication in turn. A component of this process is believed; a client
 * certificate goes before a bearer token, as upstream has it; who brings nothing is anonymous, and
 * may only look at the server's health and version.
 */
import { ApiError, isReason } from "#api/errors.ts";
import type { ApiRequest, User } from "#api/request.ts";
import type { Clock } from "#base/clock.ts";
import { finish, type Soon, whenThere } from "#base/soon.ts";
import type { Reader } from "../registry/registry.ts";
import type { Authenticator, TokenOwner } from "./authenticator.ts";
import { bearerToken } from "./bearer-token.ts";
import { bootstrapTokenUser } from "./bootstrap-token.ts";
import { certificateUser } from "./client-certificate.ts";
import type { LegacyUse } from "./legacy-token.ts";
import { type FrontProxy, proxiedUser } from "./remote-user.ts";
import { anonymous, authenticated } from "./groups.ts";
import {
  serviceAccountTokens,
  type TokenCheck,
  type VerificationKey,
} from "./service-account-token.ts";

export interface AuthenticatorOptions {
  readonly clock: Clock;
  /** Asked for with each use: the registry is made after the authenticator. */
  readonly reader: () => Reader;
  /** What our own tokens are for; the issuer, mostly. */
  readonly audiences: readonly string[];
  readonly issuer: string;
  /** What service account tokens are verified with: the signing keys, new and old. */
  readonly keys: () => readonly VerificationKey[];
  /** Static bearer tokens. */
  readonly tokens?: ReadonlyMap<string, User>;
  /** What else tells who the bearer of a token is, in order; asked for with each use. */
  readonly checks?: () => readonly TokenCheck[];
  readonly legacyUse?: LegacyUse;
  /** Where who brings no credentials is let in as anonymous: health and version unless said. */
  readonly isOpenTo?: (path: string) => boolean;
  /** Who may speak for others, in headers. */
  readonly frontProxy?: FrontProxy;
}

/** Health and version. */
export const isOpenUnlessSaid = (path: string): boolean =>
  /^\/(healthz|livez|readyz|version)(\/|$)/.test(path);

export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  const { clock, reader, audiences, checks = none } = options;
  const { isOpenTo = isOpenUnlessSaid } = options;
  const components = new WeakMap<User, User>();
  const statics = new Map<string, User>();
  for (const [token, user] of options.tokens ?? []) statics.set(token, authenticated(user));
  const accounts = serviceAccountTokens(options);

  const component = (user: User): User => {
    const known = components.get(user);
    if (known) return known;
    const member = authenticated(user);
    components.set(user, member);
    return member;
  };

  const bearer: TokenCheck = (token, wanted) => {
    const user = statics.get(token) ?? bootstrapTokenUser(token, reader(), clock);
    if (user) return { user, audiences: wanted };
    const owner = accounts(token, wanted);
    return owner instanceof Promise || owner ? owner : askOthers(checks(), token, wanted);
  };

  const remote = (request: ApiRequest): User | undefined =>
    options.frontProxy && proxiedUser(options.frontProxy, request);

  const authenticate = (request: ApiRequest): Soon<User | undefined> => {
    if (request.caller.is === "component") return component(request.caller.user);
    const user = remote(request) ?? certificateUser(request, clock);
    if (user) return user;
    const token = bearerToken(request.headers);
    if (token !== undefined) return whenThere(bearer(token, audiences), userOrThrow);
    return isOpenTo(request.path) ? anonymous : undefined;
  };

  return {
    authenticate: (request) => finish(() => authenticate(request), known, plainly),
    review: async (token, wanted) => bearer(token, wanted.length === 0 ? audiences : wanted),
  };
}

const none = (): readonly TokenCheck[] => [];

/** The first that knows the token says who it is; when none does, the first refusal counts. */
async function askOthers(
  checks: readonly TokenCheck[],
  token: string,
  wanted: readonly string[],
): Promise<TokenOwner | undefined> {
  let refusal: unknown;
  for (const check of checks) {
    try {
      const owner = await check(token, wanted);
      if (owner) return owner;
    } catch (cause) {
      if (!isReason(cause, "Unauthorized")) throw cause;
      refusal ??= cause;
    }
  }
  if (refusal) throw refusal;
  return undefined;
}

const known = (user: User | undefined): User | undefined => user;

function userOrThrow(owner: TokenOwner | undefined): User {
  if (owner) return owner.user;
  throw new ApiError("Unauthorized", "invalid bearer token");
}

/** The caller is not told what is wrong with its credentials; the cause is for the log. */
function plainly(cause: unknown): never {
  if (!isReason(cause, "Unauthorized")) throw cause;
  throw new ApiError("Unauthorized", "Unauthorized", { cause });
}
