/** The job that a cron job starts at one of its times. */
import { CronJob } from "#api/batch/cronjob.ts";
import { minutes } from "#base/clock.ts";
import { controllerReference } from "../runtime/ownership.ts";
import { zonedText } from "./next-time.ts";

/** One for each minute: whoever tries twice finds it there already. */
export const jobNameAt = ({ metadata }: CronJob, timeMs: number): string =>
  `${metadata.name}-${Math.floor(timeMs / minutes(1))}`;

export function jobFor(cronJob: CronJob, timeMs: number): object {
  const { jobTemplate, timeZone = "UTC" } = cronJob.spec;
  const { labels, annotations } = jobTemplate.metadata;
  return {
    metadata: {
      name: jobNameAt(cronJob, timeMs),
      namespace: cronJob.metadata.namespace,
      labels,
      annotations: {
        ...annotations,
        "batch.kubernetes.io/cronjob-scheduled-timestamp": zonedText(timeMs, timeZone),
      },
      ownerReferences: [controllerReference(CronJob, cronJob)],
    },
    spec: jobTemplate.spec,
  };
}
