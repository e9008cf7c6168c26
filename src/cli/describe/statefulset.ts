import { StatefulSet } from "#api/apps/statefulset.ts";
import { labelSelectorOf } from "#api/selectors.ts";
import { describeVolumeClaims } from "./claims.ts";
import { defineDescriber } from "./describer.ts";
import { describeLabels, describeName } from "./metadata.ts";
import { describePodTemplate } from "./pod-template.ts";
import { formatMoment } from "./times.ts";
import { podsStatus } from "./workload.ts";

// exact: kubectl, the texts of this file
export const statefulSet = defineDescriber({
  kind: StatefulSet,

  async describe(page, object, telling) {
    const { metadata, spec, status } = object;
    const { type, rollingUpdate } = spec.updateStrategy;
    const selector = labelSelectorOf(spec.selector).toString();
    describeName(page, object);
    page.line(0, "CreationTimestamp:", formatMoment(metadata.creationTimestamp));
    page.line(0, "Selector:", selector);
    describeLabels(page, object);
    page.line(0, "Replicas:", `${spec.replicas ?? 1} desired | ${status.replicas} total`);
    page.line(0, "Update Strategy:", type ?? "");
    if (rollingUpdate?.partition !== undefined) {
      page.line(1, "Partition:", rollingUpdate.partition);
      page.optional(1, "MaxUnavailable:", rollingUpdate.maxUnavailable);
    }
    page.line(0, "Pods Status:", await podsStatus(object, selector, telling));
    describePodTemplate(page, spec.template);
    describeVolumeClaims(page, spec.volumeClaimTemplates);
  },
});
