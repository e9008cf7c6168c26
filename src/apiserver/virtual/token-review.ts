/** Says who the bearer of a token is. upstream: pkg/registry/authentication/tokenreview/storage.go */
import { TokenReview } from "#api/authentication/tokenreview.ts";
import { badRequest, isReason } from "#api/errors.ts";
import type { Draft } from "#schema/struct.ts";
import type { Authenticator, TokenOwner } from "../authn/authenticator.ts";
import { userInfoOf } from "./user-info.ts";
import { typed } from "./typed.ts";
import { defineVirtual } from "./virtual.ts";

export const tokenReview = defineVirtual<TokenReview>({
  kind: TokenReview,

  async create(review, { ports }) {
    const { token = "", audiences = [] } = review.spec;
    // exact: apiserver
    if (token === "") throw badRequest("token is required for TokenReview in authentication");
    review.status = statusOf(await ownerOf(ports.authenticator, token, audiences), audiences);
    return typed(TokenReview, review);
  },
});

async function ownerOf(
  authenticator: Authenticator,
  token: string,
  audiences: readonly string[],
): Promise<TokenOwner | string> {
  try {
    return (await authenticator.review(token, audiences)) ?? "invalid bearer token";
  } catch (error) {
    if (!isReason(error, "Unauthorized")) throw error;
    return `[invalid bearer token, ${error.message}]`;
  }
}

function statusOf(
  owner: TokenOwner | string,
  asked: readonly string[],
): Draft<TokenReview["status"]> {
  if (typeof owner === "string") return { user: {}, error: owner };
  return {
    authenticated: true,
    user: userInfoOf(owner.user),
    // Who does not ask for any is not told of any.
    ...(asked.length > 0 ? { audiences: [...owner.audiences] } : {}),
  };
}
