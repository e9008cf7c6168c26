/**
 * Match conditions: expressions in CEL that say which requests a webhook wants to see. They may read
 * `object`, `oldObject` and `request`; `authorizer` is not there yet.
 * upstream: staging/src/k8s.io/apiserver/pkg/admission/plugin/webhook/matchconditions/matcher.go
 */
import type { MatchCondition } from "#api/admissionregistration/rules.ts";
import { compile, type Program } from "#cel/cel.ts";
import { boolType, dynType } from "#cel/types.ts";
import type { ReviewRequest } from "./review.ts";

export type { MatchCondition } from "#api/admissionregistration/rules.ts";

/**
 * False as soon as one condition is false, whatever the others are; throws when none is, and one
 * cannot be evaluated. `object` and `oldObject` are those of the request.
 */
export type MatchConditions = (
  conditions: readonly MatchCondition[],
  request: ReviewRequest,
) => boolean | Promise<boolean>;

/** For all conditions of one webhook. exact: Kubernetes */
const costMax = 2_500_000;

const variables = { object: dynType, oldObject: dynType, request: dynType };

type Compiled = Program | Error;

/** Each list of conditions is compiled once. */
export function celConditions(): MatchConditions {
  const known = new WeakMap<readonly MatchCondition[], readonly Compiled[]>();
  return (conditions, { object, oldObject, ...request }) => {
    const programs = known.get(conditions) ?? conditions.map(compiled);
    known.set(conditions, programs);
    let costLimit = costMax;
    const failures: string[] = [];
    for (const [at, program] of programs.entries()) {
      const name = JSON.stringify(conditions[at]?.name);
      if (program instanceof Error) {
        failures.push(`match condition ${name} does not compile: ${program.message}`);
        continue;
      }
      const outcome = program.evaluate({ object, oldObject, request }, { costLimit });
      costLimit = Math.max(costLimit - outcome.cost, 0);
      if (outcome.error) failures.push(`match condition ${name} failed: ${outcome.error.message}`);
      else if (outcome.value === false) return false;
    }
    if (failures.length > 0) throw new Error(failures.join("; "));
    return true;
  };
}

function compiled({ expression }: MatchCondition): Compiled {
  try {
    return compile(expression, { variables, resultType: boolType });
  } catch (cause) {
    if (cause instanceof Error) return cause;
    throw cause;
  }
}
