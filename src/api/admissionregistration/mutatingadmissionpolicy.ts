import { defineKind, type ObjectOf } from "#api/kind.ts";
import { MatchResources, ParamKind, Variable } from "./policy-rules.ts";
import { MatchCondition } from "./rules.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

export const ApplyConfiguration = s.struct("admissionregistration/v1.ApplyConfiguration", {
  expression: s.string(1),
});

export interface ApplyConfiguration extends ValueOf<typeof ApplyConfiguration> {}

export const JSONPatch = s.struct("admissionregistration/v1.JSONPatch", {
  expression: s.string(1),
});

export interface JSONPatch extends ValueOf<typeof JSONPatch> {}

export const Mutation = s.struct("admissionregistration/v1.Mutation", {
  patchType: s.oneOf(2, ["ApplyConfiguration", "JSONPatch"], { required: true }),
  applyConfiguration: s.object(3, ApplyConfiguration, { optional: true }),
  jsonPatch: s.object(4, JSONPatch, { optional: true }),
});

export interface Mutation extends ValueOf<typeof Mutation> {}

export const MutatingAdmissionPolicySpec = s.struct(
  "admissionregistration/v1.MutatingAdmissionPolicySpec",
  {
    paramKind: s.object(1, ParamKind, { optional: true }),
    matchConstraints: s.object(2, MatchResources, { optional: true }),
    variables: s.list(3, Variable, { listType: "atomic" }),
    mutations: s.list(4, Mutation, { listType: "atomic" }),
    failurePolicy: s.oneOf(5, ["Fail", "Ignore"], { optional: true }),
    matchConditions: s.list(6, MatchCondition, {
      listType: "map",
      keys: ["name"],
      patch: "merge",
      patchKey: "name",
    }),
    reinvocationPolicy: s.oneOf(7, ["IfNeeded", "Never"]),
  },
);

export interface MutatingAdmissionPolicySpec extends ValueOf<typeof MutatingAdmissionPolicySpec> {}

export const MutatingAdmissionPolicy = defineKind({
  group: "admissionregistration.k8s.io",
  version: "v1",
  kind: "MutatingAdmissionPolicy",
  plural: "mutatingadmissionpolicies",
  categories: ["api-extensions"],
  scope: "Cluster",
  storage: { prefix: "/registry/mutatingadmissionpolicies", hash: "LYmCf+UMVdg=" },
  schema: s.struct("admissionregistration/v1.MutatingAdmissionPolicy", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    spec: s.object(2, MutatingAdmissionPolicySpec),
  }),
});

export interface MutatingAdmissionPolicy extends ObjectOf<typeof MutatingAdmissionPolicy> {}
