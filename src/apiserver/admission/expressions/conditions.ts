/**
 * Match conditions: expressions that say which requests a webhook or a policy wants to see.
 * upstream: staging/src/k8s.io/apiserver/pkg/admission/plugin/webhook/matchconditions/matcher.go
 */
import type { MatchCondition } from "#api/admissionregistration/rules.ts";
import { aggregate } from "#base/aggregate.ts";
import { boolType } from "#cel/types.ts";
import { type Activation, extended } from "./activation.ts";
import { Budget, conditionsCostMax, OutOfBudget } from "./budget.ts";
import { type Expression, expressionOf } from "./expression.ts";
import { type Declared, variablesOf } from "./types.ts";

export interface Met {
  readonly isMet: boolean;
  /** None is false, and one cannot be evaluated. */
  readonly error?: string;
}

export type Conditions = (activation: Activation) => Met;

const always: Conditions = () => ({ isMet: true });

export const conditionsOf = (
  conditions: readonly MatchCondition[],
  declared: Declared,
): readonly Expression[] => {
  const variables = variablesOf(declared);
  return conditions.map(({ expression }) =>
    expressionOf(expression, { variables, types: [boolType] }),
  );
};

/** Not met as soon as one condition is false, whatever the others are. */
export function matchConditions(
  conditions: readonly MatchCondition[],
  declared: Declared = {},
): Conditions {
  if (conditions.length === 0) return always;
  const expressions = conditionsOf(conditions, declared);
  return (activation) => {
    const budget = new Budget(conditionsCostMax);
    // Upstream does not look it up for conditions.
    const shown = extended(activation, { namespaceObject: null });
    const errors: string[] = [];
    try {
      for (const expression of expressions) {
        const { value, error } = budget.evaluate(expression, shown);
        if (error !== undefined) errors.push(error);
        else if (value === false) return { isMet: false };
      }
    } catch (cause) {
      if (!(cause instanceof OutOfBudget)) throw cause;
      return { isMet: false, error: cause.message };
    }
    return errors.length > 0 ? { isMet: false, error: aggregate(errors) } : { isMet: true };
  };
}
