import { s, type ValueOf } from "#schema/struct.ts";

export const FieldSelectorRequirement = s.struct("meta/v1.FieldSelectorRequirement", {
  key: s.string(1, { required: true }),
  operator: s.string(2, { required: true }),
  values: s.list(3, "string", { listType: "atomic" }),
});

export interface FieldSelectorRequirement extends ValueOf<typeof FieldSelectorRequirement> {}

export const LabelSelectorRequirement = s.struct("meta/v1.LabelSelectorRequirement", {
  key: s.string(1, { required: true }),
  operator: s.string(2, { required: true }),
  values: s.list(3, "string", { listType: "atomic" }),
});

export interface LabelSelectorRequirement extends ValueOf<typeof LabelSelectorRequirement> {}

export const LabelSelector = s.struct(
  "meta/v1.LabelSelector",
  {
    matchLabels: s.map(1, "string"),
    matchExpressions: s.list(2, LabelSelectorRequirement, { listType: "atomic" }),
  },
  { atomic: true },
);

export interface LabelSelector extends ValueOf<typeof LabelSelector> {}
