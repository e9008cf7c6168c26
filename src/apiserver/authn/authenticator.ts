import type { ApiRequest, User } from "#api/request.ts";
import type { Soon } from "#base/soon.ts";

/** Says who a request comes from. */
export interface Authenticator {
  /** Undefined: it brings no credentials that this one knows. Throws Unauthorized on bad ones, or rejects. */
  readonly authenticate: (request: ApiRequest) => Soon<User | undefined>;
  /** For TokenReview: who the bearer of the token is. */
  readonly review: (token: string, audiences: readonly string[]) => Promise<TokenOwner | undefined>;
}

export interface TokenOwner {
  readonly user: User;
  readonly audiences: readonly string[];
}

/** What a service account token says. upstream: pkg/serviceaccount/claims.go */
export interface TokenRequestClaims {
  readonly namespace: string;
  readonly serviceAccount: { readonly name: string; readonly uid: string };
  readonly pod?: { readonly name: string; readonly uid: string };
  readonly secret?: { readonly name: string; readonly uid: string };
  readonly node?: { readonly name: string; readonly uid: string };
  readonly audiences: readonly string[];
  readonly expirationSeconds: number;
  /** After that the bearer should have come with a newer one, and is still let in. */
  readonly warnAfterSeconds?: number;
}

export interface TokenIssuer {
  readonly issue: (
    claims: TokenRequestClaims,
  ) => Promise<{ readonly token: string; readonly expiresMs: number; readonly id: string }>;
  /** The public keys, for `/openid/v1/jwks`. */
  readonly jwks: () => object;
  readonly issuer: string;
}
