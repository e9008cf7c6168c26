import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { CronJob } from "#api/batch/cronjob.ts";
import { Job } from "#api/batch/job.ts";
import { Event } from "#api/core/event.ts";
import { ApiError } from "#api/errors.ts";
import { hours, minutes, seconds } from "#base/clock.ts";
import { createCluster } from "#sim/testing.ts";
import { cronjobController } from "./cronjob.ts";
import { zonedText } from "./cronjob/next-time.ts";
import { type Answer, made, one, testNow, told, viewOf } from "./runtime/testing.ts";

const template = {
  metadata: { labels: { app: "report" }, annotations: { note: "x" } },
  spec: {
    template: {
      spec: { restartPolicy: "Never", containers: [{ name: "app", image: "report:1" }] },
    },
  },
};

const time = (agoMs: number): string =>
  new Date(testNow - agoMs).toISOString().replace(".000Z", "Z");

/** Made an hour before 2030-01-01T00:00:00Z. */
const report = (spec: object = {}, status: object = {}): CronJob =>
  made(CronJob, {
    metadata: { name: "report", creationTimestamp: time(hours(1)) },
    spec: { schedule: "*/10 * * * *", jobTemplate: template, ...spec },
    status,
  });

const minuteOf = (agoMs: number): number => (testNow - agoMs) / minutes(1);

interface JobFacts {
  readonly end?: "Complete" | "Failed";
  readonly startedAgoMs?: number;
}

const jobOf = (name: string, { end, startedAgoMs = minutes(10) }: JobFacts = {}): Job =>
  made(Job, {
    metadata: {
      name,
      ownerReferences: [
        {
          apiVersion: "batch/v1",
          kind: "CronJob",
          name: "report",
          uid: "uid-of-report",
          controller: true,
        },
      ],
    },
    spec: { template: template.spec.template },
    status: {
      startTime: time(startedAgoMs),
      ...(end ? { conditions: [{ type: end, status: "True" }] } : {}),
      ...(end === "Complete" ? { completionTime: time(startedAgoMs - seconds(30)) } : {}),
    },
  });

const referenceTo = (name: string) => ({
  apiVersion: "batch/v1",
  kind: "Job",
  namespace: "default",
  name,
  uid: `uid-of-${name}`,
});

interface Circumstances {
  readonly jobs?: readonly Job[];
  readonly now?: number;
  readonly since?: Readonly<Record<string, number>>;
  readonly answer?: Answer;
}

const created: Answer = (effect) => {
  if (effect.do !== "create") return { ok: true, found: undefined };
  const { name = "" } = (effect.object as Job).metadata;
  return { ok: true, found: jobOf(name) };
};

function look(cronJob: CronJob, { jobs = [], answer = created, ...moment }: Circumstances = {}) {
  const effects = cronjobController.reconcile(cronJob, viewOf([cronJob, ...jobs], moment));
  return {
    lines: told(effects, answer),
    status: () => one(effects, "setStatus", answer).status as CronJob["status"],
    job: () => one(effects, "create", answer).object as Job,
  };
}

test("a job is started at its time, once", () => {
  const { lines, status, job } = look(report({}, { lastScheduleTime: time(minutes(10)) }));
  deepEqual(lines, [
    "wakeIn 600.1s",
    `create Job report-${minuteOf(0)}`,
    `event Normal SuccessfulCreate: Created job report-${minuteOf(0)}`,
    "setStatus CronJob report",
  ]);
  deepEqual(status(), {
    active: [{ ...referenceTo(`report-${minuteOf(0)}`), resourceVersion: "1" }],
    lastScheduleTime: time(0),
    lastSuccessfulTime: undefined,
  });
  deepEqual(job().metadata, {
    name: `report-${minuteOf(0)}`,
    namespace: "default",
    labels: { app: "report" },
    annotations: {
      note: "x",
      "batch.kubernetes.io/cronjob-scheduled-timestamp": "2030-01-01T00:00:00Z",
    },
    ownerReferences: [
      {
        apiVersion: "batch/v1",
        kind: "CronJob",
        name: "report",
        uid: "uid-of-report",
        controller: true,
        blockOwnerDeletion: true,
      },
    ],
  });
  const again = look(report({}, status()), { jobs: [jobOf(`report-${minuteOf(0)}`)] });
  deepEqual(again.lines, ["wakeIn 600.1s", "setStatus CronJob report"]);
});

test("what the job carries says the time as it is in the time zone", () => {
  const { job } = look(report({ timeZone: "Europe/Berlin" }));
  equal(
    job().metadata.annotations?.["batch.kubernetes.io/cronjob-scheduled-timestamp"],
    "2030-01-01T01:00:00+01:00",
  );
});

test("before its first time, a cron job waits", () => {
  const young = made(CronJob, {
    ...report(),
    metadata: { ...report().metadata, creationTimestamp: time(minutes(-3)) },
  });
  deepEqual(look(young, { now: testNow + minutes(4) }).lines, [
    "wakeIn 360.1s",
    "setStatus CronJob report",
  ]);
});

