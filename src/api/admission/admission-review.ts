import { UserInfo } from "#api/authentication/user-info.ts";
import { GroupVersionKind, GroupVersionResource } from "#api/meta/group-version.ts";
import { Status } from "#api/meta/status.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

export const AdmissionRequest = s.struct("admission/v1.AdmissionRequest", {
  uid: s.string(1, { always: true, doc: "The answer repeats it." }),
  kind: s.object(2, GroupVersionKind, { always: true }),
  resource: s.object(3, GroupVersionResource, { always: true }),
  subResource: s.string(4),
  requestKind: s.object(13, GroupVersionKind, { optional: true }),
  requestResource: s.object(14, GroupVersionResource, { optional: true }),
  requestSubResource: s.string(15),
  name: s.string(5),
  namespace: s.string(6),
  operation: s.string(7, { always: true, doc: "CREATE, UPDATE, DELETE or CONNECT." }),
  userInfo: s.object(8, UserInfo, { always: true }),
  object: s.raw(9, { doc: "The object as it would be; none when it is deleted." }),
  oldObject: s.raw(10, { doc: "The object as it is; none when it is new." }),
  dryRun: s.boolean(11, { optional: true }),
  options: s.raw(12),
});

export interface AdmissionRequest extends ValueOf<typeof AdmissionRequest> {}

export const AdmissionResponse = s.struct("admission/v1.AdmissionResponse", {
  uid: s.string(1, { always: true }),
  allowed: s.boolean(2, { always: true, doc: "Whether the request may go on." }),
  status: s.object(3, Status, { optional: true }),
  patch: s.bytes(4, { doc: "Changes to the object, as a JSON patch." }),
  patchType: s.string(5, { optional: true }),
  auditAnnotations: s.map(6, "string"),
  warnings: s.list(7, "string"),
});

export interface AdmissionResponse extends ValueOf<typeof AdmissionResponse> {}

export const AdmissionReview = s.struct(
  "admission/v1.AdmissionReview",
  {
    ...typeMeta,
    request: s.object(1, AdmissionRequest, { optional: true }),
    response: s.object(2, AdmissionResponse, { optional: true }),
  },
  { doc: "What the server asks an admission webhook, and what it answers." },
);

export interface AdmissionReview extends ValueOf<typeof AdmissionReview> {}
