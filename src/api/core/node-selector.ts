import { validateNodeSelector, validatePreferredTerm } from "./node-selector-validation.ts";
import type { FieldError } from "#schema/field-error.ts";
import { s, type ValueOf } from "#schema/struct.ts";

export const NodeSelectorRequirement = s.struct("core/v1.NodeSelectorRequirement", {
  key: s.string(1, { doc: "The label.", required: true }),
  operator: s.oneOf(2, ["DoesNotExist", "Exists", "Gt", "In", "Lt", "NotIn"], {
    doc: "In, NotIn, Exists, DoesNotExist, Gt or Lt.",
    checkedByOwner: true,
    required: true,
  }),
  values: s.list(3, "string", {
    doc: "For In and NotIn; one number for Gt and Lt.",
    listType: "atomic",
  }),
});

export interface NodeSelectorRequirement extends ValueOf<typeof NodeSelectorRequirement> {}

export const NodeSelectorTerm = s.struct(
  "core/v1.NodeSelectorTerm",
  {
    matchExpressions: s.list(1, NodeSelectorRequirement, {
      doc: "Requirements on the labels of the node.",
      listType: "atomic",
    }),
    matchFields: s.list(2, NodeSelectorRequirement, {
      doc: "Requirements on its fields; metadata.name only.",
      listType: "atomic",
    }),
  },
  { atomic: true },
);

export interface NodeSelectorTerm extends ValueOf<typeof NodeSelectorTerm> {}

export const NodeSelector = s.struct(
  "core/v1.NodeSelector",
  {
    nodeSelectorTerms: s.list(1, NodeSelectorTerm, {
      doc: "Terms, one of which must match.",
      required: true,
      listType: "atomic",
    }),
  },
  { validate: (value, at): Iterable<FieldError> => validateNodeSelector(value, at), atomic: true },
);

export interface NodeSelector extends ValueOf<typeof NodeSelector> {}

export const PreferredSchedulingTerm = s.struct(
  "core/v1.PreferredSchedulingTerm",
  {
    weight: s.int32(1, { doc: "How much it counts, from 1 to 100.", required: true }),
    preference: s.object(2, NodeSelectorTerm, {
      doc: "What nodes should be like.",
      required: true,
    }),
  },
  { validate: (value, at): Iterable<FieldError> => validatePreferredTerm(value, at) },
);

export interface PreferredSchedulingTerm extends ValueOf<typeof PreferredSchedulingTerm> {}

export const TopologySelectorLabelRequirement = s.struct(
  "core/v1.TopologySelectorLabelRequirement",
  {
    key: s.string(1, { required: true }),
    values: s.list(2, "string", { required: true, listType: "atomic" }),
  },
);

export interface TopologySelectorLabelRequirement extends ValueOf<
  typeof TopologySelectorLabelRequirement
> {}

export const TopologySelectorTerm = s.struct(
  "core/v1.TopologySelectorTerm",
  {
    matchLabelExpressions: s.list(1, TopologySelectorLabelRequirement, { listType: "atomic" }),
  },
  { atomic: true },
);

export interface TopologySelectorTerm extends ValueOf<typeof TopologySelectorTerm> {}
