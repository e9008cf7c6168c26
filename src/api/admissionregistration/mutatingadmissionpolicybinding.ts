import { ageColumn, nameColumn } from "#api/columns.ts";
import { defineKind, type ObjectOf } from "#api/kind.ts";
import { requiredText } from "#api/field-rules.ts";
import { dnsSubdomain } from "#api/names.ts";
import { MatchResources, mutableOperations, ParamRef, paramRefText } from "./policy-rules.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import type { FieldError } from "#schema/field-error.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

export const MutatingAdmissionPolicyBindingSpec = s.struct(
  "admissionregistration/v1.MutatingAdmissionPolicyBindingSpec",
  {
    policyName: s.string(1, { doc: "The policy that applies here." }),
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
  doc: "Says where a policy that changes objects applies, and with which parameters.",
  storage: { prefix: "/registry/mutatingadmissionpolicybindings", hash: "90V5FRZZ3Zg=" },
  schema: s.struct("admissionregistration/v1.MutatingAdmissionPolicyBinding", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    spec: s.object(2, MutatingAdmissionPolicyBindingSpec),
  }),
  hasGeneration: true,
  needsResourceVersion: true,

  *validate({ spec }): Iterable<FieldError> {
    yield* requiredText("spec.policyName", spec.policyName, dnsSubdomain);
    yield* mutableOperations(spec.matchResources, "spec.matchResources");
  },

  columns: [
    nameColumn,
    { name: "PolicyName", type: "string", cell: ({ spec }) => spec.policyName ?? "" },
    { name: "ParamRef", type: "string", cell: ({ spec }) => paramRefText(spec.paramRef) },
    ageColumn,
  ],
});

export interface MutatingAdmissionPolicyBinding extends ObjectOf<
  typeof MutatingAdmissionPolicyBinding
> {}
