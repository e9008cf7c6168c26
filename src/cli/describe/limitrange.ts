import { LimitRange } from "#api/core/limitrange.ts";
import { defineDescriber } from "./describer.ts";
import { describeName } from "./metadata.ts";
import { limitHeaders, limitRows } from "./quotas.ts";

export const limitRange = defineDescriber({
  kind: LimitRange,
  hidesEvents: true,

  describe(page, object) {
    describeName(page, object);
    page.table(0, limitHeaders, limitRows(object));
  },
});
