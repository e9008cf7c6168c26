import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { ReplicaSet } from "#api/apps/replicaset.ts";
import { Pod } from "#api/core/pod.ts";
import { ApiError } from "#api/errors.ts";
import { replicasetController } from "./replicaset.ts";
import { made, one, type Answer, testNow, told, viewOf } from "./runtime/testing.ts";

const web = (replicas: number, more: { minReadySeconds?: number } = {}): ReplicaSet =>
  made(ReplicaSet, {
    metadata: { name: "web", generation: 3 },
    spec: {
      replicas,
      ...more,
      selector: { matchLabels: { app: "web" } },
      template: {
        metadata: { labels: { app: "web", tier: "front" }, annotations: { note: "x" } },
        spec: { containers: [{ name: "c", image: "nginx" }] },
      },
    },
  });

const owner = {
  apiVersion: "apps/v1",
  kind: "ReplicaSet",
  name: "web",
  uid: "uid-of-web",
  controller: true,
  blockOwnerDeletion: true,
};

interface Facts {
  readonly node?: string;
  readonly phase?: "Pending" | "Running" | "Succeeded";
  readonly readyAgo?: number;
  readonly createdAgo?: number;
  readonly restarts?: number;
  readonly cost?: string;
  readonly labels?: Record<string, string>;
  readonly isOrphan?: boolean;
  readonly isTerminating?: boolean;
}

const timeAgo = (seconds: number): string => new Date(testNow - seconds * 1_000).toISOString();

const pod = (name: string, facts: Facts = {}): Pod =>
  made(Pod, {
    metadata: {
      name,
      labels: facts.labels ?? { app: "web", tier: "front" },
      creationTimestamp: timeAgo(facts.createdAgo ?? 1_000),
      ...(facts.isOrphan ? {} : { ownerReferences: [owner] }),
      ...(facts.isTerminating ? { deletionTimestamp: timeAgo(1) } : {}),
      ...(facts.cost
        ? { annotations: { "controller.kubernetes.io/pod-deletion-cost": facts.cost } }
        : {}),
    },
    spec: {
      containers: [{ name: "c", image: "nginx" }],
      ...(facts.node ? { nodeName: facts.node } : {}),
    },
    status: {
      phase: facts.phase ?? "Running",
      ...(facts.readyAgo === undefined
        ? {}
        : {
            conditions: [
              { type: "Ready", status: "True", lastTransitionTime: timeAgo(facts.readyAgo) },
            ],
          }),
      containerStatuses: [
        {
          name: "c",
          ready: true,
          restartCount: facts.restarts ?? 0,
          image: "nginx",
          imageID: "",
        },
      ],
    },
  });

const reconcile = (set: ReplicaSet, pods: readonly Pod[], answer?: Answer): string[] =>
  told(replicasetController.reconcile(set, viewOf([set, ...pods])), answer);

const statusOf = (set: ReplicaSet, pods: readonly Pod[], answer?: Answer): unknown =>
  one(replicasetController.reconcile(set, viewOf([set, ...pods])), "setStatus", answer).status;

test("creates what is missing and says so", () => {
  const answer: Answer = () => ({ ok: true, found: pod("web-abc12") });
  deepEqual(reconcile(web(2), [pod("a")], answer), [
    "create Pod web-*",
    "event Normal SuccessfulCreate: Created pod: web-abc12",
    "setStatus ReplicaSet web",
  ]);
});

test("a pod is made from the template and owned by its set", () => {
  const creation = one(replicasetController.reconcile(web(1), viewOf([])), "create");
  deepEqual(creation.object, {
    metadata: {
      generateName: "web-",
      namespace: "default",
      labels: { app: "web", tier: "front" },
      annotations: { note: "x" },
      finalizers: undefined,
      ownerReferences: [owner],
    },
    spec: web(1).spec.template.spec,
  });
});

test("a refused creation is told, kept in the status, and tried again", () => {
  const quota = new ApiError("Forbidden", "exceeded quota: small");
  const answer: Answer = (effect) =>
    effect.do === "create" ? { ok: false, cause: quota } : { ok: true };
  deepEqual(reconcile(web(1), [], answer), [
    "create Pod web-*",
    "event Warning FailedCreate: Error creating: exceeded quota: small",
    "setStatus ReplicaSet web",
    "fail ApiError: exceeded quota: small",
  ]);
  deepEqual((statusOf(web(1), [], answer) as ReplicaSet["status"]).conditions, [
    {
      type: "ReplicaFailure",
      status: "True",
      reason: "FailedCreate",
      message: "exceeded quota: small",
      lastTransitionTime: "2030-01-01T00:00:00Z",
    },
  ]);
});

test("what was skipped after a refusal is not told", () => {
  const cause = new ApiError("Forbidden", "no");
  let asked = 0;
  const answer: Answer = (effect) =>
    effect.do === "create" && asked++ > 0
      ? { ok: false, cause, isSkipped: true }
      : { ok: false, cause };
  const events = reconcile(web(3), [], answer).filter((line) => line.startsWith("event"));
  equal(events.length, 1);
});

