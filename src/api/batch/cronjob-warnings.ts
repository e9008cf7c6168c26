/** What is accepted in cron jobs, but probably not meant. upstream: pkg/registry/batch/cronjob */
import type { ObjectMeta } from "#api/meta/object-meta.ts";
import { equal } from "#schema/copy.ts";
import type { CronJobSpec } from "./cronjob.ts";
import { jobSpecWarnings, nameWarnings } from "./job-warnings.ts";

interface CronJob {
  readonly metadata: ObjectMeta;
  readonly spec: CronJobSpec;
}

export function* cronJobWarnings(
  { metadata, spec }: CronJob,
  old: CronJob | undefined,
): Iterable<string> {
  if (!old) yield* nameWarnings(metadata.name ?? "");
  if (!equal(spec, old?.spec))
    yield* jobSpecWarnings(spec.jobTemplate.spec, "spec.jobTemplate.spec");
  if (spec.schedule.includes("TZ")) {
    yield "CRON_TZ or TZ used in spec.schedule is not officially supported, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#unsupported-timezone-specification for more details";
  }
}
