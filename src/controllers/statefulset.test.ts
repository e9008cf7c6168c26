import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { ControllerRevision } from "#api/apps/controllerrevision.ts";
import { StatefulSet } from "#api/apps/statefulset.ts";
import { PersistentVolumeClaim } from "#api/core/persistentvolumeclaim.ts";
import { Pod } from "#api/core/pod.ts";
import { ApiError } from "#api/errors.ts";
import type { ApiObject } from "#api/kind.ts";
import { all, type Answer, made, one, testNow, told, viewOf } from "./runtime/testing.ts";
import { statefulsetController } from "./statefulset.ts";

const claimTemplate = {
  metadata: { name: "data", labels: { tier: "disk" } },
  spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
};

const templateOf = (image: string): object => ({
  metadata: { labels: { app: "db" } },
  spec: { containers: [{ name: "c", image }] },
});

interface Facts {
  readonly spec?: object;
  readonly status?: object;
  readonly image?: string;
  readonly going?: true;
}

const db = (replicas: number, { spec, status, image = "db:1", going }: Facts = {}): StatefulSet =>
  made(StatefulSet, {
    metadata: {
      name: "db",
      generation: 3,
      ...(going ? { deletionTimestamp: new Date(testNow).toISOString() } : {}),
    },
    spec: {
      replicas,
      serviceName: "peers",
      selector: { matchLabels: { app: "db" } },
      template: templateOf(image),
      ...spec,
    },
    status,
  });

const owner = (kind: string, name: string) => ({
  apiVersion: kind === "Pod" ? "v1" : "apps/v1",
  kind,
  name,
  uid: `uid-of-${name}`,
  controller: true,
  blockOwnerDeletion: true,
});

const revisionOf = (image: string, revision: number): ControllerRevision =>
  made(ControllerRevision, {
    metadata: {
      name: `db-${image.replace(":", "-")}`,
      labels: { app: "db" },
      ownerReferences: [owner("StatefulSet", "db")],
    },
    data: { spec: { template: { ...templateOf(image), $patch: "replace" } } },
    revision,
  });

const first = revisionOf("db:1", 1);
const second = revisionOf("db:2", 2);

interface PodFacts {
  readonly image?: string;
  readonly state?: "ready" | "running" | "pending" | "failed" | "succeeded" | "going";
  readonly readyAgo?: number;
  readonly labels?: Record<string, string>;
  readonly claimed?: boolean;
}

const phases = { ready: "Running", running: "Running", going: "Running" } as const;

const timeAgo = (seconds: number): string => new Date(testNow - seconds * 1_000).toISOString();

function member(ordinal: number, facts: PodFacts = {}): Pod {
  const { image = "db:1", state = "ready", readyAgo = 100, claimed } = facts;
  const name = `db-${ordinal}`;
  const phase = { ...phases, pending: "Pending", failed: "Failed", succeeded: "Succeeded" }[state];
  const isReady = state === "ready" || state === "going";
  return made(Pod, {
    metadata: {
      name,
      labels: facts.labels ?? {
        app: "db",
        "statefulset.kubernetes.io/pod-name": name,
        "apps.kubernetes.io/pod-index": String(ordinal),
        "controller-revision-hash": `db-${image.replace(":", "-")}`,
      },
      ownerReferences: [owner("StatefulSet", "db")],
      ...(state === "going" ? { deletionTimestamp: timeAgo(1) } : {}),
    },
    spec: {
      containers: [{ name: "c", image }],
      volumes: claimed
        ? [{ name: "data", persistentVolumeClaim: { claimName: `data-${name}` } }]
        : [],
    },
    status: {
      phase,
      conditions: isReady
        ? [{ type: "Ready", status: "True", lastTransitionTime: timeAgo(readyAgo) }]
        : [],
    },
  });
}

const claimFor = (ordinal: number, ownerReferences: readonly object[] = []) =>
  made(PersistentVolumeClaim, {
    metadata: { name: `data-db-${ordinal}`, ownerReferences },
    spec: claimTemplate.spec,
  });

const decide = (set: StatefulSet, others: readonly ApiObject[], revisions = [first]) =>
  statefulsetController.reconcile(set, viewOf([set, ...revisions, ...others]));

