import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { Job } from "#api/batch/job.ts";
import { Event } from "#api/core/event.ts";
import { isPodActive } from "#api/core/pod-conditions.ts";
import { Pod } from "#api/core/pod.ts";
import { ApiError } from "#api/errors.ts";
import { minutes, seconds } from "#base/clock.ts";
import { type Log, silent } from "#base/log.ts";
import { type Cluster, createCluster } from "#sim/testing.ts";
import { jobController } from "./job.ts";
import { type Answer, made, told, viewOf } from "./runtime/testing.ts";

const indexLabel = "batch.kubernetes.io/job-completion-index";

interface Facts {
  readonly restartPolicy?: string;
  readonly [field: string]: unknown;
}

const work = ({ restartPolicy = "Never", ...spec }: Facts = {}) => ({
  apiVersion: "batch/v1",
  kind: "Job",
  metadata: { name: "work" },
  spec: {
    ...spec,
    template: { spec: { restartPolicy, containers: [{ name: "app", image: "work:1" }] } },
  },
});

const indexed = (completions: number, more: Facts = {}) =>
  work({ completionMode: "Indexed", completions, parallelism: completions, ...more });

const at = { namespace: "default", name: "work" };

const jobOf = ({ client }: Cluster): Promise<Job> => client.get(Job, at);

const change = ({ client }: Cluster, spec: object): Promise<Job> =>
  client.patch(Job, at, { is: "merge", change: { spec } });

const pods = async ({ client }: Cluster): Promise<readonly Pod[]> => (await client.list(Pod)).items;

/** What a status says in short; zeros are left out. */
const summary = ({ status }: Job): object => {
  const { conditions = [], startTime, completionTime, ready, terminating, ...counts } = status;
  return {
    ...counts,
    ...(ready ? { ready } : {}),
    ...(terminating ? { terminating } : {}),
    uncountedTerminatedPods: Object.keys(status.uncountedTerminatedPods ?? {}).length,
    conditions: conditions.map(({ type, status: is, reason }) => `${type}=${is} ${reason}`),
    isStarted: Boolean(startTime),
    isCompleted: Boolean(completionTime),
  };
};

const complete = (counts: object, reason = "CompletionsReached"): object => ({
  ...counts,
  uncountedTerminatedPods: 0,
  conditions: [`SuccessCriteriaMet=True ${reason}`, `Complete=True ${reason}`],
  isStarted: true,
  isCompleted: true,
});

const failed = (counts: object, reason: string): object => ({
  ...counts,
  uncountedTerminatedPods: 0,
  conditions: [`FailureTarget=True ${reason}`, `Failed=True ${reason}`],
  isStarted: true,
  isCompleted: false,
});

const events = async ({ client }: Cluster): Promise<string[]> =>
  (await client.list(Event)).items
    .filter(({ source }) => source?.component === "job-controller")
    .map(({ type, reason, message = "" }) => `${type} ${reason}: ${message}`)
    .map((line) => line.replace(/work-\S*/, "work-*"));

/** Nothing of the job keeps a pod. */
async function nothingHeld(cluster: Cluster): Promise<void> {
  const held = (await pods(cluster)).filter(({ metadata }) => metadata.finalizers);
  deepEqual(held, []);
}

const image = "work";
const succeeds = { match: { image }, runsForMs: seconds(5), exitCode: 0 };
const fails = { match: { image }, runsForMs: seconds(1), exitCode: 3 };
const runsForEver = { match: { image } };

const failsAt = (...indexes: readonly number[]) =>
  indexes.map((index) => ({
    match: { image, labels: { [indexLabel]: String(index) } },
    runsForMs: seconds(1),
    exitCode: 42,
  }));

const runsAt = (index: number) => ({
  match: { image, labels: { [indexLabel]: String(index) } },
  runsForMs: Infinity,
});

test("a refused pod is told, and tried again", () => {
  const job = made(Job, { ...work({ completions: 2, parallelism: 2 }) });
  const quota = new ApiError("Forbidden", "exceeded quota: small");
  const answer: Answer = (effect) =>
    effect.do === "create" ? { ok: false, cause: quota } : { ok: true };
  deepEqual(told(jobController.reconcile(job, viewOf([job])), answer), [
    "create Pod work-*",
    "create Pod work-*",
    "event Warning FailedCreate: Error creating: exceeded quota: small",
    "event Warning FailedCreate: Error creating: exceeded quota: small",
    "setStatus Job work",
    "setStatus Job work",
    "fail ApiError: exceeded quota: small",
  ]);
});

