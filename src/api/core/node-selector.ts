import { s, type ValueOf } from "#schema/struct.ts";

export const NodeSelectorRequirement = s.struct("core/v1.NodeSelectorRequirement", {
  key: s.string(1, { required: true }),
  operator: s.oneOf(2, ["DoesNotExist", "Exists", "Gt", "In", "Lt", "NotIn"], { required: true }),
  values: s.list(3, "string", { listType: "atomic" }),
});

export interface NodeSelectorRequirement extends ValueOf<typeof NodeSelectorRequirement> {}

export const NodeSelectorTerm = s.struct(
  "core/v1.NodeSelectorTerm",
  {
    matchExpressions: s.list(1, NodeSelectorRequirement, { listType: "atomic" }),
    matchFields: s.list(2, NodeSelectorRequirement, { listType: "atomic" }),
  },
  { atomic: true },
);

export interface NodeSelectorTerm extends ValueOf<typeof NodeSelectorTerm> {}

export const NodeSelector = s.struct(
  "core/v1.NodeSelector",
  {
    nodeSelectorTerms: s.list(1, NodeSelectorTerm, { required: true, listType: "atomic" }),
  },
  { atomic: true },
);

export interface NodeSelector extends ValueOf<typeof NodeSelector> {}

export const PreferredSchedulingTerm = s.struct("core/v1.PreferredSchedulingTerm", {
  weight: s.int32(1, { required: true }),
  preference: s.object(2, NodeSelectorTerm, { required: true }),
});

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
