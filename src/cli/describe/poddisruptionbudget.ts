import { selectorText } from "#api/columns.ts";
import { PodDisruptionBudget } from "#api/policy/poddisruptionbudget.ts";
import { defineDescriber } from "./describer.ts";
import { describeName } from "./metadata.ts";

// exact: kubectl, the texts of this file
export const podDisruptionBudget = defineDescriber({
  kind: PodDisruptionBudget,

  describe(page, object) {
    const { spec, status } = object;
    describeName(page, object);
    page.optional(0, "Min available:", spec.minAvailable);
    page.optional(0, "Max unavailable:", spec.maxUnavailable);
    page.line(0, "Selector:", spec.selector ? selectorText(spec.selector) : "<unset>");
    page.line(0, "Status:");
    page.line(2, "Allowed disruptions:", status.disruptionsAllowed);
    page.line(2, "Current:", status.currentHealthy);
    page.line(2, "Desired:", status.desiredHealthy);
    page.line(2, "Total:", status.expectedPods);
  },
});
