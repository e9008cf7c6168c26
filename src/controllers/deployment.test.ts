import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { Deployment, type DeploymentStatus } from "#api/apps/deployment.ts";
import { ReplicaSet } from "#api/apps/replicaset.ts";
import { Pod } from "#api/core/pod.ts";
import { ApiError } from "#api/errors.ts";
import type { ApiObject } from "#api/kind.ts";
import { deploymentController } from "./deployment.ts";
import { all, type Answer, made, one, testNow, told, viewOf } from "./runtime/testing.ts";
import type { Effect } from "./runtime/effects.ts";

const timeAgo = (seconds: number): string =>
  new Date(testNow - seconds * 1_000).toISOString().replace(".000", "");

interface Facts {
  readonly replicas?: number;
  readonly image?: string;
  readonly strategy?: object;
  readonly revision?: string;
  readonly paused?: boolean;
  readonly status?: Partial<DeploymentStatus>;
  readonly historyLimit?: number;
  readonly annotations?: Record<string, string>;
  readonly deadline?: number;
  readonly minReadySeconds?: number;
}

const template = (image: string, hash?: string): object => ({
  metadata: { labels: { app: "web", ...(hash ? { "pod-template-hash": hash } : {}) } },
  spec: { containers: [{ name: "c", image }] },
});

const progressing = (reason: string, updatedAgo = 10, status = "True") => ({
  type: "Progressing",
  status,
  reason,
  message: "m",
  lastUpdateTime: timeAgo(updatedAgo),
  lastTransitionTime: timeAgo(updatedAgo),
});

const web = (facts: Facts = {}): Deployment =>
  made(Deployment, {
    metadata: {
      name: "web",
      generation: 4,
      annotations: {
        ...(facts.revision ? { "deployment.kubernetes.io/revision": facts.revision } : {}),
        ...facts.annotations,
      },
    },
    spec: {
      replicas: facts.replicas ?? 10,
      selector: { matchLabels: { app: "web" } },
      template: template(facts.image ?? "new"),
      ...(facts.paused ? { paused: true } : {}),
      strategy: facts.strategy ?? rolling("25%", "25%"),
      ...(facts.historyLimit === undefined ? {} : { revisionHistoryLimit: facts.historyLimit }),
      progressDeadlineSeconds: facts.deadline ?? 600,
      ...(facts.minReadySeconds ? { minReadySeconds: facts.minReadySeconds } : {}),
    },
    status: facts.status ?? { conditions: [progressing("ReplicaSetUpdated")] },
  });

interface SetFacts {
  readonly size: number;
  readonly available?: number;
  readonly actual?: number;
  readonly image?: string;
  readonly revision?: number;
  readonly desired?: number;
  readonly max?: number;
  readonly createdAgo?: number;
  readonly history?: string;
  readonly note?: string;
  readonly condition?: object;
}

function setStatusOf({ size, actual = size, available = actual, condition }: SetFacts): object {
  return {
    replicas: actual,
    availableReplicas: available,
    readyReplicas: available,
    observedGeneration: 1,
    terminatingReplicas: 0,
    ...(condition ? { conditions: [condition] } : {}),
  };
}

const set = (name: string, facts: SetFacts): ReplicaSet =>
  made(ReplicaSet, {
    metadata: {
      name: `web-${name}`,
      generation: 1,
      labels: { app: "web", "pod-template-hash": name },
      creationTimestamp: timeAgo(facts.createdAgo ?? 100),
      annotations: {
        "deployment.kubernetes.io/revision": String(facts.revision ?? 1),
        "deployment.kubernetes.io/desired-replicas": String(facts.desired ?? 10),
        "deployment.kubernetes.io/max-replicas": String(facts.max ?? 13),
        ...(facts.note ? { note: facts.note } : {}),
        ...(facts.history ? { "deployment.kubernetes.io/revision-history": facts.history } : {}),
      },
      ownerReferences: [
        {
          apiVersion: "apps/v1",
          kind: "Deployment",
          name: "web",
          uid: "uid-of-web",
          controller: true,
        },
      ],
    },
    spec: {
      replicas: facts.size,
      selector: { matchLabels: { app: "web", "pod-template-hash": name } },
      template: template(facts.image ?? name, name),
    },
    status: setStatusOf(facts),
  });