/** Without the status, which is always last. */
const reconcile = (
  set: StatefulSet,
  others: readonly ApiObject[],
  revisions?: ControllerRevision[],
): string[] =>
  told(decide(set, others, revisions)).filter((line) => line !== "setStatus StatefulSet db");

const madeEvent = (ordinal: number): string =>
  `event Normal SuccessfulCreate: create Pod db-${ordinal} in StatefulSet db successful`;
const deletedEvent = (ordinal: number): string =>
  `event Normal SuccessfulDelete: delete Pod db-${ordinal} in StatefulSet db successful`;

const creations = (...ordinals: number[]): string[] =>
  ordinals.flatMap((ordinal) => [`create Pod db-${ordinal}`, madeEvent(ordinal)]);
const deletions = (...ordinals: number[]): string[] =>
  ordinals.flatMap((ordinal) => [`delete Pod db-${ordinal}`, deletedEvent(ordinal)]);

test("the revision of the template is written down before anything else", () => {
  const effects = decide(db(1), [], []);
  const { object } = one(effects, "create");
  const { metadata, data, revision } = object as ControllerRevision;
  const { name = "" } = metadata;
  ok(name.startsWith("db-"));
  deepEqual(metadata.labels, {
    app: "db",
    "controller.kubernetes.io/hash": name.slice("db-".length),
  });
  deepEqual(metadata.ownerReferences, [owner("StatefulSet", "db")]);
  equal(revision, 1);
  deepEqual(data, { spec: { template: { ...db(1).spec.template, $patch: "replace" } } });
  deepEqual(told(effects).slice(1), ["wakeIn 0s"]);
});

test("a pod has a name, a host name, labels and claims of its own", () => {
  const set = db(3, { spec: { volumeClaimTemplates: [claimTemplate] } });
  const [claim, pod] = all(decide(set, [member(0, { claimed: true }), claimFor(0)]), "create");
  ok(claim && pod);
  const { metadata, spec } = pod.object as Pod;
  equal(metadata.name, "db-1");
  deepEqual(metadata.labels, {
    app: "db",
    "controller-revision-hash": "db-db-1",
    "statefulset.kubernetes.io/pod-name": "db-1",
    "apps.kubernetes.io/pod-index": "1",
  });
  deepEqual([spec.hostname, spec.subdomain], ["db-1", "peers"]);
  deepEqual(spec.volumes, [{ name: "data", persistentVolumeClaim: { claimName: "data-db-1" } }]);
  const claimed = claim.object as PersistentVolumeClaim;
  equal(claimed.metadata.name, "data-db-1");
  deepEqual(claimed.metadata.labels, { tier: "disk", app: "db" });
});

test("claims are made before their pod, and told of", () => {
  const set = db(1, { spec: { volumeClaimTemplates: [claimTemplate] } });
  deepEqual(reconcile(set, []), [
    "create PersistentVolumeClaim data-db-0",
    "event Normal SuccessfulCreate: create Claim data-db-0 Pod db-0 in StatefulSet db success",
    ...creations(0),
  ]);
});

test("without its claim a pod is not made", () => {
  const set = db(1, { spec: { volumeClaimTemplates: [claimTemplate] } });
  const cause = new ApiError("Forbidden", "exceeded quota");
  const answer: Answer = (effect) => (effect.do === "create" ? { ok: false, cause } : { ok: true });
  deepEqual(told(statefulsetController.reconcile(set, viewOf([set, first])), answer).slice(0, 4), [
    "create PersistentVolumeClaim data-db-0",
    "event Warning FailedCreate: create Claim data-db-0 for Pod db-0 in StatefulSet db failed error: exceeded quota",
    "event Warning FailedCreate: create Pod db-0 in StatefulSet db failed error: failed to create PVC data-db-0: exceeded quota",
    "fail Error: failed to create PVC data-db-0: exceeded quota",
  ]);
});