test("a job is not over as long as a pod cannot be let go", () => {
  const selector = { matchLabels: { app: "work" } };
  const job = made(Job, work({ selector }));
  const { apiVersion, kind } = job;
  const controller = { apiVersion, kind, name: "work", uid: "uid-of-work", controller: true };
  const pod = made(Pod, {
    metadata: {
      name: "work-1",
      labels: { app: "work" },
      ownerReferences: [controller],
      finalizers: ["batch.kubernetes.io/job-tracking"],
    },
    spec: { containers: [{ name: "app", image: "work:1" }] },
    status: { phase: "Succeeded" },
  });
  const look = (answer?: Answer): string[] =>
    told(jobController.reconcile(job, viewOf([job, pod])), answer);
  const lines = ["setStatus Job work", "patch Pod work-1", "setStatus Job work"];
  deepEqual(look(), [...lines, "event Normal Completed: Job completed"]);
  const down = new ApiError("ServiceUnavailable", "not now");
  const refuse: Answer = ({ do: does }) =>
    does === "patch" ? { ok: false, cause: down } : { ok: true };
  deepEqual(look(refuse), [...lines, "fail ApiError: not now"]);
});

test("a job runs a pod to its end, and is complete", async () => {
  await using cluster = await createCluster({ nodes: 1, behaviours: [succeeds] });
  await cluster.apply(work());
  await cluster.idle();
  const job = await jobOf(cluster);
  deepEqual(summary(job), complete({ succeeded: 1 }));
  ok(Date.parse(job.status.completionTime ?? "") > Date.parse(job.status.startTime ?? ""));
  deepEqual(await events(cluster), [
    "Normal SuccessfulCreate: Created pod: work-*",
    "Normal Completed: Job completed",
  ]);
  await nothingHeld(cluster);
});

test("so many pods run at once, and so many succeed", async () => {
  await using cluster = await createCluster({ nodes: 2, behaviours: [succeeds] });
  await cluster.apply(work({ completions: 7, parallelism: 3 }));
  for (let step = 0; step < 40; step++) {
    await cluster.clock.advance("1s");
    const active = (await pods(cluster)).filter(isPodActive).length;
    ok(active <= 3, `${active} pods at step ${step}`);
  }
  deepEqual(summary(await jobOf(cluster)), complete({ succeeded: 7 }));
  equal((await pods(cluster)).length, 7);
});

test("without completions one success is enough, and the others are waited for", async () => {
  const slow = { match: { image }, runsForMs: { min: seconds(5), max: seconds(60) }, exitCode: 0 };
  await using cluster = await createCluster({ nodes: 1, behaviours: [slow] });
  await cluster.apply(work({ parallelism: 3 }));
  await cluster.idle({ quiet: "2 minutes" });
  deepEqual(summary(await jobOf(cluster)), complete({ succeeded: 3 }));
});

test("each pod of an indexed job knows its index", async () => {
  await using cluster = await createCluster({ nodes: 1, behaviours: [succeeds] });
  await cluster.apply(indexed(3));
  await cluster.idle();
  const all = (await pods(cluster)).toSorted((a, b) =>
    (a.spec.hostname ?? "") < (b.spec.hostname ?? "") ? -1 : 1,
  );
  for (const [index, { metadata, spec }] of all.entries()) {
    equal(metadata.annotations?.[indexLabel], String(index));
    equal(metadata.labels?.[indexLabel], String(index));
    equal(spec.hostname, `work-${index}`);
    equal(metadata.generateName, `work-${index}-`);
    deepEqual(spec.containers[0]?.env, [
      {
        name: "JOB_COMPLETION_INDEX",
        valueFrom: {
          fieldRef: { apiVersion: "v1", fieldPath: `metadata.labels['${indexLabel}']` },
        },
      },
    ]);
  }
  deepEqual(summary(await jobOf(cluster)), complete({ succeeded: 3, completedIndexes: "0-2" }));
});

test("a failed pod is replaced after ten seconds, then twenty, until the limit", async () => {
  await using cluster = await createCluster({ nodes: 1, behaviours: [fails] });
  await cluster.apply(work({ backoffLimit: 2 }));
  await cluster.idle({ quiet: "1 minute" });
  deepEqual(summary(await jobOf(cluster)), failed({ failed: 3 }, "BackoffLimitExceeded"));
  const times = (await pods(cluster))
    .map(({ metadata }) => Date.parse(metadata.creationTimestamp ?? "") / 1_000)
    .toSorted((a, b) => a - b);
  const pauses = times.slice(1).map((time, i) => time - (times[i] ?? 0));
  ok((pauses[0] ?? 0) >= 11 && (pauses[0] ?? 0) <= 14, `${pauses[0]}`);
  ok((pauses[1] ?? 0) >= 21 && (pauses[1] ?? 0) <= 24, `${pauses[1]}`);
  equal(
    (await events(cluster)).at(-1),
    "Warning BackoffLimitExceeded: Job has reached the specified backoff limit",
  );
});