const current = (facts: Partial<SetFacts> = {}): ReplicaSet =>
  set("n", { size: 10, image: "new", revision: 2, createdAgo: 10, ...facts });

const old = (facts: Partial<SetFacts> = {}): ReplicaSet =>
  set("o", { size: 10, image: "old", revision: 1, ...facts });

const rolling = (maxSurge: number | string, maxUnavailable: number | string): object => ({
  type: "RollingUpdate",
  rollingUpdate: { maxSurge, maxUnavailable },
});

const effects = (deployment: Deployment, objects: readonly ApiObject[] = []): readonly Effect[] =>
  deploymentController.reconcile(deployment, viewOf([deployment, ...objects]));

/** The sizes that sets get, by name. */
const sizes = (deployment: Deployment, sets: readonly ReplicaSet[]): Record<string, number> =>
  Object.fromEntries(
    all(effects(deployment, sets), "update").map(({ object }) => [
      object.metadata.name?.replace("web-", ""),
      (object as ReplicaSet).spec.replicas ?? 1,
    ]),
  );

const statusOf = (
  deployment: Deployment,
  sets: readonly ReplicaSet[],
  answer?: Answer,
): DeploymentStatus =>
  all(effects(deployment, sets), "setStatus", answer).at(-1)?.status as DeploymentStatus;

const progressOf = (deployment: Deployment, sets: readonly ReplicaSet[]) => {
  const condition = statusOf(deployment, sets).conditions?.find(
    ({ type }) => type === "Progressing",
  );
  return condition && [condition.status, condition.reason, condition.message];
};

test("a new deployment gets a ReplicaSet of full size, named after its template", () => {
  const lines = told(effects(web({ status: {} })));
  const creation = one(effects(web({ status: {} })), "create");
  const { metadata, spec } = creation.object as ReplicaSet;
  const hash = metadata.labels?.["pod-template-hash"] ?? "";
  deepEqual(lines, [
    `create ReplicaSet web-${hash}`,
    `event Normal ScalingReplicaSet: Scaled up replica set web-${hash} from 0 to 10`,
    "setStatus Deployment web",
  ]);
  equal(metadata.name, `web-${hash}`);
  deepEqual(metadata.annotations, {
    "deployment.kubernetes.io/revision": "1",
    "deployment.kubernetes.io/desired-replicas": "10",
    "deployment.kubernetes.io/max-replicas": "13",
  });
  deepEqual(spec.selector?.matchLabels, { app: "web", "pod-template-hash": hash });
  equal(spec.template.metadata.labels?.["pod-template-hash"], hash);
  const [condition] = statusOf(web({ status: {} }), []).conditions ?? [];
  equal(condition?.message, `Created new replica set "web-${hash}"`);
  equal(condition?.reason, "NewReplicaSetCreated");
});

test("the hash names the template, whatever the order of its labels", () => {
  const nameOf = (deployment: Deployment): string | undefined =>
    (one(effects(deployment), "create").object as ReplicaSet | undefined)?.metadata.name;
  equal(nameOf(web()), nameOf(web({ replicas: 3 })));
  equal(nameOf(web()) === nameOf(web({ image: "other" })), false);
  equal(nameOf(web()) === nameOf(web({ status: { collisionCount: 1 } })), false);
});