test("in order, the next pod waits until all before it are ready", () => {
  deepEqual(reconcile(db(3), []), creations(0));
  deepEqual(reconcile(db(3), [member(0)]), creations(1));
  for (const state of ["running", "pending", "going"] as const) {
    deepEqual(reconcile(db(3), [member(0, { state }), member(1)]), [], state);
  }
  const patient = db(2, { spec: { minReadySeconds: 30 } });
  deepEqual(reconcile(patient, [member(0, { readyAgo: 10 })]), ["wakeIn 20s"]);
  deepEqual(reconcile(patient, [member(0, { readyAgo: 30 })]), creations(1));
});

test("in parallel, all pods are made at once", () => {
  const parallel = { podManagementPolicy: "Parallel" };
  deepEqual(
    reconcile(db(3, { spec: parallel }), [member(1, { state: "pending" })]),
    creations(0, 2),
  );
});

test("pods that ended come back under their name, whatever they ended with", () => {
  for (const state of ["failed", "succeeded"] as const) {
    deepEqual(reconcile(db(2), [member(0, { state }), member(1)]), deletions(0), state);
  }
});

test("numbers may begin later", () => {
  const set = db(2, { spec: { ordinals: { start: 5 } } });
  deepEqual(reconcile(set, []), creations(5));
  deepEqual(reconcile(set, [member(5), member(6), member(0)]), deletions(0));
});

test("scaling down takes the highest number first, one at a time", () => {
  const four = [member(0), member(1), member(2), member(3)];
  deepEqual(reconcile(db(1), four), deletions(3));
  deepEqual(reconcile(db(1), [...four.slice(0, 3), member(3, { state: "going" })]), []);
  deepEqual(reconcile(db(1, { spec: { podManagementPolicy: "Parallel" } }), four), [
    ...deletions(3, 2, 1),
  ]);
});

test("scaling down waits for a pod that is not well, unless it is that one's turn", () => {
  const sick = member(2, { state: "running" });
  deepEqual(reconcile(db(1), [member(0), member(1), sick, member(3)]), deletions(3));
  deepEqual(reconcile(db(1), [member(0), member(1), sick]), deletions(2));
  const lower = member(1, { state: "running" });
  deepEqual(reconcile(db(1), [member(0), lower, sick]), []);
  deepEqual(reconcile(db(1), [member(0, { state: "running" }), member(1)]), []);
});

const two = [first, second];
const newer = (replicas: number, spec: object = {}): StatefulSet =>
  db(replicas, { image: "db:2", spec, status: { currentRevision: "db-db-1" } });

test("an update goes from the last pod to the first and waits for each", () => {
  const old = [member(0), member(1), member(2)];
  deepEqual(reconcile(newer(3), old, two), deletions(2));
  const updated = member(2, { image: "db:2" });
  deepEqual(reconcile(newer(3), [...old.slice(0, 2), updated], two), deletions(1));
  const stuck = member(2, { image: "db:2", state: "running" });
  deepEqual(reconcile(newer(3), [...old.slice(0, 2), stuck], two), []);
});

test("an update leaves pods below its partition as they are, and brings them back so", () => {
  const spec = { updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: 2 } } };
  const pods = [member(0), member(1), member(2, { image: "db:2" })];
  deepEqual(reconcile(newer(3, spec), pods, two), []);
  const imageOf = (others: readonly Pod[]): string | undefined =>
    (one(decide(newer(3, spec), others, two), "create").object as Pod).spec.containers[0]?.image;
  equal(imageOf([member(0), member(2, { image: "db:2" })]), "db:1");
  equal(imageOf([member(0), member(1)]), "db:2");
});

test("an update may take several pods at once; those that are missing count", () => {
  const updateStrategy = { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 2 } };
  const spec = { updateStrategy, podManagementPolicy: "Parallel" };
  const old = [member(0), member(1), member(2), member(3)];
  deepEqual(reconcile(newer(4, spec), old, two), deletions(3, 2));
  const sick = [...old.slice(0, 3), member(3, { state: "running", image: "db:2" })];
  deepEqual(reconcile(newer(4, spec), sick, two), deletions(2));
});

