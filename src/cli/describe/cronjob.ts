import { CronJob } from "#api/batch/cronjob.ts";
import { labelSelectorOf } from "#api/selectors.ts";
import { defineDescriber } from "./describer.ts";
import { describeLabels, describeName } from "./metadata.ts";
import { orNone, type Page, yesNo } from "./page.ts";
import { describePodTemplate } from "./pod-template.ts";
import { formatMoment } from "./times.ts";

// exact: kubectl, the texts of this file
export const cronJob = defineDescriber({
  kind: CronJob,

  describe(page, object) {
    const { spec, status } = object;
    const { suspend, startingDeadlineSeconds: deadline } = spec;
    describeName(page, object);
    describeLabels(page, object);
    page.line(0, "Schedule:", spec.schedule);
    page.line(0, "Concurrency Policy:", spec.concurrencyPolicy ?? "");
    page.line(0, "Suspend:", suspend === undefined ? "<unset>" : yesNo(suspend));
    page.line(0, "Time Zone:", spec.timeZone ?? "<unset>");
    page.line(0, "Successful Job History Limit:", spec.successfulJobsHistoryLimit ?? "<unset>");
    page.line(0, "Failed Job History Limit:", spec.failedJobsHistoryLimit ?? "<unset>");
    page.line(0, "Starting Deadline Seconds:", deadline === undefined ? "<unset>" : `${deadline}s`);
    describeJobTemplate(page, object);
    const { lastScheduleTime: last, active = [] } = status;
    page.line(0, "Last Schedule Time:", last ? formatMoment(last) : "<unset>");
    page.line(0, "Active Jobs:", orNone(active.map(({ name }) => name ?? "").join(", ")));
  },
});

function describeJobTemplate(page: Page, { spec: { jobTemplate } }: CronJob): void {
  const { selector, parallelism, completions, activeDeadlineSeconds, template } = jobTemplate.spec;
  page.line(0, "Selector:", selector ? labelSelectorOf(selector).toString() : "<unset>");
  page.line(0, "Parallelism:", parallelism ?? "<unset>");
  page.line(0, "Completions:", completions ?? "<unset>");
  if (activeDeadlineSeconds !== undefined)
    page.line(0, "Active Deadline Seconds:", `${activeDeadlineSeconds}s`);
  describePodTemplate(page, template);
}