test("a name that another set has counts as a collision", () => {
  const creation = one(effects(web({ status: {} })), "create");
  const name = (creation.object as ReplicaSet).metadata.name ?? "";
  const other = made(ReplicaSet, {
    ...old(),
    metadata: { name, labels: { app: "else" } },
  });
  const lines = told(effects(web({ status: {} }), [other]));
  deepEqual(lines, ["setStatus Deployment web"]);
  equal(statusOf(web({ status: {} }), [other]).collisionCount, 1);
});

test("a refused ReplicaSet is told and noted, and tried again", () => {
  const cause = new ApiError("Forbidden", "no room");
  const answer: Answer = (effect) => (effect.do === "create" ? { ok: false, cause } : { ok: true });
  const lines = told(effects(web({ status: {} })), answer);
  equal(lines[1]?.startsWith("event Warning ReplicaSetCreateError: Failed to create new"), true);
  deepEqual(lines.slice(2), ["setStatus Deployment web", "fail ApiError: no room"]);
});

test("a deployment that selects everything is told so", () => {
  const greedy = made(Deployment, {
    ...web(),
    spec: { ...web().spec, selector: {} },
  });
  deepEqual(told(effects(greedy)), [
    "event Warning SelectingAll: This deployment is selecting all pods. A non-empty selector is required.",
    "setStatus Deployment web",
  ]);
});

for (const [why, deployment, sets, expected] of [
  [
    "the new set starts with what surge leaves room for",
    web({ revision: "2", strategy: rolling(3, 2) }),
    [current({ size: 0 }), old()],
    { n: 3 },
  ],
  [
    "a full house waits for pods to become available",
    web({ revision: "2", strategy: rolling(3, 2) }),
    [current({ size: 5, available: 0 }), old({ size: 8 })],
    {},
  ],
  [
    "old pods go as far as enough stay available",
    web({ revision: "2", strategy: rolling(3, 2) }),
    [current({ size: 3, available: 0 }), old({ size: 10 })],
    { o: 8 },
  ],
  [
    "each available new pod frees an old one",
    web({ revision: "2", strategy: rolling(3, 2) }),
    [current({ size: 5, available: 3 }), old({ size: 8 })],
    { o: 5 },
  ],
  [
    "old pods that do not work go first",
    web({ revision: "2", strategy: rolling(3, 2) }),
    [current({ size: 3, available: 3 }), old({ size: 10, available: 4 })],
    { o: 5 },
  ],
  [
    "the new set grows as old pods go",
    web({ revision: "2", strategy: rolling(3, 2) }),
    [current({ size: 5, available: 5 }), old({ size: 5 })],
    { n: 8 },
  ],
  [
    "percentages round up for surge and down for unavailable",
    web({ revision: "2", replicas: 3, strategy: rolling("25%", "25%") }),
    [current({ size: 0, desired: 3 }), old({ size: 3, desired: 3 })],
    { n: 1 },
  ],
  [
    "without any room one pod may be unavailable",
    web({ revision: "2", replicas: 3, strategy: rolling(0, "10%") }),
    [current({ size: 0, desired: 3 }), old({ size: 3, desired: 3 })],
    { o: 2 },
  ],
  [
    "Recreate takes every old pod first",
    web({ revision: "2", strategy: { type: "Recreate" } }),
    [current({ size: 0 }), old()],
    { o: 0 },
  ],
  [
    "Recreate starts the new ones when no old pod is left",
    web({ revision: "2", strategy: { type: "Recreate" } }),
    [current({ size: 0 }), old({ size: 0 })],
    { n: 10 },
  ],
  [
    "Recreate waits for old pods that are still counted",
    web({ revision: "2", strategy: { type: "Recreate" } }),
    [current({ size: 0 }), old({ size: 0, actual: 2 })],
    {},
  ],
] as const) {
  test(`rollout: ${why}`, () => deepEqual(sizes(deployment, sets), expected));
}

