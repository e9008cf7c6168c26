import { labelsText } from "#api/columns.ts";
import { ReplicationController } from "#api/core/replicationcontroller.ts";
import { labelSetSelectorOf } from "#api/selectors.ts";
import { defineDescriber } from "./describer.ts";
import { describeLabels, describeName } from "./metadata.ts";
import { describePodTemplate } from "./pod-template.ts";
import { describeConditions, podsStatus } from "./workload.ts";

// exact: kubectl, the texts of this file
export const replicationController = defineDescriber({
  kind: ReplicationController,

  async describe(page, object, telling) {
    const { spec, status } = object;
    describeName(page, object);
    page.line(0, "Selector:", labelsText(spec.selector));
    describeLabels(page, object);
    page.line(0, "Replicas:", `${status.replicas} current / ${spec.replicas ?? 1} desired`);
    const selector = labelSetSelectorOf(spec.selector).toString();
    page.line(0, "Pods Status:", await podsStatus(object, selector, telling));
    describePodTemplate(page, spec.template);
    describeConditions(page, status.conditions);
  },
});