test("in a namespace that is going away nobody complains", () => {
  const cause = new ApiError("Forbidden", "is being terminated", {
    details: { causes: [{ reason: "NamespaceTerminating" }] },
  });
  const answer: Answer = (effect) => (effect.do === "create" ? { ok: false, cause } : { ok: true });
  deepEqual(reconcile(web(1), [], answer), ["create Pod web-*", "setStatus ReplicaSet web"]);
});

test("a set that is being deleted neither adds nor removes pods", () => {
  const set = web(3);
  const going = { ...set, metadata: { ...set.metadata, deletionTimestamp: timeAgo(1) } };
  deepEqual(reconcile(going, [pod("a")]), ["setStatus ReplicaSet web"]);
});

test("deleted pods are told by name", () => {
  deepEqual(reconcile(web(0), [pod("a")]), [
    "delete Pod a",
    "event Normal SuccessfulDelete: Deleted pod: a",
    "setStatus ReplicaSet web",
  ]);
});

for (const [why, first, second] of [
  ["pods without a node", pod("x"), pod("y", { node: "n" })],
  ["pending ones", pod("x", { node: "n", phase: "Pending" }), pod("y", { node: "n" })],
  ["those that are not ready", pod("x", { node: "n" }), pod("y", { node: "n", readyAgo: 5 })],
  [
    "the cheapest ones, before those ready for a short time",
    pod("x", { node: "n", readyAgo: 900, cost: "-5" }),
    pod("y", { node: "n", readyAgo: 1, cost: "3" }),
  ],
  [
    "those ready for a much shorter time",
    pod("x", { node: "n", readyAgo: 2 }),
    pod("y", { node: "n", readyAgo: 900 }),
  ],
  [
    "those that restart most",
    pod("x", { node: "n", readyAgo: 5, restarts: 7 }),
    pod("y", { node: "n", readyAgo: 5, restarts: 1 }),
  ],
  [
    "the much younger ones",
    pod("x", { node: "n", readyAgo: 5, createdAgo: 6 }),
    pod("y", { node: "n", readyAgo: 5, createdAgo: 90_000 }),
  ],
] as const) {
  test(`scaling down takes ${why}`, () => {
    equal(reconcile(web(1), [second, first])[0], "delete Pod x");
    equal(reconcile(web(1), [first, second])[0], "delete Pod x");
  });
}

test("scaling down takes pods from the node that has most of them", () => {
  const pods = [
    pod("alone", { node: "a", readyAgo: 5 }),
    pod("crowded-1", { node: "b", readyAgo: 5 }),
    pod("crowded-2", { node: "b", readyAgo: 5 }),
  ];
  const [deleted] = reconcile(web(2), pods);
  equal(deleted?.startsWith("delete Pod crowded"), true);
});

test("the status counts what is ready, available, labelled and leaving", () => {
  const pods = [
    pod("a", { readyAgo: 100 }),
    pod("b", { readyAgo: 5 }),
    pod("c", { labels: { app: "web" } }),
    pod("d", { isTerminating: true }),
    pod("e", { phase: "Succeeded" }),
  ];
  const status = statusOf(web(3, { minReadySeconds: 30 }), pods);
  deepEqual(status, {
    replicas: 3,
    fullyLabeledReplicas: 2,
    readyReplicas: 2,
    availableReplicas: 1,
    terminatingReplicas: 1,
    observedGeneration: 3,
    conditions: [],
  });
});

test("a look is due when the next pod becomes available", () => {
  const lines = reconcile(web(1, { minReadySeconds: 30 }), [pod("a", { readyAgo: 5 })]);
  deepEqual(lines, ["setStatus ReplicaSet web", "wakeIn 25s"]);
});

test("an orphan that matches is adopted, after asking whether the set is still there", () => {
  const set = web(1);
  const orphan = pod("stray", { isOrphan: true });
  const stays: Answer = (effect) => ({ ok: true, found: effect.do === "fetch" ? set : orphan });
  deepEqual(reconcile(set, [orphan], stays), ["fetch ReplicaSet web", "patch Pod stray"]);
  const goes: Answer = () => ({
    ok: true,
    found: { ...set, metadata: { ...set.metadata, deletionTimestamp: timeAgo(1) } },
  });
  deepEqual(reconcile(set, [orphan], goes), ["fetch ReplicaSet web"]);
});

test("a pod that no longer matches is let go before anything else", () => {
  const stray = pod("stray", { labels: { app: "other" } });
  const release = one(replicasetController.reconcile(web(1), viewOf([stray])), "patch");
  deepEqual(release.patch, {
    is: "strategic",
    change: {
      metadata: {
        uid: "uid-of-stray",
        ownerReferences: [{ $patch: "delete", uid: "uid-of-web" }],
      },
    },
  });
});
