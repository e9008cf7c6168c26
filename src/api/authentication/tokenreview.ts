import { defineKind, type ObjectOf } from "#api/kind.ts";
import { UserInfo } from "./user-info.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

export const TokenReviewSpec = s.struct("authentication/v1.TokenReviewSpec", {
  token: s.string(1, { required: true, omitEmpty: true, doc: "The opaque bearer token." }),
  audiences: s.list(2, "string", {
    listType: "atomic",
    doc: "The token must be meant for one of these; for the API server unless said.",
  }),
});

export interface TokenReviewSpec extends ValueOf<typeof TokenReviewSpec> {}

export const TokenReviewStatus = s.struct("authentication/v1.TokenReviewStatus", {
  authenticated: s.boolean(1, { doc: "Whether the token is known to be good." }),
  user: s.object(2, UserInfo),
  audiences: s.list(4, "string", { listType: "atomic" }),
  error: s.string(3),
});

export interface TokenReviewStatus extends ValueOf<typeof TokenReviewStatus> {}

export const TokenReview = defineKind({
  group: "authentication.k8s.io",
  version: "v1",
  kind: "TokenReview",
  plural: "tokenreviews",
  scope: "Cluster",
  doc: "Asks whom a token stands for; the answer is in the status.",
  verbs: ["create"],
  schema: s.struct("authentication/v1.TokenReview", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    spec: s.object(2, TokenReviewSpec, { required: true }),
    status: s.object(3, TokenReviewStatus),
  }),
});

export interface TokenReview extends ObjectOf<typeof TokenReview> {}
