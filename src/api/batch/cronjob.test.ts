import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { cellsOf, changeProblems, draftFrom, objectFrom, problemsOf } from "#api/testing.ts";
import { CronJob } from "./cronjob.ts";

const template = {
  spec: { restartPolicy: "OnFailure", containers: [{ name: "main", image: "busybox" }] },
};
const cronJob = (spec: object = {}, job: object = {}, status: object = {}) => ({
  metadata: { name: "nightly", namespace: "default" },
  spec: { schedule: "0 3 * * *", jobTemplate: { spec: { template, ...job } }, ...spec },
  status,
});

test("a cron job has defaults, its jobs do not", () => {
  const { jobTemplate, ...rest } = draftFrom(CronJob, cronJob()).spec;
  deepEqual(rest, {
    schedule: "0 3 * * *",
    concurrencyPolicy: "Allow",
    suspend: false,
    successfulJobsHistoryLimit: 3,
    failedJobsHistoryLimit: 1,
  });
  deepEqual(Object.keys(jobTemplate.spec), ["template"]);
});

test("a cron job says what is wrong with it", () => {
  const noZone = "cannot use TZ or CRON_TZ in schedule, use timeZone field instead";
  const cases: readonly [manifest: object, ...problems: string[]][] = [
    [cronJob()],
    [cronJob({ timeZone: "Europe/Berlin" })],
    [cronJob({ schedule: "" }), "spec.schedule: Required value"],
    [
      cronJob({ schedule: "0 3 * *" }),
      'spec.schedule: Invalid value: "0 3 * *": expected exactly 5 fields, found 4: [0 3 * *]',
    ],
    [
      cronJob({ schedule: "TZ=UTC 0 3 * * *" }),
      `spec.schedule: Invalid value: "TZ=UTC 0 3 * * *": ${noZone}`,
    ],
    [
      cronJob({ timeZone: "" }),
      'spec.timeZone: Invalid value: "": timeZone must be nil or non-empty string',
    ],
    [
      cronJob({ timeZone: "Local" }),
      'spec.timeZone: Invalid value: "Local": timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones',
    ],
    [
      cronJob({ timeZone: "Europe/Nowhere" }),
      'spec.timeZone: Invalid value: "Europe/Nowhere": unknown time zone Europe/Nowhere',
    ],
    [
      cronJob({ timeZone: "../UTC" }),
      'spec.timeZone: Invalid value: "../UTC": unknown time zone ../UTC',
    ],
    [
      cronJob({ startingDeadlineSeconds: -1, failedJobsHistoryLimit: -1 }),
      "spec.startingDeadlineSeconds: Invalid value: -1: must be greater than or equal to 0",
      "spec.failedJobsHistoryLimit: Invalid value: -1: must be greater than or equal to 0",
    ],
    [
      cronJob({ concurrencyPolicy: "Queue" }),
      'spec.concurrencyPolicy: Unsupported value: "Queue": supported values: "Allow", "Forbid", "Replace"',
    ],
    [
      cronJob({}, { selector: { matchLabels: { a: "b" } }, manualSelector: true }),
      'spec.jobTemplate.spec.selector: Invalid value: {"matchLabels":{"a":"b"}}: `selector` will be auto-generated',
      'spec.jobTemplate.spec.manualSelector: Unsupported value: true: supported values: "nil", "false"',
    ],
    [
      cronJob({}, { backoffLimit: -1 }),
      "spec.jobTemplate.spec.backoffLimit: Invalid value: -1: must be greater than or equal to 0",
    ],
    [
      { ...cronJob(), metadata: { name: "n".repeat(53) } },
      `metadata.name: Invalid value: "${"n".repeat(53)}": must be no more than 52 bytes`,
    ],
  ];
  for (const [manifest, ...problems] of cases) deepEqual(problemsOf(CronJob, manifest), problems);
});

test("cron jobs from before may keep a long name and a time zone in their schedule", () => {
  const zoned = cronJob({ schedule: "TZ=UTC 0 3 * * *" });
  deepEqual(changeProblems(CronJob, { from: zoned, to: zoned }), []);
  const both = cronJob({ schedule: "TZ=UTC 0 3 * * *", timeZone: "UTC" });
  deepEqual(changeProblems(CronJob, { from: zoned, to: both }), [
    'spec.schedule: Invalid value: "TZ=UTC 0 3 * * *": cannot use both timeZone field and TZ or CRON_TZ in schedule',
  ]);
  equal(changeProblems(CronJob, { from: cronJob(), to: zoned }).length, 1);
  const unknown = cronJob({ timeZone: "Europe/Nowhere" });
  deepEqual(changeProblems(CronJob, { from: unknown, to: unknown }), []);
  const long = { ...cronJob(), metadata: { name: "n".repeat(60) } };
  deepEqual(changeProblems(CronJob, { from: long, to: long }), []);
});

test("columns show when jobs are started", () => {
  const now = Date.parse("2026-01-01T04:00:00Z");
  deepEqual(cellsOf(CronJob, cronJob(), now), {
    Name: "nightly",
    Schedule: "0 3 * * *",
    Timezone: "<none>",
    Suspend: "False",
    Active: 0,
    "Last Schedule": "<none>",
    Age: "<unknown>",
    Containers: "main",
    Images: "busybox",
    Selector: "<none>",
  });
  const status = { active: [{ name: "a" }], lastScheduleTime: "2026-01-01T03:00:00Z" };
  const row = cellsOf(CronJob, cronJob({ suspend: true, timeZone: "UTC" }, {}, status), now);
  equal(row["Suspend"], "True");
  equal(row["Timezone"], "UTC");
  equal(row["Active"], 1);
  equal(row["Last Schedule"], "60m");
});

test("time zones in schedules are warned of", () => {
  const zoned = objectFrom(CronJob, cronJob({ schedule: "TZ=UTC 0 3 * * *" }));
  deepEqual(
    [...(CronJob.warnings?.(zoned, zoned) ?? [])].map((text) => text.slice(0, 38)),
    ["CRON_TZ or TZ used in spec.schedule is"],
  );
});