test("in parallel, too, an update waits for each pod, though not for those before it", () => {
  const spec = { podManagementPolicy: "Parallel" };
  const fresh = member(2, { image: "db:2", state: "running" });
  deepEqual(reconcile(newer(3, spec), [member(0), member(1), fresh], two), []);
  const sick = [member(0, { state: "running" }), member(1), member(2, { image: "db:2" })];
  deepEqual(reconcile(newer(3, spec), sick, two), deletions(1));
});

test("with OnDelete nobody but the user deletes pods", () => {
  const spec = { updateStrategy: { type: "OnDelete" } };
  deepEqual(reconcile(newer(2, spec), [member(0), member(1)], two), []);
  const pod = one(decide(newer(2, spec), [member(0)], two), "create").object as Pod;
  equal(pod.spec.containers[0]?.image, "db:2");
});

test("going back to an earlier template makes its revision the newest", () => {
  const set = db(1, { status: { currentRevision: "db-db-2" } });
  const { object } = one(decide(set, [member(0, { image: "db:2" })], two), "update");
  deepEqual([object.metadata.name, (object as ControllerRevision).revision], ["db-db-1", 3]);
});

test("a name that another revision has is avoided", () => {
  const set = db(1);
  const { name } = (one(decide(set, [], []), "create").object as ControllerRevision).metadata;
  const other = made(ControllerRevision, {
    metadata: { name, ownerReferences: [owner("StatefulSet", "other")] },
    data: { spec: { template: templateOf("other:1") } },
    revision: 1,
  });
  const { status } = one(decide(set, [], [other]), "setStatus");
  equal((status as StatefulSet["status"]).collisionCount, 1);
  const counted = { ...set, status: { ...set.status, collisionCount: 1 } };
  const renamed = one(decide(counted, [], [other]), "create").object as ControllerRevision;
  ok(renamed.metadata.name !== name);
});

test("the same revision of a set that is gone will do", () => {
  const { object } = one(decide(db(1), [], []), "create");
  const left = made(ControllerRevision, {
    ...object,
    metadata: {
      ...(object as ControllerRevision).metadata,
      ownerReferences: [{ ...owner("StatefulSet", "db"), uid: "uid-of-the-last-one" }],
    },
  });
  deepEqual(reconcile(db(1), [], [left]), creations(0));
});

test("old revisions beyond the limit go, those that pods have do not", () => {
  const history = Array.from({ length: 4 }, (_, i) => revisionOf(`old:${i}`, i + 1));
  const revisions = [...history, revisionOf("db:1", 5)];
  const set = db(2, { spec: { revisionHistoryLimit: 1 }, status: { currentRevision: "db-db-1" } });
  const pods = [member(0), member(1, { image: "old:0", state: "going" })];
  deepEqual(reconcile(set, pods, revisions), [
    "delete ControllerRevision db-old-1",
    "delete ControllerRevision db-old-2",
  ]);
});

test("the status counts pods by state and revision", () => {
  const pods = [
    member(0),
    member(1, { image: "db:2" }),
    member(2, { image: "db:2", state: "running" }),
    member(3, { image: "db:2", state: "going" }),
  ];
  deepEqual(one(decide(newer(4), pods, two), "setStatus").status, {
    observedGeneration: 3,
    replicas: 4,
    readyReplicas: 3,
    availableReplicas: 3,
    currentReplicas: 1,
    updatedReplicas: 2,
    currentRevision: "db-db-1",
    updateRevision: "db-db-2",
    collisionCount: 0,
  });
});

test("when all pods are new, the new revision is the current one", () => {
  const pods = [member(0, { image: "db:2" }), member(1, { image: "db:2" })];
  const status = one(decide(newer(2), pods, two), "setStatus").status as StatefulSet["status"];
  deepEqual([status.currentRevision, status.currentReplicas], ["db-db-2", 2]);
});

const keeping = (whenDeleted: string, whenScaled: string): object => ({
  volumeClaimTemplates: [claimTemplate],
  persistentVolumeClaimRetentionPolicy: { whenDeleted, whenScaled },
});

const pairOf = (owners: readonly object[]) => [
  member(0, { claimed: true }),
  member(1, { claimed: true }),
  claimFor(0, owners),
  claimFor(1, owners),
];

