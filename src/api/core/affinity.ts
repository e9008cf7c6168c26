import { NodeSelector, PreferredSchedulingTerm } from "./node-selector.ts";
import { LabelSelector } from "#api/meta/label-selector.ts";
import { s, type ValueOf } from "#schema/struct.ts";

export const NodeAffinity = s.struct("core/v1.NodeAffinity", {
  requiredDuringSchedulingIgnoredDuringExecution: s.object(1, NodeSelector, { optional: true }),
  preferredDuringSchedulingIgnoredDuringExecution: s.list(2, PreferredSchedulingTerm, {
    listType: "atomic",
  }),
});

export interface NodeAffinity extends ValueOf<typeof NodeAffinity> {}

export const PodAffinityTerm = s.struct("core/v1.PodAffinityTerm", {
  labelSelector: s.object(1, LabelSelector, { optional: true }),
  namespaces: s.list(2, "string", { listType: "atomic" }),
  topologyKey: s.string(3, { required: true }),
  namespaceSelector: s.object(4, LabelSelector, { optional: true }),
  matchLabelKeys: s.list(5, "string", { listType: "atomic" }),
  mismatchLabelKeys: s.list(6, "string", { listType: "atomic" }),
});

export interface PodAffinityTerm extends ValueOf<typeof PodAffinityTerm> {}

export const WeightedPodAffinityTerm = s.struct("core/v1.WeightedPodAffinityTerm", {
  weight: s.int32(1, { required: true }),
  podAffinityTerm: s.object(2, PodAffinityTerm, { required: true }),
});

export interface WeightedPodAffinityTerm extends ValueOf<typeof WeightedPodAffinityTerm> {}

export const PodAffinity = s.struct("core/v1.PodAffinity", {
  requiredDuringSchedulingIgnoredDuringExecution: s.list(1, PodAffinityTerm, {
    listType: "atomic",
  }),
  preferredDuringSchedulingIgnoredDuringExecution: s.list(2, WeightedPodAffinityTerm, {
    listType: "atomic",
  }),
});

export interface PodAffinity extends ValueOf<typeof PodAffinity> {}

export const PodAntiAffinity = s.struct("core/v1.PodAntiAffinity", {
  requiredDuringSchedulingIgnoredDuringExecution: s.list(1, PodAffinityTerm, {
    listType: "atomic",
  }),
  preferredDuringSchedulingIgnoredDuringExecution: s.list(2, WeightedPodAffinityTerm, {
    listType: "atomic",
  }),
});

export interface PodAntiAffinity extends ValueOf<typeof PodAntiAffinity> {}

export const Affinity = s.struct("core/v1.Affinity", {
  nodeAffinity: s.object(1, NodeAffinity, { optional: true }),
  podAffinity: s.object(2, PodAffinity, { optional: true }),
  podAntiAffinity: s.object(3, PodAntiAffinity, { optional: true }),
});

export interface Affinity extends ValueOf<typeof Affinity> {}

export const Toleration = s.struct("core/v1.Toleration", {
  key: s.string(1),
  operator: s.oneOf(2, ["Equal", "Exists", "Gt", "Lt"]),
  value: s.string(3),
  effect: s.oneOf(4, ["NoExecute", "NoSchedule", "PreferNoSchedule"]),
  tolerationSeconds: s.int64(5, { optional: true }),
});

export interface Toleration extends ValueOf<typeof Toleration> {}

export const TopologySpreadConstraint = s.struct("core/v1.TopologySpreadConstraint", {
  maxSkew: s.int32(1, { required: true }),
  topologyKey: s.string(2, { required: true }),
  whenUnsatisfiable: s.oneOf(3, ["DoNotSchedule", "ScheduleAnyway"], { required: true }),
  labelSelector: s.object(4, LabelSelector, { optional: true }),
  minDomains: s.int32(5, { optional: true }),
  nodeAffinityPolicy: s.oneOf(6, ["Honor", "Ignore"], { optional: true }),
  nodeTaintsPolicy: s.oneOf(7, ["Honor", "Ignore"], { optional: true }),
  matchLabelKeys: s.list(8, "string", { listType: "atomic" }),
});

export interface TopologySpreadConstraint extends ValueOf<typeof TopologySpreadConstraint> {}
