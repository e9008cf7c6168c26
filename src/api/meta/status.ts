import { ListMeta } from "./list-meta.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

export const StatusCause = s.struct("meta/v1.StatusCause", {
  reason: s.string(1),
  message: s.string(2),
  field: s.string(3),
});

export interface StatusCause extends ValueOf<typeof StatusCause> {}

export const StatusDetails = s.struct("meta/v1.StatusDetails", {
  name: s.string(1),
  group: s.string(2),
  kind: s.string(3),
  uid: s.string(6),
  causes: s.list(4, StatusCause, { listType: "atomic" }),
  retryAfterSeconds: s.int32(5),
});

export interface StatusDetails extends ValueOf<typeof StatusDetails> {}

export const Status = s.struct("meta/v1.Status", {
  ...typeMeta,
  metadata: s.object(1, ListMeta),
  status: s.string(2),
  message: s.string(3),
  reason: s.string(4),
  details: s.object(5, StatusDetails, { optional: true }),
  code: s.int32(6),
});

export interface Status extends ValueOf<typeof Status> {}
