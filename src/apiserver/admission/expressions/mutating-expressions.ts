/** The expressions of a MutatingAdmissionPolicy, compiled. */
import type { MutatingAdmissionPolicySpec } from "#api/admissionregistration/mutatingadmissionpolicy.ts";
import { listType } from "#cel/types.ts";
import { type Expression, expressionOf } from "./expression.ts";
import { appliedType, findPatchType, patchOperationType } from "./patch-types.ts";
import { variablesOf } from "./types.ts";
import { type Composition, composed } from "./variables.ts";

export interface MutationExpression {
  /** The field that it stands in. */
  readonly is: "applyConfiguration" | "jsonPatch";
  readonly expression: Expression;
}

export interface MutatingExpressions {
  readonly composition: Composition;
  readonly mutations: readonly MutationExpression[];
}

export function mutatingExpressions(spec: MutatingAdmissionPolicySpec): MutatingExpressions {
  const hasParams = spec.paramKind !== undefined;
  const given = { variables: variablesOf({ hasParams }), findType: findPatchType };
  const composition = composed(spec.variables ?? [], given);
  const wanted = { ...given, variables: composition.variables };
  return {
    composition,
    mutations: (spec.mutations ?? []).map(({ patchType, applyConfiguration, jsonPatch }) =>
      patchType === "JSONPatch"
        ? {
            is: "jsonPatch",
            expression: expressionOf(jsonPatch?.expression ?? "", {
              ...wanted,
              types: [listType(patchOperationType)],
            }),
          }
        : {
            is: "applyConfiguration",
            expression: expressionOf(applyConfiguration?.expression ?? "", {
              ...wanted,
              types: [appliedType],
            }),
          },
    ),
  };
}
