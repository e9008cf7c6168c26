import { defineKind, type ObjectOf } from "#api/kind.ts";
import { Condition } from "#api/meta/condition.ts";
import { LabelSelector } from "#api/meta/label-selector.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

export const PodDisruptionBudgetSpec = s.struct("policy/v1.PodDisruptionBudgetSpec", {
  minAvailable: s.intOrString(1, { optional: true }),
  selector: s.object(2, LabelSelector, { optional: true, patch: "replace" }),
  maxUnavailable: s.intOrString(3, { optional: true }),
  unhealthyPodEvictionPolicy: s.oneOf(4, ["AlwaysAllow", "IfHealthyBudget"], { optional: true }),
});

export interface PodDisruptionBudgetSpec extends ValueOf<typeof PodDisruptionBudgetSpec> {}

export const PodDisruptionBudgetStatus = s.struct("policy/v1.PodDisruptionBudgetStatus", {
  observedGeneration: s.int64(1),
  disruptedPods: s.map(2, "time"),
  disruptionsAllowed: s.int32(3, { always: true }),
  currentHealthy: s.int32(4, { always: true }),
  desiredHealthy: s.int32(5, { always: true }),
  expectedPods: s.int32(6, { always: true }),
  conditions: s.list(7, Condition, {
    listType: "map",
    keys: ["type"],
    patch: "merge",
    patchKey: "type",
  }),
});

export interface PodDisruptionBudgetStatus extends ValueOf<typeof PodDisruptionBudgetStatus> {}

export const PodDisruptionBudget = defineKind({
  group: "policy",
  version: "v1",
  kind: "PodDisruptionBudget",
  plural: "poddisruptionbudgets",
  shortNames: ["pdb"],
  scope: "Namespaced",
  storage: { prefix: "/registry/poddisruptionbudgets", hash: "EVWiDmWqyJw=" },
  schema: s.struct("policy/v1.PodDisruptionBudget", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    spec: s.object(2, PodDisruptionBudgetSpec),
    status: s.object(3, PodDisruptionBudgetStatus),
  }),
  status: {},
});

export interface PodDisruptionBudget extends ObjectOf<typeof PodDisruptionBudget> {}
