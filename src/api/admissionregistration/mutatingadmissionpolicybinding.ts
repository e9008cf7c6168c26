import { defineKind, type ObjectOf } from "#api/kind.ts";
import { MatchResources, ParamRef } from "./policy-rules.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

export const MutatingAdmissionPolicyBindingSpec = s.struct(
  "admissionregistration/v1.MutatingAdmissionPolicyBindingSpec",
  {
    policyName: s.string(1),
    paramRef: s.object(2, ParamRef, { optional: true }),
    matchResources: s.object(3, MatchResources, { optional: true }),
  },
);

export interface MutatingAdmissionPolicyBindingSpec extends ValueOf<
  typeof MutatingAdmissionPolicyBindingSpec
> {}

export const MutatingAdmissionPolicyBinding = defineKind({
  group: "admissionregistration.k8s.io",
  version: "v1",
  kind: "MutatingAdmissionPolicyBinding",
  plural: "mutatingadmissionpolicybindings",
  categories: ["api-extensions"],
  scope: "Cluster",
  storage: { prefix: "/registry/mutatingadmissionpolicybindings", hash: "90V5FRZZ3Zg=" },
  schema: s.struct("admissionregistration/v1.MutatingAdmissionPolicyBinding", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    spec: s.object(2, MutatingAdmissionPolicyBindingSpec),
  }),
});

export interface MutatingAdmissionPolicyBinding extends ObjectOf<
  typeof MutatingAdmissionPolicyBinding
> {}
