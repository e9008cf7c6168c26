import { s, type ValueOf } from "#schema/struct.ts";

export const FieldSelectorRequirement = s.struct("meta/v1.FieldSelectorRequirement", {
  key: s.string(1, { doc: "The field it is about.", required: true }),
  operator: s.string(2, { doc: "In, NotIn, Exists or DoesNotExist.", required: true }),
  values: s.list(3, "string", { doc: "For In and NotIn; else empty.", listType: "atomic" }),
});

export interface FieldSelectorRequirement extends ValueOf<typeof FieldSelectorRequirement> {}

export const LabelSelectorRequirement = s.struct(
  "meta/v1.LabelSelectorRequirement",
  {
    key: s.string(1, { doc: "The label it is about.", required: true }),
    operator: s.string(2, { doc: "In, NotIn, Exists or DoesNotExist.", required: true }),
    values: s.list(3, "string", { doc: "For In and NotIn; else empty.", listType: "atomic" }),
  },
  { doc: "One demand on one label." },
);

export interface LabelSelectorRequirement extends ValueOf<typeof LabelSelectorRequirement> {}

export const LabelSelector = s.struct(
  "meta/v1.LabelSelector",
  {
    matchLabels: s.map(1, "string", { doc: "Labels that must be there with these values." }),
    matchExpressions: s.list(2, LabelSelectorRequirement, {
      doc: "Requirements that must be met as well.",
      listType: "atomic",
    }),
  },
  {
    doc: "Selects objects by their labels: all requirements must be met. An empty one selects everything.",
    atomic: true,
  },
);

export interface LabelSelector extends ValueOf<typeof LabelSelector> {}
