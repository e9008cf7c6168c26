import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { cellsOf, changeProblems, draftFrom, objectFrom, problemsOf } from "#api/testing.ts";
import { Job } from "./job.ts";

const container = { name: "main", image: "busybox" };
const template = (change: object = {}, metadata: object = {}) => ({
  metadata,
  spec: { restartPolicy: "Never", containers: [container], ...change },
});
const metadata = { name: "pi", namespace: "default", uid: "u1" };
const job = (spec: object = {}, status: object = {}) => ({
  metadata,
  spec: { template: template(), ...spec },
  status,
});
const indexed = (spec: object) => job({ completionMode: "Indexed", completions: 3, ...spec });

test("a job has defaults", () => {
  const { spec, metadata: made } = draftFrom(Job, {
    metadata,
    spec: { template: template({}, { labels: { app: "pi" } }) },
  });
  const { template: _template, ...rest } = spec;
  deepEqual(rest, {
    parallelism: 1,
    completions: 1,
    backoffLimit: 6,
    manualSelector: false,
    completionMode: "NonIndexed",
    suspend: false,
    podReplacementPolicy: "TerminatingOrFailed",
  });
  deepEqual(made.labels, { app: "pi" });
  equal(draftFrom(Job, job({ parallelism: 3 })).spec.completions, undefined);
  equal(draftFrom(Job, job({ completions: 3 })).spec.parallelism, 1);
  equal(draftFrom(Job, job({ backoffLimitPerIndex: 1 })).spec.backoffLimit, 2147483647);
  const onPodConditions = [{ type: "DisruptionTarget" }];
  const podFailurePolicy = { rules: [{ action: "Ignore", onPodConditions }] };
  const policed = draftFrom(Job, job({ podFailurePolicy })).spec;
  equal(policed.podReplacementPolicy, "Failed");
  equal(policed.podFailurePolicy?.rules[0]?.onPodConditions?.[0]?.status, "True");
});

test("the selector and its labels are made up, unless the user makes them", () => {
  const { spec } = objectFrom(Job, job());
  deepEqual(spec.selector, { matchLabels: { "batch.kubernetes.io/controller-uid": "u1" } });
  deepEqual(spec.template.metadata.labels, {
    "batch.kubernetes.io/controller-uid": "u1",
    "batch.kubernetes.io/job-name": "pi",
    "controller-uid": "u1",
    "job-name": "pi",
  });
  const selector = { matchLabels: { mine: "yes" } };
  const own = template({}, { labels: { mine: "yes" } });
  const manual = job({ manualSelector: true, selector, template: own });
  deepEqual(objectFrom(Job, manual).spec.selector, selector);
  deepEqual(problemsOf(Job, manual), []);
});

test("labels that contradict the made-up ones are refused", () => {
  const labels = { "job-name": "other" };
  const [problem = "", ...more] = problemsOf(Job, job({ template: template({}, { labels }) }));
  ok(problem.startsWith("spec.template.metadata.labels[job-name]: Invalid value: {"));
  ok(problem.endsWith(": must be 'pi'"));
  deepEqual(more, []);
  const selector = { matchLabels: { "batch.kubernetes.io/controller-uid": "u2" } };
  const lines = problemsOf(Job, job({ selector })).map((line) => line.replace(/\{.*\}/, "{…}"));
  deepEqual(lines, [
    "spec.selector: Invalid value: {…}: `selector` not auto-generated",
    "spec.template.metadata.labels: Invalid value: {…}: `selector` does not match template `labels`",
  ]);
});

const failing = (...rules: object[]) => indexed({ podFailurePolicy: { rules } });
const onExitCodes = { operator: "In", values: [1, 3] };
const succeeding = (...rules: object[]) => indexed({ successPolicy: { rules } });

