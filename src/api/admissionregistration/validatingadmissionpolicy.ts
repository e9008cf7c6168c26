import { defineKind, type ObjectOf } from "#api/kind.ts";
import {
  AuditAnnotation,
  MatchResources,
  ParamKind,
  TypeChecking,
  Validation,
  Variable,
} from "./policy-rules.ts";
import { MatchCondition } from "./rules.ts";
import { Condition } from "#api/meta/condition.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

export const ValidatingAdmissionPolicySpec = s.struct(
  "admissionregistration/v1.ValidatingAdmissionPolicySpec",
  {
    paramKind: s.object(1, ParamKind, { optional: true }),
    matchConstraints: s.object(2, MatchResources, { optional: true }),
    validations: s.list(3, Validation, { listType: "atomic" }),
    failurePolicy: s.oneOf(4, ["Fail", "Ignore"], { optional: true }),
    auditAnnotations: s.list(5, AuditAnnotation, { listType: "atomic" }),
    matchConditions: s.list(6, MatchCondition, {
      listType: "map",
      keys: ["name"],
      patch: "merge",
      patchKey: "name",
    }),
    variables: s.list(7, Variable, {
      listType: "map",
      keys: ["name"],
      patch: "merge",
      patchKey: "name",
    }),
  },
);

export interface ValidatingAdmissionPolicySpec extends ValueOf<
  typeof ValidatingAdmissionPolicySpec
> {}

export const ValidatingAdmissionPolicyStatus = s.struct(
  "admissionregistration/v1.ValidatingAdmissionPolicyStatus",
  {
    observedGeneration: s.int64(1),
    typeChecking: s.object(2, TypeChecking, { optional: true }),
    conditions: s.list(3, Condition, { listType: "map", keys: ["type"] }),
  },
);

export interface ValidatingAdmissionPolicyStatus extends ValueOf<
  typeof ValidatingAdmissionPolicyStatus
> {}

export const ValidatingAdmissionPolicy = defineKind({
  group: "admissionregistration.k8s.io",
  version: "v1",
  kind: "ValidatingAdmissionPolicy",
  plural: "validatingadmissionpolicies",
  categories: ["api-extensions"],
  scope: "Cluster",
  storage: { prefix: "/registry/validatingadmissionpolicies", hash: "6OxvlMmQ6is=" },
  schema: s.struct("admissionregistration/v1.ValidatingAdmissionPolicy", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    spec: s.object(2, ValidatingAdmissionPolicySpec),
    status: s.object(3, ValidatingAdmissionPolicyStatus),
  }),
  status: {},
});

export interface ValidatingAdmissionPolicy extends ObjectOf<typeof ValidatingAdmissionPolicy> {}
