import { defineKind, type ObjectOf } from "#api/kind.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { type FieldError, invalid } from "#schema/field-error.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

export const BoundObjectReference = s.struct("authentication/v1.BoundObjectReference", {
  kind: s.string(1),
  apiVersion: s.string(2),
  name: s.string(3),
  uid: s.string(4, { protoName: "uID" }),
});

export interface BoundObjectReference extends ValueOf<typeof BoundObjectReference> {}

const expirationSecondsMin = 10 * 60;
const expirationSecondsMax = 2 ** 32;

/** upstream: pkg/apis/authentication/validation/validation.go */
/** Asked for on behalf of pods that do not say how long their token should be good. As upstream: just over an hour. */
export const unsaidExpirationSeconds = 3_607;

export const TokenRequestSpec = s.struct(
  "authentication/v1.TokenRequestSpec",
  {
    audiences: s.list(1, "string", {
      always: true,
      listType: "atomic",
      doc: "Whom the token is for; for the API server when empty.",
    }),
    expirationSeconds: s.int64(4, {
      always: true,
      nullable: true,
      doc: "How long the token should be good; the server may decide otherwise.",
    }),
    boundObjectRef: s.object(3, BoundObjectReference, {
      always: true,
      nullable: true,
      doc: "The token is good only as long as this object exists.",
    }),
  },
  {
    defaults(draft) {
      draft.expirationSeconds ??= 3600;
    },
    *validate({ expirationSeconds }, at): Iterable<FieldError> {
      const path = `${at}.expirationSeconds`;
      const seconds = expirationSeconds ?? 0;
      if (seconds < expirationSecondsMin) {
        yield invalid(path, seconds, "may not specify a duration less than 10 minutes");
      }
      if (seconds > expirationSecondsMax) {
        yield invalid(path, seconds, "may not specify a duration larger than 2^32 seconds");
      }
    },
  },
);

export interface TokenRequestSpec extends ValueOf<typeof TokenRequestSpec> {}

export const TokenRequestStatus = s.struct("authentication/v1.TokenRequestStatus", {
  token: s.string(1, { always: true }),
  expirationTimestamp: s.time(2, { always: true }),
});

export interface TokenRequestStatus extends ValueOf<typeof TokenRequestStatus> {}

export const TokenRequest = defineKind({
  group: "authentication.k8s.io",
  version: "v1",
  kind: "TokenRequest",
  plural: "tokenrequests",
  scope: "Namespaced",
  doc: "Asks for a token of a service account, by way of its `token` subresource.",
  verbs: [],
  schema: s.struct("authentication/v1.TokenRequest", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    spec: s.object(2, TokenRequestSpec, { always: true }),
    status: s.object(3, TokenRequestStatus),
  }),
});

export interface TokenRequest extends ObjectOf<typeof TokenRequest> {}