for (const [why, replicas, sets, expected] of [
  ["one active set takes it all", 20, [current({ size: 10 })], { n: 20 }],
  [
    "a saturated new set leaves nothing to the old ones",
    10,
    [current({ size: 10, desired: 10 }), old({ size: 2, desired: 12 })],
    { o: 0 },
  ],
  [
    "up in proportion, what rounding leaves to the largest",
    20,
    [current({ size: 3, available: 0 }), old({ size: 10 })],
    { n: 5, o: 18 },
  ],
  [
    "down in proportion",
    5,
    [current({ size: 3, available: 0 }), old({ size: 10 })],
    { n: 2, o: 6 },
  ],
  ["to nothing", 0, [current({ size: 3, available: 0 }), old({ size: 10 })], { n: 0, o: 0 }],
  [
    "sets that were scaled when it had no size are measured by what there is",
    20,
    [current({ size: 3, available: 0, max: 0 }), old({ size: 10, max: 0 })],
    { n: 5, o: 18 },
  ],
] as const) {
  test(`scaling in the middle of a rollout: ${why}`, () => {
    const status = { replicas: 13, conditions: [progressing("ReplicaSetUpdated")] };
    const deployment = web({ revision: "2", replicas, strategy: rolling(3, 2), status });
    deepEqual(sizes(deployment, sets), expected);
  });
}

test("a scaled set remembers for which size of the deployment that was", () => {
  const deployment = web({ revision: "2", replicas: 20, strategy: rolling(3, 2) });
  const scaled = one(effects(deployment, [current()]), "update");
  equal(scaled.object.metadata.annotations?.["deployment.kubernetes.io/desired-replicas"], "20");
  equal(scaled.object.metadata.annotations?.["deployment.kubernetes.io/max-replicas"], "23");
  deepEqual(
    told(effects(deployment, [current()])).filter((line) => line.startsWith("event")),
    ["event Normal ScalingReplicaSet: Scaled up replica set web-n from 10 to 20"],
  );
});

test("the set's revision and the deployment's annotations are copied before anything else", () => {
  const deployment = web({
    annotations: { note: "hello", "kubectl.kubernetes.io/last-applied-configuration": "{}" },
  });
  const sets = [current({ revision: 1 }), old({ revision: 3 })];
  equal(all(effects(deployment, sets), "update").length, 1);
  const synced = one(effects(deployment, sets), "update");
  deepEqual(synced.object.metadata.annotations, {
    "deployment.kubernetes.io/revision": "4",
    "deployment.kubernetes.io/revision-history": "1",
    "deployment.kubernetes.io/desired-replicas": "10",
    "deployment.kubernetes.io/max-replicas": "13",
    note: "hello",
  });
});

test("a set that is rolled back to more than once remembers all its revisions", () => {
  const sets = [current({ revision: 3, history: "1" }), old({ revision: 4 })];
  const synced = one(effects(web(), sets), "update");
  equal(synced.object.metadata.annotations?.["deployment.kubernetes.io/revision-history"], "1,3");
  equal(synced.object.metadata.annotations?.["deployment.kubernetes.io/revision"], "5");
});

test("the deployment shows the revision of its current set", () => {
  const update = one(effects(web({ revision: "1" }), [current()]), "update");
  equal(update.kind, Deployment);
  equal(update.object.metadata.annotations?.["deployment.kubernetes.io/revision"], "2");
});

test("a changed minReadySeconds reaches the set", () => {
  const update = one(effects(web({ revision: "2", minReadySeconds: 7 }), [current()]), "update");
  equal((update.object as ReplicaSet).spec.minReadySeconds, 7);
});

test("a paused deployment notes it and rolls nothing", () => {
  const paused = web({ revision: "2", paused: true });
  deepEqual(progressOf(paused, [current(), old()]), [
    "Unknown",
    "DeploymentPaused",
    "Deployment is paused",
  ]);
  const noted = web({
    revision: "2",
    paused: true,
    status: { conditions: [progressing("DeploymentPaused", 10, "Unknown")] },
  });
  deepEqual(sizes(noted, [current({ size: 0 }), old()]), {});
  deepEqual(told(effects(noted, [current({ size: 0 }), old()])), ["setStatus Deployment web"]);
});

