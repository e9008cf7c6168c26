import { Role } from "#api/rbac/role.ts";
import { defineDescriber } from "./describer.ts";
import { describeLabels } from "./metadata.ts";
import { describeRules } from "./rules.ts";

export const role = defineDescriber({
  kind: Role,
  hidesEvents: true,

  describe(page, object) {
    page.line(0, "Name:", object.metadata.name ?? "");
    describeLabels(page, object);
    describeRules(page, object.rules);
  },
});
