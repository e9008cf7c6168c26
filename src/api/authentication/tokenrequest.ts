import { defineKind, type ObjectOf } from "#api/kind.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

export const BoundObjectReference = s.struct("authentication/v1.BoundObjectReference", {
  kind: s.string(1),
  apiVersion: s.string(2),
  name: s.string(3),
  uid: s.string(4, { protoName: "uID" }),
});

export interface BoundObjectReference extends ValueOf<typeof BoundObjectReference> {}

export const TokenRequestSpec = s.struct("authentication/v1.TokenRequestSpec", {
  audiences: s.list(1, "string", { always: true, listType: "atomic" }),
  expirationSeconds: s.int64(4, { always: true, nullable: true }),
  boundObjectRef: s.object(3, BoundObjectReference, { always: true, nullable: true }),
});

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
  verbs: [],
  schema: s.struct("authentication/v1.TokenRequest", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    spec: s.object(2, TokenRequestSpec, { always: true }),
    status: s.object(3, TokenRequestStatus),
  }),
});

export interface TokenRequest extends ObjectOf<typeof TokenRequest> {}
