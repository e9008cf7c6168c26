import { ageColumn, nameColumn } from "#api/columns.ts";
import { defineKind, type ObjectOf } from "#api/kind.ts";
import { requiredText } from "#api/field-rules.ts";
import { dnsSubdomain } from "#api/names.ts";
import { MatchResources, ParamRef, paramRefText } from "./policy-rules.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { duplicate, type FieldError, index, invalid, required } from "#schema/field-error.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

export const ValidatingAdmissionPolicyBindingSpec = s.struct(
  "admissionregistration/v1.ValidatingAdmissionPolicyBindingSpec",
  {
    policyName: s.string(1, {
      required: true,
      omitEmpty: true,
      doc: "The policy that applies here.",
    }),
    paramRef: s.object(2, ParamRef, { optional: true }),
    matchResources: s.object(3, MatchResources, { optional: true }),
    validationActions: s.list(
      4,
      { oneOf: ["Audit", "Deny", "Warn"] },
      {
        required: true,
        omitEmpty: true,
        listType: "set",
        doc: "What becomes of requests that the policy finds bad.",
      },
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
  doc: "Says where a policy that judges objects applies, with which parameters, and what its verdict does.",
  storage: { prefix: "/registry/validatingadmissionpolicybindings", hash: "v9715VZqakg=" },
  schema: s.struct("admissionregistration/v1.ValidatingAdmissionPolicyBinding", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    spec: s.object(2, ValidatingAdmissionPolicyBindingSpec, { required: true }),
  }),
  hasGeneration: true,
  needsResourceVersion: true,

  *validate({ spec }): Iterable<FieldError> {
    yield* requiredText("spec.policyName", spec.policyName, dnsSubdomain);
    yield* validActions(spec.validationActions ?? []);
  },

  columns: [
    nameColumn,
    { name: "PolicyName", type: "string", cell: ({ spec }) => spec.policyName ?? "" },
    { name: "ParamRef", type: "string", cell: ({ spec }) => paramRefText(spec.paramRef) },
    ageColumn,
  ],
});

export interface ValidatingAdmissionPolicyBinding extends ObjectOf<
  typeof ValidatingAdmissionPolicyBinding
> {}

function* validActions(actions: readonly string[]): Iterable<FieldError> {
  const path = "spec.validationActions";
  for (const [i, action] of actions.entries()) {
    if (actions.indexOf(action) < i) yield duplicate(index(path, i), action);
  }
  if (actions.includes("Deny") && actions.includes("Warn")) {
    const why =
      "must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)";
    yield invalid(path, actions, why);
  }
  if (actions.length === 0) yield required(path, "at least one validation action is required");
}
