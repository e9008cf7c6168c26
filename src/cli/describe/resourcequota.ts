import { ResourceQuota } from "#api/core/resourcequota.ts";
import { defineDescriber } from "./describer.ts";
import { describeName } from "./metadata.ts";
import { describeScopes, quotaRows } from "./quotas.ts";

export const resourceQuota = defineDescriber({
  kind: ResourceQuota,
  hidesEvents: true,

  describe(page, object) {
    describeName(page, object);
    describeScopes(page, object, 0);
    page.line(0, "Resource", "Used", "Hard");
    page.line(0, "--------", "----", "----");
    for (const row of quotaRows(object)) page.line(0, ...row);
  },
});