test("a job that was created before the status could say so is entered", () => {
  const name = `report-${minuteOf(0)}`;
  const answer: Answer = (effect) => {
    if (effect.do === "create") return { ok: false, cause: new ApiError("AlreadyExists", "it is") };
    return { ok: true, found: effect.do === "fetch" ? jobOf(name) : undefined };
  };
  const { lines, status } = look(report(), { jobs: [jobOf(name)], answer });
  deepEqual(lines, [
    `event Warning UnexpectedJob: Saw a job that the controller did not create or forgot: ${name}`,
    "wakeIn 600.1s",
    `create Job ${name}`,
    `fetch Job ${name}`,
    "setStatus CronJob report",
  ]);
  deepEqual(
    status().active?.map((active) => active.name),
    [name],
  );
});

test("a refused job is told and tried again", () => {
  const answer: Answer = (effect) =>
    effect.do === "create"
      ? { ok: false, cause: new ApiError("Forbidden", "exceeded quota") }
      : { ok: true };
  deepEqual(look(report(), { answer }).lines.slice(-3), [
    "event Warning FailedCreate: Error creating job: exceeded quota",
    "setStatus CronJob report",
    "fail ApiError: exceeded quota",
  ]);
});

test("a job that ended is no longer active; one that is gone neither", () => {
  const active = ["ended", "gone", "runs"].map(referenceTo);
  const jobs = [jobOf("ended", { end: "Complete" }), jobOf("runs")];
  const { lines, status } = look(report({ suspend: true }, { active }), { jobs });
  deepEqual(lines, [
    "fetch Job gone",
    "event Normal SawCompletedJob: Saw completed job: ended, condition: Complete",
    "event Normal MissingJob: Active job went missing: gone",
    "setStatus CronJob report",
  ]);
  deepEqual(
    status().active?.map(({ name }) => name),
    ["runs"],
  );
  equal(status().lastSuccessfulTime, time(minutes(9.5)));
});

test("Forbid waits for the job before, Replace takes its place, Allow runs beside it", () => {
  const status = { active: [referenceTo("before")], lastScheduleTime: time(minutes(10)) };
  const jobs = [jobOf("before")];
  const lines = (concurrencyPolicy: string): readonly string[] =>
    look(report({ concurrencyPolicy }, status), { jobs }).lines.slice(1, -1);
  const name = `report-${minuteOf(0)}`;
  deepEqual(lines("Forbid"), [
    "event Normal JobAlreadyActive: Not starting job because prior execution is running and concurrency policy is Forbid",
  ]);
  deepEqual(lines("Replace"), [
    "delete Job before",
    "event Normal SuccessfulDelete: Deleted job before",
    `create Job ${name}`,
    `event Normal SuccessfulCreate: Created job ${name}`,
  ]);
  deepEqual(lines("Allow"), [
    `create Job ${name}`,
    `event Normal SuccessfulCreate: Created job ${name}`,
  ]);
  const replaced = look(report({ concurrencyPolicy: "Replace" }, status), { jobs }).status();
  deepEqual(
    replaced.active?.map((active) => active.name),
    [name],
  );
});

test("what could not be started in time is not started", () => {
  const spec = { startingDeadlineSeconds: 30 };
  const late = look(report(spec), { now: testNow + seconds(31) });
  deepEqual(late.lines, ["wakeIn 569.1s", "setStatus CronJob report"]);
  const before = look(report(spec), { now: testNow + seconds(29) });
  equal(before.lines[1], `create Job report-${minuteOf(0)}`);
});

test("of many missed times the last one is made up for, and it is told", () => {
  const everyMinute = { schedule: "* * * * *" };
  const few = look(report(everyMinute, { lastScheduleTime: time(minutes(100)) }));
  deepEqual(few.lines.slice(0, 2), ["wakeIn 60.1s", `create Job report-${minuteOf(0)}`]);
  const many = look(report(everyMinute, { lastScheduleTime: time(minutes(101)) }));
  deepEqual(many.lines.slice(0, 3), [
    "wakeIn 60.1s",
    "event Warning TooManyMissedTimes: too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew",
    `create Job report-${minuteOf(0)}`,
  ]);
});

test("a changed schedule does not make up for times that it did not have", () => {
  const schedule = "30 * * * *";
  const changed = { looked: testNow - hours(1), [`schedule ${schedule} `]: testNow };
  deepEqual(look(report({ schedule }), { since: changed }).lines, [
    "wakeIn 1800.1s",
    "setStatus CronJob report",
  ]);
  // After a restart nobody knows: then nothing may be lost.
  const { lines } = look(report({ schedule }), { since: {} });
  equal(lines[1], `create Job report-${minuteOf(minutes(30))}`);
});

/** Looks at it again and again, always when it wants to be looked at, and tells when jobs begin. */
function drive(first: CronJob, days: number): readonly string[] {
  const started: string[] = [];
  let known: CronJob["status"] = first.status;
  const end = testNow + hours(24 * days);
  for (let now = testNow; now < end;) {
    const { lines, status } = look({ ...first, status: known }, { now });
    const creation = lines.find((line) => line.startsWith("create Job"));
    const minute = Number(creation?.split("-").at(-1));
    if (creation) started.push(zonedText(minutes(minute), first.spec.timeZone ?? "UTC"));
    known = { ...status(), active: [] };
    const wake = lines.find((line) => line.startsWith("wakeIn"));
    now += seconds(Number.parseFloat(wake?.slice("wakeIn ".length) ?? ""));
  }
  return started;
}