test("good jobs are accepted", () => {
  const good = [
    job(),
    job({ template: template({ restartPolicy: "OnFailure" }) }),
    job({ managedBy: "acme.io/jobs", ttlSecondsAfterFinished: 0 }),
    indexed({ backoffLimitPerIndex: 1, maxFailedIndexes: 2 }),
    failing({ action: "FailJob", onExitCodes: { ...onExitCodes, containerName: "main" } }),
    succeeding({ succeededIndexes: "0,2", succeededCount: 1 }),
  ];
  for (const manifest of good) deepEqual(problemsOf(Job, manifest), []);
});

test("a job says what is wrong with it", () => {
  const cases: readonly [manifest: object, ...problems: string[]][] = [
    [
      job({ parallelism: -1, completions: -1, backoffLimit: -1, activeDeadlineSeconds: -1 }),
      "spec.parallelism: Invalid value: -1: must be greater than or equal to 0",
      "spec.completions: Invalid value: -1: must be greater than or equal to 0",
      "spec.activeDeadlineSeconds: Invalid value: -1: must be greater than or equal to 0",
      "spec.backoffLimit: Invalid value: -1: must be greater than or equal to 0",
    ],
    [
      job({ template: template({ restartPolicy: "Always" }) }),
      'spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"',
    ],
    [
      job({ managedBy: "me" }),
      'spec.managedBy: Invalid value: "me": must be a domain-prefixed path (such as "acme.io/foo")',
    ],
    [
      job({ backoffLimitPerIndex: 1, successPolicy: { rules: [] } }),
      "spec.backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode",
      'spec.successPolicy: Invalid value: {"rules":[]}: requires indexed completion mode',
    ],
    [
      job({ completionMode: "Indexed", parallelism: 100_001 }),
      "spec.completions: Required value: when completion mode is Indexed",
      "spec.parallelism: Invalid value: 100001: must be less than or equal to 100000 when completion mode is Indexed",
    ],
    [
      indexed({ maxFailedIndexes: 4 }),
      "spec.backoffLimitPerIndex: Required value: when maxFailedIndexes is specified",
      "spec.maxFailedIndexes: Invalid value: 4: must be less than or equal to completions",
    ],
    [
      indexed({ completions: 100_001, parallelism: 10_001, backoffLimitPerIndex: 1 }),
      "spec.maxFailedIndexes: Required value: must be specified when completions is above 100000",
      "spec.parallelism: Invalid value: 10001: must be less than or equal to 10000 when completions are above 100000 and used with backoff limit per index",
    ],
    [
      failing({ action: "Count" }),
      "spec.podFailurePolicy.rules[0]: Invalid value: specifying one of OnExitCodes and OnPodConditions is required",
    ],
    [
      failing({ action: "Count", onExitCodes, onPodConditions: [{ type: "A" }] }),
      "spec.podFailurePolicy.rules[0]: Invalid value: specifying both OnExitCodes and OnPodConditions is not supported",
    ],
    [
      failing({ action: "FailIndex", onExitCodes: { ...onExitCodes, containerName: "other" } }),
      'spec.podFailurePolicy.rules[0].action: Invalid value: "FailIndex": requires the backoffLimitPerIndex to be set',
      'spec.podFailurePolicy.rules[0].onExitCodes.containerName: Invalid value: "other": must be one of the container or initContainer names in the pod template',
    ],
    [
      failing({ action: "Count", onExitCodes: { operator: "In", values: [3, 0, 3] } }),
      "spec.podFailurePolicy.rules[0].onExitCodes.values[1]: Invalid value: 0: must not be 0 for the In operator",
      "spec.podFailurePolicy.rules[0].onExitCodes.values[2]: Duplicate value: 3",
      "spec.podFailurePolicy.rules[0].onExitCodes.values: Invalid value: [3,0,3]: must be ordered",
    ],
    [
      failing({ action: "Count", onExitCodes: { operator: "In", values: [] } }),
      "spec.podFailurePolicy.rules[0].onExitCodes.values: Invalid value: []: at least one value is required",
    ],
    [
      failing({ action: "", onExitCodes: { operator: "", values: [1] } }),
      'spec.podFailurePolicy.rules[0].action: Required value: valid values: ["Count" "FailIndex" "FailJob" "Ignore"]',
      'spec.podFailurePolicy.rules[0].onExitCodes.operator: Required value: valid values: ["In" "NotIn"]',
    ],
    [
      failing({ action: "Wait", onExitCodes: { operator: "Near", values: [1] } }),
      'spec.podFailurePolicy.rules[0].action: Unsupported value: "Wait": supported values: "Count", "FailIndex", "FailJob", "Ignore"',
      'spec.podFailurePolicy.rules[0].onExitCodes.operator: Unsupported value: "Near": supported values: "In", "NotIn"',
    ],
    [
      failing({ action: "Count", onPodConditions: [{ type: "A", status: "Maybe" }] }),
      'spec.podFailurePolicy.rules[0].onPodConditions[0].status: Unsupported value: "Maybe": supported values: "False", "True", "Unknown"',
    ],
    [
      indexed({
        podFailurePolicy: { rules: [{ action: "Count", onExitCodes }] },
        podReplacementPolicy: "TerminatingOrFailed",
        template: template({ restartPolicy: "OnFailure" }),
      }),
      'spec.podReplacementPolicy: Unsupported value: "TerminatingOrFailed": supported values: "Failed"',
      'spec.template.spec.restartPolicy: Invalid value: "OnFailure": only "Never" is supported when podFailurePolicy is specified',
    ],
    [
      succeeding(),
      "spec.successPolicy.rules: Required value: at least one rules must be specified when the successPolicy is specified",
    ],
    [
      succeeding({}),
      "spec.successPolicy.rules[0]: Required value: at least one of succeededCount or succeededIndexes must be specified",
    ],
    [
      succeeding({ succeededIndexes: "3" }),
      'spec.successPolicy.rules[0].succeededIndexes: Invalid value: "3": error parsing succeededIndexes: too large index: "3"',
    ],
    [
      succeeding({ succeededCount: 4 }, { succeededCount: 2, succeededIndexes: "0" }),
      "spec.successPolicy.rules[0].succeededCount: Invalid value: 4: must be less than or equal to 3 (the number of specified completions)",
      "spec.successPolicy.rules[1].succeededCount: Invalid value: 2: must be less than or equal to 1 (the number of indexes in the specified succeededIndexes field)",
    ],
    [
      { ...indexed({}), metadata: { ...metadata, name: "p.i" } },
      'metadata.name: Invalid value: "p.i": will not able to create pod with invalid DNS label: p.i-2',
    ],
  ];
  for (const [manifest, ...problems] of cases) deepEqual(problemsOf(Job, manifest), problems);
});

