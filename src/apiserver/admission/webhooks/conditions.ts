/**
 * Match conditions: expressions in CEL that say which requests a webhook wants to see.
 *
 * The language is not built yet. Whoever brings it hands in a `MatchConditions`; until then no
 * condition can be evaluated, and the webhook's failure policy says what that means.
 */
import type { MatchCondition } from "#api/admissionregistration/rules.ts";
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

export const withoutConditions: MatchConditions = ([first]) => {
  throw new Error(
    `match condition ${JSON.stringify(first?.name)} cannot be evaluated: this server does not know CEL yet`,
  );
};
