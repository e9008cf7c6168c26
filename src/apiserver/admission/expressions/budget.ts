/**
 * What the expressions of one policy may cost together, for one request.
 * upstream: staging/src/k8s.io/apiserver/pkg/admission/plugin/cel/activation.go#Evaluate
 */
import { costPerCallMax, type Outcome } from "#cel/cel.ts";
import type { Expression } from "./expression.ts";
import type { Activation } from "./activation.ts";

/** exact: Kubernetes, RuntimeCELCostBudget */
export const policyCostMax = 10_000_000;
/** exact: Kubernetes, RuntimeCELCostBudgetMatchConditions */
export const conditionsCostMax = 2_500_000;

/** No further expression is run. */
export class OutOfBudget extends Error {
  override readonly name = "OutOfBudget";
  override readonly message =
    "validation failed due to running out of cost budget, no further validation rules will be run"; // exact: apiserver
}

export type Result =
  | { readonly value: unknown; readonly error?: undefined }
  | { readonly value?: undefined; readonly error: string };

export class Budget {
  #left: number;

  constructor(costMax: number) {
    this.#left = costMax;
  }

  /** Throws OutOfBudget. exact: apiserver, all messages */
  evaluate(expression: Expression, activation: Activation): Result {
    const { program, problem = "", text } = expression;
    if (!program) return { error: `compilation error: ${problem}` };
    const { value, error } = this.run(() => program.evaluate(activation, limits));
    // Variables that it read were charged meanwhile.
    if (this.#left < 0) throw new OutOfBudget();
    return error
      ? { error: `expression '${text}' resulted in error: ${error.message}` }
      : { value };
  }

  /** Charges what it cost, come what may. */
  run(work: () => Outcome): Outcome {
    const outcome = work();
    this.#left -= outcome.cost;
    return outcome;
  }
}

const limits = { costLimit: costPerCallMax };
