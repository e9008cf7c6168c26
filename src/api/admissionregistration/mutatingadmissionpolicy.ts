import { ageColumn, nameColumn } from "#api/columns.ts";
import { defineKind, type ObjectOf } from "#api/kind.ts";
import {
  MatchResources,
  mutableOperations,
  ParamKind,
  paramKindText,
  validMatchConstraints,
  Variable,
} from "./policy-rules.ts";
import { MatchCondition, validMatchConditions } from "./rules.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { child, type FieldError, invalid, required } from "#schema/field-error.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

export const ApplyConfiguration = s.struct("admissionregistration/v1.ApplyConfiguration", {
  expression: s.string(1),
});

export interface ApplyConfiguration extends ValueOf<typeof ApplyConfiguration> {}

export const JSONPatch = s.struct("admissionregistration/v1.JSONPatch", {
  expression: s.string(1),
});

export interface JSONPatch extends ValueOf<typeof JSONPatch> {}

export const Mutation = s.struct(
  "admissionregistration/v1.Mutation",
  {
    patchType: s.oneOf(2, ["ApplyConfiguration", "JSONPatch"], { required: true }),
    applyConfiguration: s.object(3, ApplyConfiguration, { optional: true }),
    jsonPatch: s.object(4, JSONPatch, { optional: true }),
  },
  {
    *validate({ patchType, applyConfiguration, jsonPatch }, at): Iterable<FieldError> {
      const members = { ApplyConfiguration: applyConfiguration, JSONPatch: jsonPatch };
      for (const [type, member] of Object.entries(members)) {
        yield* validMember(
          { isChosen: patchType === type, patchType, member },
          child(at, memberNames[type] ?? ""),
        );
      }
    },
  },
);

const memberNames: { readonly [patchType: string]: string } = {
  ApplyConfiguration: "applyConfiguration",
  JSONPatch: "jsonPatch",
};

interface Member {
  readonly isChosen: boolean;
  readonly patchType: string;
  readonly member: { readonly expression?: string | undefined } | undefined;
}

/** The one that the type names is set, and only that. */
function* validMember({ isChosen, patchType, member }: Member, at: string): Iterable<FieldError> {
  if (!Object.hasOwn(memberNames, patchType)) return;
  if (!isChosen) {
    if (member) yield invalid(at, member, `must not be specified when patchType is ${patchType}`);
  } else if (!member) yield required(at, `must be specified when patchType is ${patchType}`);
  else if ((member.expression ?? "").trim() === "") yield required(child(at, "expression"));
}

export interface Mutation extends ValueOf<typeof Mutation> {}

export const MutatingAdmissionPolicySpec = s.struct(
  "admissionregistration/v1.MutatingAdmissionPolicySpec",
  {
    paramKind: s.object(1, ParamKind, { optional: true }),
    matchConstraints: s.object(2, MatchResources, { optional: true }),
    variables: s.list(3, Variable, { listType: "atomic" }),
    mutations: s.list(4, Mutation, { listType: "atomic" }),
    failurePolicy: s.oneOf(5, ["Fail", "Ignore"], {
      optional: true,
      doc: "What an expression that fails means for the request.",
    }),
    matchConditions: s.list(6, MatchCondition, {
      listType: "map",
      keys: ["name"],
      patch: "merge",
      patchKey: "name",
    }),
    reinvocationPolicy: s.oneOf(7, ["IfNeeded", "Never"]),
  },
  {
    defaults(draft) {
      draft.failurePolicy ??= "Fail";
    },
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
  doc: "Changes objects before they are stored, as CEL expressions say. Bindings say where.",
  storage: { prefix: "/registry/mutatingadmissionpolicies", hash: "LYmCf+UMVdg=" },
  schema: s.struct("admissionregistration/v1.MutatingAdmissionPolicy", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    spec: s.object(2, MutatingAdmissionPolicySpec),
  }),
  hasGeneration: true,
  needsResourceVersion: true,

  *validate({ spec }): Iterable<FieldError> {
    yield* validMatchConstraints(spec.matchConstraints, "spec.matchConstraints");
    yield* mutableOperations(spec.matchConstraints, "spec.matchConstraints");
    yield* validMatchConditions(spec.matchConditions, "spec.matchConditions");
    if (!spec.mutations?.length) {
      yield required("spec.mutations", "mutations must contain at least one item");
    }
    if (!spec.reinvocationPolicy) yield required("spec.reinvocationPolicy");
  },

  columns: [
    nameColumn,
    { name: "Mutations", type: "integer", cell: ({ spec }) => spec.mutations?.length ?? 0 },
    { name: "ParamKind", type: "string", cell: ({ spec }) => paramKindText(spec.paramKind) },
    ageColumn,
  ],
});

export interface MutatingAdmissionPolicy extends ObjectOf<typeof MutatingAdmissionPolicy> {}
