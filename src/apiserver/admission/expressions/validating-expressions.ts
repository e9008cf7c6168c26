/** The expressions of a ValidatingAdmissionPolicy, compiled. */
import type { ValidatingAdmissionPolicySpec } from "#api/admissionregistration/validatingadmissionpolicy.ts";
import { boolType, nullType, stringType } from "#cel/types.ts";
import { type Expression, expressionOf } from "./expression.ts";
import { type Variables, variablesOf } from "./types.ts";
import { type Composition, composed } from "./variables.ts";

export interface ValidatingExpressions {
  readonly composition: Composition;
  readonly validations: readonly Expression[];
  /** Of each validation, where it has one. */
  readonly messages: readonly (Expression | undefined)[];
  readonly annotations: readonly Expression[];
}

export function validatingExpressions(spec: ValidatingAdmissionPolicySpec): ValidatingExpressions {
  const { validations = [], auditAnnotations = [] } = spec;
  const hasParams = spec.paramKind !== undefined;
  const composition = composed(spec.variables ?? [], { variables: variablesOf({ hasParams }) });
  const { variables } = composition;
  return {
    composition,
    validations: validations.map(({ expression }) =>
      expressionOf(expression, { variables, types: [boolType] }),
    ),
    messages: validations.map(({ messageExpression: text }) =>
      text
        ? expressionOf(text, { variables: speechless(variables), types: [stringType] })
        : undefined,
    ),
    annotations: auditAnnotations.map(({ valueExpression }) =>
      expressionOf(valueExpression, { variables, types: [stringType, nullType] }),
    ),
  };
}

/** Messages are no place to ask the authorizer. */
function speechless(variables: Variables): Variables {
  const { authorizer: _, "authorizer.requestResource": _resource, ...rest } = variables;
  return rest;
}
