import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

export const RangeAllocation = s.struct("core/v1.RangeAllocation", {
  ...typeMeta,
  metadata: s.object(1, ObjectMeta),
  range: s.string(2, { required: true }),
  data: s.bytes(3, { required: true }),
});

export interface RangeAllocation extends ValueOf<typeof RangeAllocation> {}
