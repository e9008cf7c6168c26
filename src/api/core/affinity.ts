import {
  validatePodAffinityTerm,
  validateToleration,
  validateTopologySpread,
  validateWeightedTerm,
} from "./affinity-validation.ts";
import type { FieldError } from "#schema/field-error.ts";
import { NodeSelector, PreferredSchedulingTerm } from "./node-selector.ts";
import { LabelSelector } from "#api/meta/label-selector.ts";
import { s, type ValueOf } from "#schema/struct.ts";

export const NodeAffinity = s.struct("core/v1.NodeAffinity", {
  requiredDuringSchedulingIgnoredDuringExecution: s.object(1, NodeSelector, {
    doc: "Nodes must be like this.",
    optional: true,
  }),
  preferredDuringSchedulingIgnoredDuringExecution: s.list(2, PreferredSchedulingTerm, {
    doc: "Nodes had better be like this.",
    listType: "atomic",
  }),
});

export interface NodeAffinity extends ValueOf<typeof NodeAffinity> {}

export const PodAffinityTerm = s.struct(
  "core/v1.PodAffinityTerm",
  {
    labelSelector: s.object(1, LabelSelector, { doc: "The pods.", optional: true }),
    namespaces: s.list(2, "string", {
      doc: "Namespaces of the pods; the own one unless said.",
      listType: "atomic",
    }),
    topologyKey: s.string(3, { doc: "The label of nodes that says what near is.", required: true }),
    namespaceSelector: s.object(4, LabelSelector, {
      doc: "Namespaces of the pods, by label.",
      optional: true,
    }),
    matchLabelKeys: s.list(5, "string", {
      doc: "Labels in which the pods are like this one.",
      listType: "atomic",
    }),
    mismatchLabelKeys: s.list(6, "string", {
      doc: "Labels in which the pods are unlike this one.",
      listType: "atomic",
    }),
  },
  {
    doc: "Pods, and how near: on nodes with the same value of the label topologyKey.",
    validate: (value, at): Iterable<FieldError> => validatePodAffinityTerm(value, at),
  },
);

export interface PodAffinityTerm extends ValueOf<typeof PodAffinityTerm> {}

export const WeightedPodAffinityTerm = s.struct(
  "core/v1.WeightedPodAffinityTerm",
  {
    weight: s.int32(1, { doc: "How much it counts, from 1 to 100.", required: true }),
    podAffinityTerm: s.object(2, PodAffinityTerm, {
      doc: "The pods, and what near is.",
      required: true,
    }),
  },
  { validate: (value, at): Iterable<FieldError> => validateWeightedTerm(value, at) },
);

export interface WeightedPodAffinityTerm extends ValueOf<typeof WeightedPodAffinityTerm> {}

export const PodAffinity = s.struct("core/v1.PodAffinity", {
  requiredDuringSchedulingIgnoredDuringExecution: s.list(1, PodAffinityTerm, {
    doc: "Must be near such pods.",
    listType: "atomic",
  }),
  preferredDuringSchedulingIgnoredDuringExecution: s.list(2, WeightedPodAffinityTerm, {
    doc: "Had better be near such pods.",
    listType: "atomic",
  }),
});

export interface PodAffinity extends ValueOf<typeof PodAffinity> {}

export const PodAntiAffinity = s.struct("core/v1.PodAntiAffinity", {
  requiredDuringSchedulingIgnoredDuringExecution: s.list(1, PodAffinityTerm, {
    doc: "Must not be near such pods.",
    listType: "atomic",
  }),
  preferredDuringSchedulingIgnoredDuringExecution: s.list(2, WeightedPodAffinityTerm, {
    doc: "Had better not be near such pods.",
    listType: "atomic",
  }),
});

export interface PodAntiAffinity extends ValueOf<typeof PodAntiAffinity> {}

export const Affinity = s.struct(
  "core/v1.Affinity",
  {
    nodeAffinity: s.object(1, NodeAffinity, { doc: "Which nodes, by label.", optional: true }),
    podAffinity: s.object(2, PodAffinity, { doc: "Near which pods.", optional: true }),
    podAntiAffinity: s.object(3, PodAntiAffinity, { doc: "Away from which pods.", optional: true }),
  },
  { doc: "Nodes and pods to be near to, or away from." },
);

export interface Affinity extends ValueOf<typeof Affinity> {}

export const Toleration = s.struct(
  "core/v1.Toleration",
  {
    key: s.string(1, { doc: "Key of the taint; all keys when empty, with operator Exists." }),
    operator: s.oneOf(2, ["Equal", "Exists", "Gt", "Lt"], {
      doc: "Equal (when unset) or Exists.",
      checkedByOwner: true,
    }),
    value: s.string(3, { doc: "Value of the taint; empty with Exists." }),
    effect: s.oneOf(4, ["NoSchedule", "PreferNoSchedule", "NoExecute"], {
      doc: "Effect of the taint; all when empty.",
    }),
    tolerationSeconds: s.int64(5, {
      doc: "How long a NoExecute taint is put up with; for ever when unset.",
      optional: true,
    }),
  },
  {
    doc: "A taint of nodes that the pod puts up with.",
    validate: (value, at): Iterable<FieldError> => validateToleration(value, at),
  },
);

export interface Toleration extends ValueOf<typeof Toleration> {}

export const TopologySpreadConstraint = s.struct(
  "core/v1.TopologySpreadConstraint",
  {
    maxSkew: s.int32(1, {
      doc: "The largest difference between the fullest and the emptiest domain.",
      required: true,
    }),
    topologyKey: s.string(2, {
      doc: "Label of nodes whose values are the domains.",
      required: true,
    }),
    whenUnsatisfiable: s.oneOf(3, ["DoNotSchedule", "ScheduleAnyway"], {
      doc: "Whether the pod then waits, or is placed all the same.",
      checkedByOwner: true,
      required: true,
    }),
    labelSelector: s.object(4, LabelSelector, { doc: "Pods that are counted.", optional: true }),
    minDomains: s.int32(5, {
      doc: "Domains there must be; fewer count as empty ones.",
      optional: true,
    }),
    nodeAffinityPolicy: s.oneOf(6, ["Honor", "Ignore"], {
      doc: "Whether nodes that the pod does not select count.",
      optional: true,
    }),
    nodeTaintsPolicy: s.oneOf(7, ["Honor", "Ignore"], {
      doc: "Whether nodes that the pod does not tolerate count.",
      optional: true,
    }),
    matchLabelKeys: s.list(8, "string", {
      doc: "Labels in which the counted pods are like this one.",
      listType: "atomic",
    }),
  },
  {
    doc: "How evenly the matching pods are to be spread over zones, nodes or other domains.",
    validate: (value, at): Iterable<FieldError> => validateTopologySpread(value, at),
  },
);

export interface TopologySpreadConstraint extends ValueOf<typeof TopologySpreadConstraint> {}
