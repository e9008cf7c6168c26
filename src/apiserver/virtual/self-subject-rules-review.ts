/** Lists what callers may do in a namespace: `kubectl auth can-i --list`. */
import { SelfSubjectRulesReview } from "#api/authorization/selfsubjectrulesreview.ts";
import { badRequest } from "#api/errors.ts";
import type { ResolvedRules } from "../authz/authorizer.ts";
import { typed } from "./typed.ts";
import { defineVirtual } from "./virtual.ts";

export const selfSubjectRulesReview = defineVirtual<SelfSubjectRulesReview>({
  kind: SelfSubjectRulesReview,

  async create(review, { ports, context }) {
    const { namespace } = review.spec;
    // exact: apiserver
    if (!namespace) throw badRequest("no namespace on request");
    const rules = ports.authorizer.rulesFor(context.user, namespace);
    review.status = { ...canonical(rules), incomplete: rules.incomplete };
    if (rules.problem !== undefined) review.status.evaluationError = rules.problem;
    return typed(SelfSubjectRulesReview, review);
  },
});

/** Lists that are empty are absent. */
function canonical({ resourceRules, nonResourceRules }: ResolvedRules) {
  const list = (name: string, values: readonly string[]) =>
    values.length > 0 ? { [name]: [...values] } : {};
  return {
    resourceRules: resourceRules.map(({ verbs, apiGroups, resources, resourceNames }) => ({
      verbs: [...verbs],
      ...list("apiGroups", apiGroups),
      ...list("resources", resources),
      ...list("resourceNames", resourceNames),
    })),
    nonResourceRules: nonResourceRules.map(({ verbs, nonResourceURLs }) => ({
      verbs: [...verbs],
      ...list("nonResourceURLs", nonResourceURLs),
    })),
  };
}