test("a success ends a series of failures", async () => {
  const behaviours = [succeeds, ...failsAt(1)];
  await using cluster = await createCluster({ nodes: 1, behaviours });
  await cluster.apply(indexed(3, { parallelism: 1, backoffLimit: 3 }));
  await cluster.idle({ quiet: "2 minutes" });
  const { status } = await jobOf(cluster);
  equal(status.completedIndexes, "0");
  equal(status.failed, 4);
});

test("containers that are restarted within their pod count as well", async () => {
  const second = { match: { image }, runsForMs: seconds(1), exitCode: [1, 0] };
  await using cluster = await createCluster({ nodes: 1, behaviours: [second] });
  await cluster.apply(work({ restartPolicy: "OnFailure", completions: 2, parallelism: 1 }));
  await cluster.idle({ quiet: "1 minute" });
  deepEqual(summary(await jobOf(cluster)), complete({ succeeded: 2 }));
  await cluster.client.delete(Job, at, { propagationPolicy: "Background" });
  await cluster.idle();
  using _always = cluster.behaviours.add(fails);
  await cluster.apply(work({ restartPolicy: "OnFailure", backoffLimit: 2 }));
  await cluster.idle({ quiet: "1 minute" });
  deepEqual(summary(await jobOf(cluster)), failed({ failed: 1 }, "BackoffLimitExceeded"));
});

test("with a limit for each index the others go on", async () => {
  const behaviours = [succeeds, ...failsAt(1, 3)];
  await using cluster = await createCluster({ nodes: 1, behaviours });
  await cluster.apply(indexed(4, { backoffLimitPerIndex: 1 }));
  await cluster.idle({ quiet: "1 minute" });
  const counts = { succeeded: 2, failed: 4, completedIndexes: "0,2", failedIndexes: "1,3" };
  deepEqual(summary(await jobOf(cluster)), failed(counts, "FailedIndexes"));
  const tries = (await pods(cluster))
    .filter(({ metadata }) => metadata.labels?.[indexLabel] === "3")
    .map(({ metadata }) => metadata.annotations?.["batch.kubernetes.io/job-index-failure-count"]);
  deepEqual(new Set(tries), new Set(["0", "1"]));
  await nothingHeld(cluster);
});

test("more failed indexes than allowed end the job", async () => {
  const behaviours = [runsForEver, ...failsAt(0, 2)];
  await using cluster = await createCluster({ nodes: 1, behaviours });
  await cluster.apply(indexed(4, { backoffLimitPerIndex: 0, maxFailedIndexes: 1 }));
  await cluster.idle({ quiet: "1 minute" });
  const { status } = await jobOf(cluster);
  equal(status.failedIndexes, "0,2");
  equal(status.failed, 4);
  equal(status.conditions?.at(-1)?.reason, "MaxFailedIndexesExceeded");
  await nothingHeld(cluster);
});

const onExitCode = (action: string) => ({
  podFailurePolicy: {
    rules: [{ action, onExitCodes: { operator: "In", values: [42] } }],
  },
});

test("a failure policy ends the job, or the index, at once", async () => {
  await using cluster = await createCluster({
    nodes: 1,
    behaviours: [runsForEver, ...failsAt(1)],
  });
  await cluster.apply(indexed(2, onExitCode("FailJob")));
  await cluster.idle({ quiet: "1 minute" });
  const job = await jobOf(cluster);
  equal(job.status.failed, 2);
  const message = job.status.conditions?.at(-1)?.message?.replace(/work-1-\w+/, "work-1-*");
  equal(
    message,
    "Container app for pod default/work-1-* failed with exit code 42 matching FailJob rule at index 0",
  );
  await cluster.client.delete(Job, at, { propagationPolicy: "Background" });
  await cluster.idle();
  using _rest = cluster.behaviours.add({
    ...succeeds,
    match: { image, labels: { [indexLabel]: "0" } },
  });
  await cluster.apply(indexed(2, { ...onExitCode("FailIndex"), backoffLimitPerIndex: 5 }));
  await cluster.idle({ quiet: "1 minute" });
  const counts = { succeeded: 1, failed: 1, completedIndexes: "0", failedIndexes: "1" };
  deepEqual(summary(await jobOf(cluster)), failed(counts, "FailedIndexes"));
});

