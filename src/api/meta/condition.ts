import { s, type ValueOf } from "#schema/struct.ts";

export const Condition = s.struct("meta/v1.Condition", {
  type: s.string(1, { required: true }),
  status: s.string(2, { required: true }),
  observedGeneration: s.int64(3),
  lastTransitionTime: s.time(4, { required: true }),
  reason: s.string(5, { required: true }),
  message: s.string(6, { required: true }),
});

export interface Condition extends ValueOf<typeof Condition> {}