test("a paused deployment without a set of its template does not make one", () => {
  const noted = web({
    paused: true,
    status: { conditions: [progressing("DeploymentPaused", 10, "Unknown")] },
  });
  deepEqual(all(effects(noted, [old()]), "create"), []);
});

const rollbackTo = "deprecated.deployment.rollback.to";

const noted = [
  current({ revision: 9, note: "new" }),
  old({ note: "old" }),
  set("x", { size: 0, revision: 7, note: "x" }),
];
const backTo = (revision: number): readonly string[] => [
  "update Deployment web",
  `event Normal DeploymentRollback: Rolled back deployment "web" to revision ${revision}`,
];
const refused = (message: string): readonly string[] => [
  `event Warning DeploymentRollback${message}`,
  "update Deployment web",
];

for (const [why, to, sets, lines, image] of [
  ["to the revision before", "0", noted, backTo(7), "x"],
  ["to the one that it names", "1", noted, backTo(1), "old"],
  [
    "to what it is already, which is told",
    "9",
    noted,
    refused(
      'TemplateUnchanged: The rollback revision contains the same template as current deployment "web"',
    ),
    "new",
  ],
  [
    "to one that never was, which is told",
    "5",
    noted,
    refused("RevisionNotFound: Unable to find the revision to rollback to."),
    "new",
  ],
  [
    "with nothing before it, which is told",
    "0",
    noted.slice(0, 1),
    refused("RevisionNotFound: Unable to find last revision."),
    "new",
  ],
] as const) {
  test(`the annotation of early versions takes a deployment back ${why}`, () => {
    const deployment = web({ revision: "9", annotations: { [rollbackTo]: to, note: "new" } });
    const done = effects(deployment, sets);
    deepEqual(told(done), lines);
    const { metadata, spec } = one(done, "update").object as Deployment;
    deepEqual(metadata.annotations, { "deployment.kubernetes.io/revision": "9", note: image });
    equal(spec.template.spec.containers[0]?.image, image);
    deepEqual(spec.template.metadata.labels, { app: "web" });
  });
}

test("a deployment that is paused goes back when it is resumed, and keeps its history until then", () => {
  const paused = web({
    revision: "2",
    paused: true,
    historyLimit: 0,
    annotations: { [rollbackTo]: "1" },
    status: { conditions: [progressing("DeploymentPaused", 10, "Unknown")] },
  });
  const sets = [current(), old({ size: 0 })];
  deepEqual(told(effects(paused, sets)), ["setStatus Deployment web"]);
  const { [rollbackTo]: _asked, ...annotations } = paused.metadata.annotations ?? {};
  const settled = { ...paused, metadata: { ...paused.metadata, annotations } };
  deepEqual(told(effects(settled, sets)), ["delete ReplicaSet web-o", "setStatus Deployment web"]);
});

test("resuming is noted", () => {
  const resumed = web({
    revision: "2",
    status: { conditions: [progressing("DeploymentPaused", 10, "Unknown")] },
  });
  deepEqual(progressOf(resumed, [current()]), [
    "Unknown",
    "DeploymentResumed",
    "Deployment is resumed",
  ]);
});

test("progress is reported as it happens", () => {
  const before = { replicas: 12, updatedReplicas: 2, availableReplicas: 10, readyReplicas: 10 };
  const deployment = web({
    revision: "2",
    strategy: rolling(3, 2),
    status: { ...before, conditions: [progressing("ReplicaSetUpdated", 400)] },
  });
  const sets = [current({ size: 5, available: 3 }), old({ size: 8 })];
  deepEqual(progressOf(deployment, sets), [
    "True",
    "ReplicaSetUpdated",
    'ReplicaSet "web-n" is progressing.',
  ]);
  const condition = statusOf(deployment, sets).conditions?.at(-1);
  equal(condition?.lastUpdateTime, timeAgo(0));
  equal(condition?.lastTransitionTime, timeAgo(400));
});

