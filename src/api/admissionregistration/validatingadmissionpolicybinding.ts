import { defineKind, type ObjectOf } from "#api/kind.ts";
import { MatchResources, ParamRef } from "./policy-rules.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

export const ValidatingAdmissionPolicyBindingSpec = s.struct(
  "admissionregistration/v1.ValidatingAdmissionPolicyBindingSpec",
  {
    policyName: s.string(1, { required: true, omitEmpty: true }),
    paramRef: s.object(2, ParamRef, { optional: true }),
    matchResources: s.object(3, MatchResources, { optional: true }),
    validationActions: s.list(
      4,
      { oneOf: ["Audit", "Deny", "Warn"] },
      { required: true, omitEmpty: true, listType: "set" },
    ),
  },
);

export interface ValidatingAdmissionPolicyBindingSpec extends ValueOf<
  typeof ValidatingAdmissionPolicyBindingSpec
> {}

export const ValidatingAdmissionPolicyBinding = defineKind({
  group: "admissionregistration.k8s.io",
  version: "v1",
  kind: "ValidatingAdmissionPolicyBinding",
  plural: "validatingadmissionpolicybindings",
  categories: ["api-extensions"],
  scope: "Cluster",
  storage: { prefix: "/registry/validatingadmissionpolicybindings", hash: "v9715VZqakg=" },
  schema: s.struct("admissionregistration/v1.ValidatingAdmissionPolicyBinding", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    spec: s.object(2, ValidatingAdmissionPolicyBindingSpec, { required: true }),
  }),
});

export interface ValidatingAdmissionPolicyBinding extends ObjectOf<
  typeof ValidatingAdmissionPolicyBinding
> {}
