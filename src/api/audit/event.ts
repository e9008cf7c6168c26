import { UserInfo } from "#api/authentication/user-info.ts";
import { Status } from "#api/meta/status.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

export const AuthenticationMetadata = s.struct("audit/v1.AuthenticationMetadata", {
  impersonationConstraint: s.string(1),
});

export interface AuthenticationMetadata extends ValueOf<typeof AuthenticationMetadata> {}

export const ObjectReference = s.struct("audit/v1.ObjectReference", {
  resource: s.string(1),
  namespace: s.string(2),
  name: s.string(3),
  uid: s.string(4),
  apiGroup: s.string(5),
  apiVersion: s.string(6),
  resourceVersion: s.string(7),
  subresource: s.string(8),
});

export interface ObjectReference extends ValueOf<typeof ObjectReference> {}

export const Event = s.struct(
  "audit/v1.Event",
  {
    ...typeMeta,
    level: s.string(1, { required: true, doc: "None, Metadata, Request or RequestResponse." }),
    auditID: s.string(2, { required: true }),
    stage: s.string(3, { required: true, doc: "How far the request had got." }),
    requestURI: s.string(4, { required: true }),
    verb: s.string(5, { required: true }),
    user: s.object(6, UserInfo, { required: true }),
    impersonatedUser: s.object(7, UserInfo, { optional: true }),
    authenticationMetadata: s.object(17, AuthenticationMetadata, { optional: true }),
    sourceIPs: s.list(8, "string", { listType: "atomic" }),
    userAgent: s.string(16),
    objectRef: s.object(9, ObjectReference, { optional: true }),
    responseStatus: s.object(10, Status, { optional: true }),
    requestObject: s.raw(11, { optional: true }),
    responseObject: s.raw(12, { optional: true }),
    requestReceivedTimestamp: s.microTime(13, { always: true }),
    stageTimestamp: s.microTime(14, { always: true }),
    annotations: s.map(15, "string"),
  },
  { doc: "One line of the audit log: who asked for what, and what came of it." },
);

export interface Event extends ValueOf<typeof Event> {}