test("a complete rollout says so once", () => {
  const deployment = web({ revision: "2" });
  deepEqual(progressOf(deployment, [current(), old({ size: 0 })]), [
    "True",
    "NewReplicaSetAvailable",
    'ReplicaSet "web-n" has successfully progressed.',
  ]);
});

const stuck = (updatedAgo: number): Deployment =>
  web({
    revision: "2",
    deadline: 60,
    strategy: rolling(3, 2),
    status: {
      replicas: 13,
      updatedReplicas: 5,
      availableReplicas: 8,
      readyReplicas: 8,
      unavailableReplicas: 5,
      observedGeneration: 4,
      terminatingReplicas: 0,
      conditions: [progressing("ReplicaSetUpdated", updatedAgo)],
    },
  });

test("a rollout without progress is looked at again when its deadline is over", () => {
  const sets = [current({ size: 5, available: 0 }), old({ size: 8 })];
  deepEqual(told(effects(stuck(20), sets)), ["setStatus Deployment web", "wakeIn 41s"]);
});

test("a rollout without progress for too long has timed out", () => {
  const sets = [current({ size: 5, available: 0 }), old({ size: 8 })];
  deepEqual(progressOf(stuck(61), sets), [
    "False",
    "ProgressDeadlineExceeded",
    'ReplicaSet "web-n" has timed out progressing.',
  ]);
});

test("availability follows maxUnavailable", () => {
  const availability = (available: number) =>
    statusOf(web({ revision: "2", strategy: rolling(0, 2) }), [
      current({ available }),
    ]).conditions?.find(({ type }) => type === "Available");
  equal(availability(8)?.status, "True");
  equal(availability(8)?.message, "Deployment has minimum availability.");
  equal(availability(7)?.status, "False");
  equal(availability(7)?.reason, "MinimumReplicasUnavailable");
});

test("a set's failure shows on the deployment", () => {
  const failure = {
    type: "ReplicaFailure",
    status: "True",
    reason: "FailedCreate",
    message: "quota",
    lastTransitionTime: timeAgo(5),
  };
  const status = statusOf(web({ revision: "2" }), [current({ available: 0, condition: failure })]);
  equal(status.conditions?.find(({ type }) => type === "ReplicaFailure")?.message, "quota");
});

test("old sets beyond the history limit go when all is well, the oldest revisions first", () => {
  const settled = {
    replicas: 10,
    updatedReplicas: 10,
    availableReplicas: 10,
    observedGeneration: 4,
    conditions: [progressing("NewReplicaSetAvailable")],
  };
  const deployment = web({ revision: "9", historyLimit: 1, status: settled });
  const sets = [
    current({ revision: 9 }),
    set("a", { size: 0, revision: 7 }),
    set("b", { size: 0, revision: 8 }),
    set("c", { size: 0, revision: 3 }),
  ];
  const deleted = all(effects(deployment, sets), "delete").map(
    ({ object }) => object.metadata.name,
  );
  deepEqual(deleted, ["web-c", "web-a"]);
});

test("Recreate waits for the last old pod, even when its set no longer counts it", () => {
  const deployment = web({ revision: "2", strategy: { type: "Recreate" } });
  const sets = [current({ size: 0 }), old({ size: 0 })];
  const pod = made(Pod, {
    metadata: {
      name: "late",
      ownerReferences: [
        {
          apiVersion: "apps/v1",
          kind: "ReplicaSet",
          name: "web-o",
          uid: "uid-of-web-o",
          controller: true,
        },
      ],
    },
    spec: { containers: [{ name: "c", image: "old" }] },
    status: { phase: "Running" },
  });
  deepEqual(all(effects(deployment, [...sets, pod]), "update"), []);
});