for (const [whenDeleted, whenScaled, owners] of [
  ["Retain", "Retain", [[], []]],
  ["Delete", "Retain", [["db"], ["db"]]],
  ["Retain", "Delete", [[], ["db-1"]]],
  ["Delete", "Delete", [["db"], ["db-1"]]],
] as const) {
  test(`claims, ${whenDeleted} when deleted, ${whenScaled} when scaled, have such owners`, () => {
    const set = db(1, { spec: keeping(whenDeleted, whenScaled) });
    for (const before of [[], [owner("StatefulSet", "db")]]) {
      const objects = pairOf(before);
      const after = new Map(objects.map((object) => [object.metadata.name, object.metadata]));
      for (const { object } of all(decide(set, objects), "update"))
        after.set(object.metadata.name, object.metadata);
      const names = ["data-db-0", "data-db-1"].map((name) =>
        (after.get(name)?.ownerReferences ?? []).map((reference) => reference.name),
      );
      deepEqual(names, owners);
    }
  });
}

test("claims that somebody else controls are left to them", () => {
  const set = db(1, { spec: keeping("Delete", "Delete") });
  const other = owner("Database", "other");
  const pods = [member(0, { claimed: true }), claimFor(0, [other])];
  deepEqual(reconcile(set, pods), []);
});

test("claims of a set of this name that is gone are left to the garbage collector", () => {
  const stale = { ...owner("StatefulSet", "db"), uid: "uid-of-the-last-one" };
  for (const [whenDeleted, whenScaled] of [
    ["Retain", "Retain"],
    ["Delete", "Delete"],
  ] as const) {
    const set = db(1, { spec: keeping(whenDeleted, whenScaled) });
    deepEqual(reconcile(set, [member(0, { claimed: true }), claimFor(0, [stale])]), []);
  }
});

test("a pod waits for the claim of the one before it to go", () => {
  const set = db(1, { spec: keeping("Retain", "Delete") });
  const stale = claimFor(0, [{ ...owner("Pod", "db-0"), uid: "uid-of-the-last-one" }]);
  deepEqual(reconcile(set, [stale]), []);
});

test("a pending pod whose claim is lost gets it again", () => {
  const set = db(1, { spec: { volumeClaimTemplates: [claimTemplate] } });
  deepEqual(reconcile(set, [member(0, { state: "pending", claimed: true })]), [
    "create PersistentVolumeClaim data-db-0",
    "event Normal SuccessfulCreate: create Claim data-db-0 Pod db-0 in StatefulSet db success",
  ]);
});

test("a member without its labels gets them back", () => {
  const labels = { app: "db", "controller-revision-hash": "db-db-1" };
  const { object } = one(decide(db(1), [member(0, { labels })]), "update");
  equal(object.metadata.labels?.["statefulset.kubernetes.io/pod-name"], "db-0");
});

test("pods of other names are not adopted", () => {
  const orphan = (name: string): Pod =>
    made(Pod, {
      metadata: { name, labels: { app: "db" } },
      spec: { containers: [{ name: "c", image: "db:1" }] },
    });
  const set = db(1);
  const answer: Answer = () => ({ ok: true, found: set });
  const lines = (pod: Pod): string[] => told(decide(set, [member(0), pod]), answer);
  deepEqual(lines(orphan("db-01")), ["setStatus StatefulSet db"]);
  deepEqual(lines(orphan("other-1")), ["setStatus StatefulSet db"]);
  deepEqual(lines(orphan("db-1")), ["fetch StatefulSet db", "patch Pod db-1"]);
});

test("a set that is being deleted only tells how it is", () => {
  deepEqual(told(decide(db(3, { going: true }), [member(0)])), ["setStatus StatefulSet db"]);
});

test("a pod whose name is taken is tried again, quietly", () => {
  const cause = new ApiError("AlreadyExists", 'pods "db-0" already exists');
  const answer: Answer = (effect) => (effect.do === "create" ? { ok: false, cause } : { ok: true });
  deepEqual(told(decide(db(1), []), answer)[0], "create Pod db-0");
  equal(all(decide(db(1), []), "event", answer).length, 0);
  ok(told(decide(db(1), []), answer).some((line) => line.startsWith("fail ")));
});