test("an evicted pod is replaced and not counted when the policy ignores disruptions", async () => {
  await using cluster = await createCluster({ nodes: 1, behaviours: [runsForEver] });
  const onPodConditions = [{ type: "DisruptionTarget" }];
  const podFailurePolicy = { rules: [{ action: "Ignore", onPodConditions }] };
  await cluster.apply(indexed(1, { podFailurePolicy, backoffLimit: 0 }));
  await cluster.clock.advance("10s");
  const [pod] = await pods(cluster);
  const { name = "" } = pod?.metadata ?? {};
  await cluster.client.createSub(
    Pod,
    { ...at, name, subresource: "eviction" },
    {
      object: { apiVersion: "policy/v1", kind: "Eviction", metadata: { name } },
    },
  );
  using _now = cluster.behaviours.add(succeeds);
  await cluster.idle({ quiet: "1 minute" });
  deepEqual(summary(await jobOf(cluster)), complete({ succeeded: 1, completedIndexes: "0" }));
});

for (const [what, rule] of [
  ["so many indexes", { succeededCount: 1 }],
  ["these indexes", { succeededIndexes: "1" }],
  ["some of these indexes", { succeededIndexes: "1-2", succeededCount: 1 }],
] as const) {
  test(`a success policy is met by ${what}; the rest is stopped and counts for nothing`, async () => {
    const behaviours = [succeeds, runsAt(0), runsAt(2)];
    const refused: unknown[] = [];
    const warn = (_message: string, fields: unknown): void => void refused.push(fields);
    const log: Log = { ...silent, warn, with: () => log };
    await using cluster = await createCluster({ nodes: 1, behaviours, log });
    await cluster.apply(indexed(3, { successPolicy: { rules: [rule] } }));
    await cluster.idle({ quiet: "1 minute" });
    deepEqual(refused, []);
    const counts = { succeeded: 1, completedIndexes: "1" };
    deepEqual(summary(await jobOf(cluster)), complete(counts, "SuccessPolicy"));
    await nothingHeld(cluster);
  });
}

test("a suspended job has no pods, and its deadline begins when it is resumed", async () => {
  await using cluster = await createCluster({ nodes: 1, behaviours: [runsForEver] });
  await cluster.apply(work({ parallelism: 2, activeDeadlineSeconds: 60 }));
  await cluster.clock.advance("20s");
  equal((await jobOf(cluster)).status.active, 2);
  await change(cluster, { suspend: true });
  await cluster.clock.advance("10 minutes");
  const { conditions, ...counts } = summary(await jobOf(cluster)) as { conditions: string[] };
  deepEqual(conditions, ["Suspended=True JobSuspended"]);
  // exact: kube-controller-manager 1.36, MutableSchedulingDirectivesForSuspendedJobs
  deepEqual(counts, { uncountedTerminatedPods: 0, isStarted: false, isCompleted: false });
  deepEqual(await pods(cluster), []);
  await change(cluster, { suspend: false });
  await cluster.clock.advance("50s");
  equal((await jobOf(cluster)).status.active, 2);
  await cluster.clock.advance("1 minute");
  const job = await jobOf(cluster);
  deepEqual(
    job.status.conditions?.map(({ type, reason }) => `${type} ${reason}`),
    ["Suspended JobResumed", "FailureTarget DeadlineExceeded", "Failed DeadlineExceeded"],
  );
  equal(job.status.failed, 2);
  const lines = await events(cluster);
  for (const line of [
    "Normal Suspended: Job suspended",
    "Normal Resumed: Job resumed",
    "Warning DeadlineExceeded: Job was active longer than specified deadline",
  ]) {
    ok(lines.includes(line), line);
  }
});

test("a job that has nothing to do is complete while it is suspended, and has begun then", async () => {
  await using cluster = await createCluster({ nodes: 1, behaviours: [runsForEver] });
  await cluster.apply(work({ completions: 0, parallelism: 1, suspend: true }));
  await cluster.clock.advance("5s");
  deepEqual(summary(await jobOf(cluster)), complete({}));
});

