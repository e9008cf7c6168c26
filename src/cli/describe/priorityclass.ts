import { labelsText } from "#api/columns.ts";
import { PriorityClass } from "#api/scheduling/priorityclass.ts";
import { defineDescriber } from "./describer.ts";

// exact: kubectl, the texts of this file
export const priorityClass = defineDescriber({
  kind: PriorityClass,

  describe(page, { metadata, value, globalDefault = false, preemptionPolicy, description = "" }) {
    page.line(0, "Name:", metadata.name ?? "");
    page.line(0, "Value:", value);
    page.line(0, "GlobalDefault:", globalDefault);
    page.line(0, "PreemptionPolicy:", preemptionPolicy ?? "PreemptLowerPriority");
    page.line(0, "Description:", description);
    page.line(0, "Annotations:", labelsText(metadata.annotations));
  },
});
