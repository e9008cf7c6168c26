import { ClusterRole } from "#api/rbac/clusterrole.ts";
import { defineDescriber } from "./describer.ts";
import { describeLabels } from "./metadata.ts";
import { describeRules } from "./rules.ts";

export const clusterRole = defineDescriber({
  kind: ClusterRole,
  hidesEvents: true,

  describe(page, object) {
    page.line(0, "Name:", object.metadata.name ?? "");
    describeLabels(page, object);
    describeRules(page, object.rules);
  },
});