test("the template of a job stays, but where its pods go may change while it waits", () => {
  const labels = objectFrom(Job, job()).spec.template.metadata.labels;
  const selector = objectFrom(Job, job()).spec.selector;
  const changed = (spec: object, change: object, status: object = {}) =>
    changeProblems(Job, {
      from: job(spec, status),
      to: job({ ...spec, selector, template: template(change, { labels }) }, status),
    }).map((line) => line.replace(/\{.*\}/, "{…}"));
  const immutable = ["spec.template: Invalid value: {…}: field is immutable"];
  deepEqual(changed({}, {}), []);
  deepEqual(changed({}, { nodeSelector: { a: "b" } }), immutable);
  deepEqual(changed({ suspend: true }, { nodeSelector: { a: "b" } }), []);
  const tolerations = [{ operator: "Exists" }];
  deepEqual(changed({ suspend: true }, { tolerations, schedulingGates: [{ name: "a" }] }), []);
  const resources = { requests: { cpu: "1" } };
  deepEqual(changed({ suspend: true }, { containers: [{ ...container, resources }] }), []);
  const immutableSpec = ["spec.template.spec: Invalid value: {…}: field is immutable"];
  deepEqual(
    changed({ suspend: true }, { containers: [{ ...container, image: "x" }] }),
    immutableSpec,
  );
  const started = { startTime: "2026-01-01T00:00:00Z" };
  deepEqual(changed({ suspend: true }, { nodeSelector: { a: "b" } }, started), immutableSpec);
});