test("an indexed job may shrink and grow while it runs", async () => {
  await using cluster = await createCluster({ nodes: 1, behaviours: [succeeds, runsAt(1)] });
  await cluster.apply(indexed(4));
  await cluster.clock.advance("20s");
  equal((await jobOf(cluster)).status.completedIndexes, "0,2,3");
  await change(cluster, { completions: 3, parallelism: 3 });
  await cluster.clock.advance("5s");
  equal((await jobOf(cluster)).status.completedIndexes, "0,2");
  await change(cluster, { completions: 5, parallelism: 5 });
  await cluster.clock.advance("20s");
  equal((await jobOf(cluster)).status.completedIndexes, "0,2-4");
  await change(cluster, { completions: 1, parallelism: 1 });
  await cluster.idle();
  deepEqual(summary(await jobOf(cluster)), complete({ succeeded: 1, completedIndexes: "0" }));
});

test("another controller's job is left alone", async () => {
  await using cluster = await createCluster({ nodes: 1 });
  await cluster.apply(work({ managedBy: "example.com/queue" }));
  await cluster.idle();
  deepEqual((await jobOf(cluster)).status, {});
  deepEqual(await pods(cluster), []);
});

test("a terminating pod is replaced at once, or only when it has failed", async () => {
  const lingers = { match: { image }, stopsAfterMs: Infinity };
  for (const [podReplacementPolicy, expected] of [
    ["TerminatingOrFailed", 2],
    ["Failed", 1],
  ] as const) {
    await using cluster = await createCluster({ nodes: 1, behaviours: [lingers] });
    await cluster.apply(work({ podReplacementPolicy }));
    await cluster.clock.advance("10s");
    const [pod] = await pods(cluster);
    await cluster.client.delete(Pod, { ...at, name: pod?.metadata.name ?? "" });
    await cluster.clock.advance("15s");
    equal((await pods(cluster)).length, expected, podReplacementPolicy);
    equal((await jobOf(cluster)).status.terminating, 1);
    await cluster.clock.advance("1 minute");
    equal((await jobOf(cluster)).status.failed, 1, podReplacementPolicy);
    equal((await pods(cluster)).filter(isPodActive).length, 1);
  }
});

for (const propagationPolicy of ["Background", "Foreground", "Orphan"] as const) {
  test(`deleted in the ${propagationPolicy} way, a job holds none of its pods`, async () => {
    const half = { match: { image }, runsForMs: { min: seconds(1), max: minutes(5) }, exitCode: 0 };
    await using cluster = await createCluster({ nodes: 1, behaviours: [half] });
    await cluster.apply(work({ completions: 20, parallelism: 5 }));
    await cluster.clock.advance("100s");
    await cluster.client.delete(Job, at, { propagationPolicy });
    await cluster.clock.advance("6 minutes");
    deepEqual((await cluster.client.list(Job)).items, []);
    await nothingHeld(cluster);
    equal((await pods(cluster)).length > 0, propagationPolicy === "Orphan");
  });
}

test("a pod that does not match any more is let go, and taken back when it does", async () => {
  await using cluster = await createCluster({ nodes: 1, behaviours: [runsForEver] });
  await cluster.apply(work());
  await cluster.clock.advance("10s");
  const [pod] = await pods(cluster);
  const { name = "", labels = {} } = pod?.metadata ?? {};
  const label = "batch.kubernetes.io/controller-uid";
  const relabel = (uid: string | null): Promise<Pod> =>
    cluster.client.patch(
      Pod,
      { ...at, name },
      {
        is: "merge",
        change: { metadata: { labels: { [label]: uid } } },
      },
    );
  await relabel(null);
  await cluster.clock.advance("10s");
  const freed = await cluster.client.get(Pod, { ...at, name });
  equal(freed.metadata.ownerReferences, undefined);
  equal(freed.metadata.finalizers, undefined);
  equal((await pods(cluster)).length, 2);
  await relabel(labels[label] ?? "");
  await cluster.idle();
  const owned = (await pods(cluster)).filter(isPodActive);
  equal(owned.length, 1);
  equal(owned[0]?.metadata.ownerReferences?.[0]?.name, "work");
  deepEqual(owned[0]?.metadata.finalizers, ["batch.kubernetes.io/job-tracking"]);
});

test("a finished job goes when its time to live is over", async () => {
  await using cluster = await createCluster({ nodes: 1, behaviours: [succeeds] });
  await cluster.apply(work({ ttlSecondsAfterFinished: 300 }));
  await cluster.clock.advance("4 minutes");
  equal((await jobOf(cluster)).status.succeeded, 1);
  await change(cluster, { ttlSecondsAfterFinished: 600 });
  await cluster.clock.advance("4 minutes");
  equal((await jobOf(cluster)).status.succeeded, 1);
  await cluster.clock.advance("3 minutes");
  deepEqual((await cluster.client.list(Job)).items, []);
  deepEqual(await pods(cluster), []);
});
