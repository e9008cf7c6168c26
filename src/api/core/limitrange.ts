import { defineKind, type ObjectOf } from "#api/kind.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

export const LimitRangeItem = s.struct("core/v1.LimitRangeItem", {
  type: s.string(1, { required: true }),
  max: s.map(2, "quantity"),
  min: s.map(3, "quantity"),
  default: s.map(4, "quantity"),
  defaultRequest: s.map(5, "quantity"),
  maxLimitRequestRatio: s.map(6, "quantity"),
});

export interface LimitRangeItem extends ValueOf<typeof LimitRangeItem> {}

export const LimitRangeSpec = s.struct("core/v1.LimitRangeSpec", {
  limits: s.list(1, LimitRangeItem, { required: true, listType: "atomic" }),
});

export interface LimitRangeSpec extends ValueOf<typeof LimitRangeSpec> {}

export const LimitRange = defineKind({
  group: "",
  version: "v1",
  kind: "LimitRange",
  plural: "limitranges",
  shortNames: ["limits"],
  scope: "Namespaced",
  storage: { prefix: "/registry/limitranges", hash: "EBKMFVe6cwo=" },
  schema: s.struct("core/v1.LimitRange", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    spec: s.object(2, LimitRangeSpec),
  }),
});

export interface LimitRange extends ObjectOf<typeof LimitRange> {}