test("only the affinity to nodes may change", () => {
  const { selector, template: made } = objectFrom(Job, job({ suspend: true })).spec;
  const { labels } = made.metadata;
  const term = { matchExpressions: [{ key: "a", operator: "Exists" }] };
  const nodeAffinity = {
    requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [term] },
  };
  const podAffinity = {
    requiredDuringSchedulingIgnoredDuringExecution: [
      { topologyKey: "zone", labelSelector: { matchLabels: { a: "b" } } },
    ],
  };
  const withAffinity = (affinity: object | undefined) =>
    job({ suspend: true, selector, template: template({ affinity }, { labels }) });
  const change = (from?: object, to?: object) =>
    changeProblems(Job, { from: withAffinity(from), to: withAffinity(to) }).length;
  equal(change(undefined, { nodeAffinity }), 0);
  equal(change({ nodeAffinity }, undefined), 0);
  equal(change({ podAffinity }, { podAffinity, nodeAffinity }), 0);
  equal(change(undefined, { podAffinity }), 1);
  equal(change({ podAffinity, nodeAffinity }, undefined), 1);
});

test("completions change only with the parallelism, and only of indexed jobs", () => {
  const change = (from: object, to: object) => {
    const { selector, template: made } = objectFrom(Job, from).spec;
    const next = draftFrom(Job, to);
    return changeProblems(Job, {
      from,
      to: { ...next, spec: { ...next.spec, selector, template: made } },
    });
  };
  deepEqual(change(job({ completions: 2 }), job({ completions: 3 })), [
    "spec.completions: Invalid value: 3: field is immutable",
  ]);
  deepEqual(change(indexed({}), indexed({ completions: 5, parallelism: 5 })), []);
  deepEqual(change(indexed({}), indexed({ completions: 5, parallelism: 4 })), [
    "spec.completions: Invalid value: 5: can only be modified in tandem with spec.parallelism",
  ]);
  deepEqual(change(indexed({}), job({ completions: 3, managedBy: "a.b/c" })), [
    'spec.completionMode: Invalid value: "NonIndexed": field is immutable',
    'spec.managedBy: Invalid value: "a.b/c": field is immutable',
  ]);
});

test("columns tell how far the job is", () => {
  const now = Date.parse("2026-01-01T01:00:00Z");
  const startTime = "2026-01-01T00:00:00Z";
  const cells = (spec: object, status: object) => cellsOf(Job, job(spec, status), now);
  const running = cells({ completions: 3 }, { startTime, succeeded: 1 });
  equal(running["Status"], "Running");
  equal(running["Completions"], "1/3");
  equal(running["Duration"], "60m");
  equal(running["Containers"], "main");
  equal(running["Images"], "busybox");
  equal(running["Selector"], "batch.kubernetes.io/controller-uid=u1");
  equal(cells({ parallelism: 2 }, {})["Completions"], "0/1 of 2");
  equal(cells({ parallelism: 1 }, {})["Completions"], "0/1");
  equal(cells({}, {})["Duration"], "");
  const conditions = [
    { type: "Suspended", status: "True" },
    { type: "Failed", status: "True" },
  ];
  equal(cells({}, { conditions })["Status"], "Failed");
  equal(cells({}, { conditions: conditions.slice(0, 1) })["Status"], "Suspended");
  const done = { startTime, completionTime: "2026-01-01T00:05:30Z" };
  equal(cells({}, done)["Duration"], "5m30s");
  equal(Job.selectableFields?.["status.successful"]?.(objectFrom(Job, job())), "0");
});

test("names that pods cannot have are warned of, on the first write", () => {
  const named = objectFrom(Job, { ...job(), metadata: { ...metadata, name: "p.i" } });
  const warnings = [...(Job.warnings?.(named) ?? [])];
  equal(warnings.length, 1);
  ok(
    warnings[0]?.startsWith(
      "metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: [",
    ),
  );
  deepEqual([...(Job.warnings?.(named, named) ?? [])], []);
});
