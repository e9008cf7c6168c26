import { DaemonSet } from "#api/apps/daemonset.ts";
import { labelsText } from "#api/columns.ts";
import { labelSelectorOf } from "#api/selectors.ts";
import { defineDescriber } from "./describer.ts";
import { describeLabels, describeName } from "./metadata.ts";
import { describePodTemplate } from "./pod-template.ts";
import { podsStatus } from "./workload.ts";

// exact: kubectl, the texts of this file
export const daemonSet = defineDescriber({
  kind: DaemonSet,

  async describe(page, object, telling) {
    const { spec, status } = object;
    const { updatedNumberScheduled = 0, numberAvailable = 0 } = status;
    const selector = labelSelectorOf(spec.selector).toString();
    describeName(page, object);
    page.line(0, "Selector:", selector);
    page.line(0, "Node-Selector:", labelsText(spec.template.spec.nodeSelector));
    describeLabels(page, object);
    const counts = [
      ["Desired Number of Nodes Scheduled", status.desiredNumberScheduled],
      ["Current Number of Nodes Scheduled", status.currentNumberScheduled],
      ["Number of Nodes Scheduled with Up-to-date Pods", updatedNumberScheduled],
      ["Number of Nodes Scheduled with Available Pods", numberAvailable],
      ["Number of Nodes Misscheduled", status.numberMisscheduled],
    ] as const;
    for (const [title, count] of counts) page.line(0, `${title}: ${count}`);
    page.line(0, "Pods Status:", await podsStatus(object, selector, telling));
    describePodTemplate(page, spec.template);
  },
});