test("over ninety days a cron job keeps its hour, also when the clocks are set", () => {
  const spec = { schedule: "0 9 * * *", timeZone: "America/New_York" };
  const started = drive(report(spec), 90);
  equal(started.length, 90);
  deepEqual(
    started.filter((text) => !/T09:00:00-0[45]:00$/.test(text)),
    [],
  );
  const at = started.indexOf("2030-03-09T09:00:00-05:00");
  deepEqual(started.slice(at + 1, at + 3), [
    "2030-03-10T09:00:00-04:00",
    "2030-03-11T09:00:00-04:00",
  ]);
});

test("more ended jobs than the limits say go, the oldest first", () => {
  const jobs = [1, 2, 3, 4, 5].map((age) =>
    jobOf(`done-${age}`, { end: "Complete", startedAgoMs: minutes(age) }),
  );
  const failed = [1, 2].map((age) =>
    jobOf(`failed-${age}`, { end: "Failed", startedAgoMs: minutes(age) }),
  );
  const { lines } = look(report({ suspend: true }), { jobs: [...jobs, ...failed] });
  deepEqual(
    lines.filter((line) => line.startsWith("delete")),
    ["delete Job done-5", "delete Job done-4", "delete Job failed-2"],
  );
});

for (const [what, spec, line] of [
  [
    "an unknown time zone",
    { timeZone: "Europe/Atlantis" },
    'event Warning UnknownTimeZone: invalid timeZone: "Europe/Atlantis": unknown time zone Europe/Atlantis',
  ],
  [
    "a schedule that is none",
    { schedule: "now and then" },
    'event Warning UnparseableSchedule: unparseable schedule: "now and then" : expected exactly 5 fields, found 3: [now and then]',
  ],
  [
    "a day that never comes",
    { schedule: "0 0 31 2 *" },
    "event Warning InvalidSchedule: invalid schedule: 0 0 31 2 * : time difference between two schedules is less than 1 second",
  ],
] as const) {
  test(`${what} is told, and nothing is started`, () => {
    deepEqual(look(report(spec)).lines, [line, "setStatus CronJob report"]);
  });
}

// A whole cluster.

const at = { namespace: "default", name: "report" };

const manifest = (spec: object) => ({
  apiVersion: "batch/v1",
  kind: "CronJob",
  metadata: { name: "report" },
  spec: { jobTemplate: template, ...spec },
});

const done = { match: { image: "report" }, runsForMs: 5_000, exitCode: 0 };

test("a job is started within a second of its time", async () => {
  await using cluster = await createCluster({ nodes: 1, behaviours: [done] });
  await cluster.apply(manifest({ schedule: "*/5 * * * *" }));
  await cluster.clock.advance("31 minutes");
  const jobs = (await cluster.client.list(Job)).items;
  equal(jobs.length, 3);
  for (const { metadata } of jobs) {
    const text = metadata.annotations?.["batch.kubernetes.io/cronjob-scheduled-timestamp"] ?? "";
    equal(metadata.creationTimestamp, text);
  }
});

test("Forbid never runs two jobs at once, Allow does, Replace stops the first", async () => {
  const runsLong = { match: { image: "report" }, runsForMs: minutes(7), exitCode: 0 };
  const schedule = "*/5 * * * *";
  const jobsAfter = async (concurrencyPolicy: string): Promise<readonly (number | undefined)[]> => {
    await using cluster = await createCluster({ nodes: 1, behaviours: [runsLong] });
    await cluster.apply(manifest({ schedule, concurrencyPolicy }));
    await cluster.clock.advance("11 minutes");
    return (await cluster.client.list(Job)).items.map(({ status }) => status.active);
  };
  deepEqual(await jobsAfter("Forbid"), [1]);
  deepEqual(await jobsAfter("Allow"), [1, 1]);
  deepEqual(await jobsAfter("Replace"), [1]);
});

test("a suspended cron job starts nothing, and with it goes what it made", async () => {
  await using cluster = await createCluster({ nodes: 1, behaviours: [done] });
  await cluster.apply(manifest({ schedule: "* * * * *", suspend: true }));
  await cluster.clock.advance("10 minutes");
  deepEqual((await cluster.client.list(Job)).items, []);
  await cluster.apply(manifest({ schedule: "* * * * *", startingDeadlineSeconds: 20 }));
  await cluster.clock.advance("150s");
  const count = (await cluster.client.list(Job)).items.length;
  ok(count >= 2, `${count} jobs`);
  const events = (await cluster.client.list(Event)).items.map(({ reason }) => reason);
  ok(events.includes("SawCompletedJob"));
  await cluster.client.delete(CronJob, at);
  await cluster.idle();
  deepEqual((await cluster.client.list(Job)).items, []);
});
