import { Job } from "#api/batch/job.ts";
import { humanDuration } from "#api/columns.ts";
import { labelSelectorOf } from "#api/selectors.ts";
import { defineDescriber } from "./describer.ts";
import { controllerOf, describeLabels, describeName } from "./metadata.ts";
import { orNone, type Page } from "./page.ts";
import { describePodTemplate } from "./pod-template.ts";
import { formatMoment } from "./times.ts";

// exact: kubectl, the texts of this file
export const job = defineDescriber({
  kind: Job,

  describe(page, object) {
    const { metadata, spec } = object;
    describeName(page, object);
    page.line(0, "Selector:", labelSelectorOf(spec.selector).toString());
    describeLabels(page, object);
    page.optional(0, "Controlled By:", controllerOf(metadata));
    page.optional(0, "Parallelism:", spec.parallelism);
    page.line(0, "Completions:", spec.completions ?? "<unset>");
    page.optional(0, "Completion Mode:", spec.completionMode);
    page.optional(0, "Suspend:", spec.suspend);
    page.optional(0, "Backoff Limit:", spec.backoffLimit);
    page.optional(0, "TTL Seconds After Finished:", spec.ttlSecondsAfterFinished);
    describeTimes(page, object);
    page.line(0, "Pods Statuses:", countsText(object));
    if (spec.completionMode === "Indexed")
      page.line(0, "Completed Indexes:", shortened(object.status.completedIndexes));
    describePodTemplate(page, spec.template);
  },
});

function describeTimes(page: Page, { spec, status: { startTime, completionTime } }: Job): void {
  if (startTime) page.line(0, "Start Time:", formatMoment(startTime));
  if (completionTime) page.line(0, "Completed At:", formatMoment(completionTime));
  if (startTime && completionTime) {
    const took = Date.parse(completionTime) - Date.parse(startTime);
    page.line(0, "Duration:", humanDuration(took));
  }
  const { activeDeadlineSeconds: seconds } = spec;
  page.optional(0, "Active Deadline Seconds:", seconds === undefined ? undefined : `${seconds}s`);
}

function countsText({ status }: Job): string {
  const { active = 0, ready, succeeded = 0, failed = 0 } = status;
  const readyText = ready === undefined ? "" : ` (${ready} Ready)`;
  return `${active} Active${readyText} / ${succeeded} Succeeded / ${failed} Failed`;
}

/** Up to the comma after the fiftieth character. */
function shortened(indexes = ""): string {
  const at = indexes.indexOf(",", 50);
  return at < 0 ? orNone(indexes) : `${indexes.slice(0, at + 1)}...`;
}
