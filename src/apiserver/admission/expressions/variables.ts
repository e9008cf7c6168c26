/**
 * Named parts of a policy's expressions: each is evaluated when it is first read, and once.
 * upstream: staging/src/k8s.io/apiserver/pkg/admission/plugin/cel/composition.go
 */
import type { Variable } from "#api/admissionregistration/policy-rules.ts";
import { costPerCallMax } from "#cel/cel.ts";
import { fail } from "#cel/values.ts";
import { type Activation, extended } from "./activation.ts";
import type { Budget } from "./budget.ts";
import { type Expression, expressionOf, type Wanted } from "./expression.ts";
import { type Variables, variablesType } from "./types.ts";

export interface Composition {
  /** What expressions may read: what was there before, and `variables`. */
  readonly variables: Variables;
  readonly expressions: readonly (Expression & { readonly name: string })[];
}

/** Each may read those before it. */
export function composed(
  variables: readonly Variable[],
  { variables: given, findType }: Wanted,
): Composition {
  const types: Record<string, Expression["type"]> = {};
  const all = (): Variables => ({ ...given, variables: variablesType({ ...types }) });
  const expressions = variables.map(({ name, expression }) => {
    const wanted = { variables: all(), ...(findType ? { findType } : {}) };
    const compiled = expressionOf(expression, wanted);
    types[name] = compiled.type;
    return { ...compiled, name };
  });
  return { variables: variables.length > 0 ? all() : given, expressions };
}

/** The activation with `variables`; what they cost is charged to the budget. */
export function withVariables(
  { expressions }: Composition,
  base: Activation,
  budget: Budget,
): Activation {
  if (expressions.length === 0) return base;
  const values: Record<string, unknown> = {};
  const activation = extended(base, { variables: values });
  for (const expression of expressions) {
    let found: Found | undefined;
    Object.defineProperty(values, expression.name, {
      enumerable: true,
      get: () => {
        found ??= valueOf(expression, activation, budget);
        return found.problem === undefined ? found.value : fail(found.problem);
      },
    });
  }
  return activation;
}

interface Found {
  readonly value?: unknown;
  readonly problem?: string;
}

/** exact: apiserver, all messages */
function valueOf(
  { name, program, problem = "" }: Composition["expressions"][number],
  activation: Activation,
  budget: Budget,
): Found {
  const variable = `composited variable ${JSON.stringify(name)}`;
  if (!program) return { problem: `${variable} fails to compile: ${problem}` };
  const limits = { costLimit: costPerCallMax };
  const { value, error } = budget.run(() => program.evaluate(activation, limits));
  return error ? { problem: `${variable} fails to evaluate: ${error.message}` } : { value };
}
