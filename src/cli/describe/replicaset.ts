import { ReplicaSet } from "#api/apps/replicaset.ts";
import { selectorText } from "#api/columns.ts";
import { labelSelectorOf } from "#api/selectors.ts";
import { defineDescriber } from "./describer.ts";
import { controllerOf, describeLabels, describeName } from "./metadata.ts";
import { describePodTemplate } from "./pod-template.ts";
import { describeConditions, podsStatus } from "./workload.ts";

// exact: kubectl, the texts of this file
export const replicaSet = defineDescriber({
  kind: ReplicaSet,

  async describe(page, object, telling) {
    const { metadata, spec, status } = object;
    describeName(page, object);
    page.line(0, "Selector:", selectorText(spec.selector));
    describeLabels(page, object);
    page.optional(0, "Controlled By:", controllerOf(metadata));
    page.line(0, "Replicas:", `${status.replicas} current / ${spec.replicas ?? 1} desired`);
    const selector = labelSelectorOf(spec.selector).toString();
    page.line(0, "Pods Status:", await podsStatus(object, selector, telling));
    describePodTemplate(page, spec.template);
    describeConditions(page, status.conditions);
  },
});
