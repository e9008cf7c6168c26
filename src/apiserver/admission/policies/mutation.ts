/**
 * One mutation of a MutatingAdmissionPolicy: what it makes of the object.
 * upstream: staging/src/k8s.io/apiserver/pkg/admission/plugin/policy/mutating/dispatcher.go#dispatchOne
 */
import type { MutatingAdmissionPolicy } from "#api/admissionregistration/mutatingadmissionpolicy.ts";
import { unreachable } from "#base/assert.ts";
import type { AnyStruct } from "#schema/struct.ts";
import type { Activation } from "../expressions/activation.ts";
import { Budget, OutOfBudget, policyCostMax } from "../expressions/budget.ts";
import { type Conditions, matchConditions } from "../expressions/conditions.ts";
import {
  type MutatingExpressions,
  mutatingExpressions,
  type MutationExpression,
} from "../expressions/mutating-expressions.ts";
import { withVariables } from "../expressions/variables.ts";
import { withConfiguration } from "./apply-configuration.ts";
import { MutationFailed, type ShownObject } from "./mutable.ts";
import { withOperations } from "./patch-operations.ts";

export interface Mutator {
  readonly conditions: Conditions;
  readonly expressions: MutatingExpressions;
  readonly isReinvoked: boolean;
}

export const mutatorOf = ({ spec }: MutatingAdmissionPolicy): Mutator => ({
  conditions: matchConditions(spec.matchConditions ?? [], {
    hasParams: spec.paramKind !== undefined,
  }),
  expressions: mutatingExpressions(spec),
  isReinvoked: spec.reinvocationPolicy === "IfNeeded",
});

export interface Mutated {
  readonly schema: AnyStruct;
  readonly shown: ShownObject;
  readonly activation: Activation;
}

/** Undefined when nothing changes. Throws MutationFailed. */
export function mutated(
  { expressions }: Mutator,
  mutation: MutationExpression,
  { schema, shown, activation }: Mutated,
): unknown {
  const value = evaluated(expressions, mutation, activation);
  switch (mutation.is) {
    case "applyConfiguration":
      return withConfiguration(schema, shown, value);
    case "jsonPatch":
      return withOperations(shown, value);
    default:
      return unreachable(mutation.is);
  }
}

function evaluated(
  { composition }: MutatingExpressions,
  { expression }: MutationExpression,
  base: Activation,
): unknown {
  const budget = new Budget(policyCostMax);
  try {
    const activation = withVariables(composition, base, budget);
    const { value, error } = budget.evaluate(expression, activation);
    if (error !== undefined) throw new MutationFailed(error);
    return value;
  } catch (cause) {
    if (!(cause instanceof OutOfBudget)) throw cause;
    throw new MutationFailed(cause.message, { cause });
  }
}
