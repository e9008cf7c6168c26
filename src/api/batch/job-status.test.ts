import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { statusProblems } from "#api/testing.ts";
import { Job } from "./job.ts";

const template = { spec: { restartPolicy: "Never", containers: [{ name: "a", image: "a" }] } };
const startTime = "2026-01-01T00:00:00Z";
const completionTime = "2026-01-01T01:00:00Z";
const condition = (...types: string[]) => ({
  conditions: types.map((type) => ({ type, status: "True" })),
});
const complete = { ...condition("SuccessCriteriaMet", "Complete"), startTime, completionTime };

const problems = (spec: object, from: object, to: object) => {
  const job = (status: object) => ({
    metadata: { name: "pi", uid: "u1" },
    spec: { template, ...spec },
    status,
  });
  return statusProblems(Job, { from: job(from), to: job(to) });
};

test("a job is started, and then complete or failed", () => {
  deepEqual(problems({}, {}, { startTime, active: 1, ready: 1 }), []);
  deepEqual(problems({}, { startTime, active: 1 }, { ...complete, succeeded: 1 }), []);
  const failed = { ...condition("FailureTarget", "Failed"), startTime, failed: 7 };
  deepEqual(problems({}, { startTime, active: 1 }, failed), []);
});

test("a status says what is wrong with it", () => {
  const at = "status.conditions: Invalid value";
  const indexed = { completionMode: "Indexed", completions: 5 };
  const cases: readonly [spec: object, from: object, to: object, ...problems: string[]][] = [
    [
      {},
      {},
      { active: -1 },
      "status.active: Invalid value: -1: must be greater than or equal to 0",
    ],
    [
      {},
      {},
      { uncountedTerminatedPods: { succeeded: ["a", ""], failed: ["a"] } },
      'status.uncountedTerminatedPods.succeeded[1]: Invalid value: "": must not be empty',
      'status.uncountedTerminatedPods.failed[0]: Duplicate value: "a"',
    ],
    [
      {},
      { startTime },
      {
        ...condition("SuccessCriteriaMet", "Complete", "Failed", "FailureTarget"),
        startTime,
        completionTime,
      },
      `${at}: cannot set Complete=True and Failed=true conditions`,
      `${at}: cannot set Complete=True and FailureTarget=true conditions`,
      `${at}: cannot set SuccessCriteriaMet=True and Failed=true conditions`,
      `${at}: cannot set SuccessCriteriaMet=True and FailureTarget=true conditions`,
    ],
    [
      {},
      { startTime },
      { ...condition("Failed"), startTime },
      `${at}: cannot set Failed=True condition without the FailureTarget=true condition`,
    ],
    [
      {},
      { startTime },
      { ...condition("Complete"), startTime },
      `${at}: cannot set Complete=True condition without the SuccessCriteriaMet=true condition`,
      "status.completionTime: Required value: completionTime is required for Complete jobs",
    ],
    [
      {},
      { startTime },
      { startTime, completionTime },
      `status.completionTime: Invalid value: "${completionTime}": cannot set completionTime when there is no Complete=True condition`,
    ],
    [
      {},
      { startTime: completionTime },
      { ...complete, startTime: completionTime, completionTime: startTime },
      `status.completionTime: Invalid value: "${startTime}": must be equal to or after \`startTime\``,
    ],
    [
      {},
      {},
      {
        ...complete,
        startTime: undefined,
        active: 1,
        terminating: 1,
        uncountedTerminatedPods: { failed: ["a"] },
      },
      "status.active: Invalid value: 1: active>0 is invalid for finished job",
      "status.startTime: Required value: startTime is required for finished job",
      'status.uncountedTerminatedPods: Invalid value: {"failed":["a"]}: must be empty for finished job',
      "status.terminating: Invalid value: 1: terminating>0 is invalid for finished job",
    ],
    [
      {},
      {},
      { ready: 1 },
      "status.ready: Invalid value: 1: cannot set more ready pods than active",
    ],
    [
      {},
      {},
      { completedIndexes: "0", failedIndexes: "1" },
      'status.completedIndexes: Invalid value: "0": cannot set non-empty completedIndexes when non-indexed completion mode',
      'status.failedIndexes: Invalid value: "1": cannot set non-null failedIndexes when backoffLimitPerIndex is null',
      'status.failedIndexes: Invalid value: "1": error parsing failedIndexes: too large index: "1"',
    ].slice(0, 5) as [object, object, object, ...string[]],
    [
      { ...indexed, backoffLimitPerIndex: 1 },
      {},
      { completedIndexes: "0-3", failedIndexes: "3,5" },
      'status.failedIndexes: Invalid value: "3,5": error parsing failedIndexes: too large index: "5"',
      'status.failedIndexes: Invalid value: "3,5": failedIndexes and completedIndexes overlap at index: 3',
    ],
    [
      { ...indexed, successPolicy: { rules: [{ succeededCount: 1 }] } },
      { ...condition("Complete"), startTime, completionTime },
      { ...condition("Complete"), startTime, completionTime, failed: 1 },
      `${at}: cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True`,
    ],
    [
      {},
      { ...complete, failed: 2, succeeded: 2 },
      { ...condition("SuccessCriteriaMet"), startTime, failed: 1, succeeded: 1 },
      `${at}: cannot disable the terminal Complete=True condition`,
      "status.failed: Invalid value: 1: cannot decrease the failed counter",
      "status.succeeded: Invalid value: 1: cannot decrease the succeeded counter",
    ],
    [
      {},
      complete,
      { ...complete, ...condition("Complete"), completionTime: "2026-01-01T02:00:00Z" },
      `${at}: cannot set Complete=True condition without the SuccessCriteriaMet=true condition`,
      'status.completionTime: Invalid value: "2026-01-01T02:00:00Z": field is immutable',
      `${at}: cannot disable the SuccessCriteriaMet=True condition`,
    ],
    [
      {},
      { startTime },
      {},
      "status.startTime: Required value: startTime cannot be removed for unsuspended job",
    ],
  ];
  for (const [spec, from, to, ...expected] of cases) deepEqual(problems(spec, from, to), expected);
});

test("an indexed job that is made smaller may have fewer successes", () => {
  const spec = { completionMode: "Indexed", completions: 2, parallelism: 2 };
  deepEqual(problems(spec, { startTime, succeeded: 3 }, { startTime, succeeded: 2 }), []);
});

test("a suspended job may lose its start", () => {
  deepEqual(problems({ suspend: true }, { startTime }, {}), []);
});

test("a job that is resumed starts anew, in the write that says so", () => {
  const suspended = { ...condition("Suspended"), startTime };
  const resumed = {
    conditions: [{ type: "Suspended", status: "False" }],
    startTime: completionTime,
  };
  deepEqual(problems({}, suspended, resumed), []);
  deepEqual(problems({}, suspended, { ...suspended, startTime: completionTime }), [
    "status.startTime: Required value: startTime cannot be removed for unsuspended job",
  ]);
});
