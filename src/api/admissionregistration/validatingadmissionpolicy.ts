import { ageColumn, nameColumn } from "#api/columns.ts";
import { defineKind, type ObjectOf } from "#api/kind.ts";
import { validConditions } from "#api/field-rules.ts";
import { byteLength, invalidEach, qualifiedName } from "#api/names.ts";
import {
  AuditAnnotation,
  MatchResources,
  ParamKind,
  paramKindText,
  TypeChecking,
  validMatchConstraints,
  Validation,
  Variable,
} from "./policy-rules.ts";
import { MatchCondition, validMatchConditions } from "./rules.ts";
import { Condition } from "#api/meta/condition.ts";
import { describing, ObjectMeta } from "#api/meta/object-meta.ts";
import { duplicate, type FieldError, index, invalid, required } from "#schema/field-error.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

export const ValidatingAdmissionPolicySpec = s.struct(
  "admissionregistration/v1.ValidatingAdmissionPolicySpec",
  {
    paramKind: s.object(1, ParamKind, { optional: true }),
    matchConstraints: s.object(2, MatchResources, { optional: true }),
    validations: s.list(3, Validation, { listType: "atomic" }),
    failurePolicy: s.oneOf(4, ["Fail", "Ignore"], {
      optional: true,
      doc: "What an expression that fails means for the request.",
    }),
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
  {
    defaults(draft) {
      draft.failurePolicy ??= "Fail";
    },
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
  doc: "Judges objects before they are stored, as CEL expressions say. Bindings say where, and what the verdict does.",
  storage: { prefix: "/registry/validatingadmissionpolicies", hash: "6OxvlMmQ6is=" },
  schema: s.struct("admissionregistration/v1.ValidatingAdmissionPolicy", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    spec: s.object(2, ValidatingAdmissionPolicySpec),
    status: s.object(3, ValidatingAdmissionPolicyStatus),
  }),
  status: {
    keeps: describing,
    validate: ({ status }) => validConditions("status.conditions", status.conditions),
  },
  hasGeneration: true,
  needsResourceVersion: true,

  *validate({ metadata: { name = "" }, spec }): Iterable<FieldError> {
    yield* validMatchConstraints(spec.matchConstraints, "spec.matchConstraints");
    yield* validMatchConditions(spec.matchConditions, "spec.matchConditions");
    if (!spec.validations?.length && !spec.auditAnnotations?.length) {
      const why = "validations or auditAnnotations must contain at least one item";
      yield required("spec.validations", why);
      yield required("spec.auditAnnotations", why);
    }
    yield* validAnnotations(name, spec.auditAnnotations ?? []);
  },

  columns: [
    nameColumn,
    { name: "Validations", type: "integer", cell: ({ spec }) => spec.validations?.length ?? 0 },
    { name: "ParamKind", type: "string", cell: ({ spec }) => paramKindText(spec.paramKind) },
    ageColumn,
  ],
});

export interface ValidatingAdmissionPolicy extends ObjectOf<typeof ValidatingAdmissionPolicy> {}

const annotationsMax = 20;
const expressionBytesMax = 5 * 1024;

/** The whole key of an annotation is the name of the policy, and its own. */
function* validAnnotations(
  policy: string,
  annotations: readonly AuditAnnotation[],
): Iterable<FieldError> {
  const path = "spec.auditAnnotations";
  if (annotations.length > annotationsMax) {
    const why = `must not have more than ${annotationsMax} auditAnnotations`;
    yield invalid(path, annotations, why);
  }
  const seen = new Set<string>();
  for (const [i, { key, valueExpression }] of annotations.entries()) {
    const at = index(path, i);
    const whole = `${policy}/${key}`;
    if (policy === "") yield invalid(`${at}.key`, key, "requires metadata.name be non-empty");
    else yield* invalidEach(`${at}.key`, whole, qualifiedName(whole));
    const expression = valueExpression.trim();
    if (expression === "") {
      yield required(`${at}.valueExpression`, "valueExpression is not specified");
    } else if (byteLength(expression) > expressionBytesMax) {
      const why = `must not exceed ${expressionBytesMax} bytes in length`;
      yield required(`${at}.valueExpression`, why);
    }
    if (seen.has(key)) yield duplicate(`${at}.key`, key);
    seen.add(key);
  }
}
