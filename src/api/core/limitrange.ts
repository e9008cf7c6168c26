import { defaultLimits } from "./limitrange-defaults.ts";
import { validateLimitRange } from "./limitrange-validation.ts";
import type { FieldError } from "#schema/field-error.ts";
import { defineKind, type ObjectOf } from "#api/kind.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

export const LimitRangeItem = s.struct(
  "core/v1.LimitRangeItem",
  {
    type: s.string(1, {
      doc: "What it is for: Pod, Container or PersistentVolumeClaim.",
      required: true,
    }),
    max: s.map(2, "quantity", { doc: "The most of each resource." }),
    min: s.map(3, "quantity", { doc: "The least of each resource." }),
    default: s.map(4, "quantity", { doc: "The limit where none is said." }),
    defaultRequest: s.map(5, "quantity", { doc: "The request where none is said." }),
    maxLimitRequestRatio: s.map(6, "quantity", {
      doc: "How many times its request a limit may be.",
    }),
  },
  { defaults: (draft): void => defaultLimits(draft) },
);

export interface LimitRangeItem extends ValueOf<typeof LimitRangeItem> {}

export const LimitRangeSpec = s.struct("core/v1.LimitRangeSpec", {
  limits: s.list(1, LimitRangeItem, {
    doc: "For each type of object, its limits.",
    required: true,
    listType: "atomic",
  }),
});

export interface LimitRangeSpec extends ValueOf<typeof LimitRangeSpec> {}

export const LimitRange = defineKind({
  group: "",
  version: "v1",
  kind: "LimitRange",
  doc: "Smallest, largest and usual resources of single pods, containers and claims in a namespace.",
  plural: "limitranges",
  shortNames: ["limits"],
  scope: "Namespaced",
  storage: { prefix: "/registry/limitranges", hash: "EBKMFVe6cwo=" },
  schema: s.struct("core/v1.LimitRange", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    spec: s.object(2, LimitRangeSpec, { doc: "The limits." }),
  }),
  createsOnUpdate: true,
  validate: (range): Iterable<FieldError> => validateLimitRange(range),
});

export interface LimitRange extends ObjectOf<typeof LimitRange> {}
