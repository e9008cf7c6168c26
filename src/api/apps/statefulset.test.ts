import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import {
  cellsOf,
  changeProblems,
  draftFrom,
  objectFrom,
  problemsOf,
  statusProblems,
} from "#api/testing.ts";
import { StatefulSet } from "./statefulset.ts";

const labels = { app: "db" };
const mount = { name: "data", mountPath: "/data" };
const container = { name: "db", image: "postgres", volumeMounts: [mount] };
const template = { metadata: { labels }, spec: { containers: [container] } };
const claim = {
  metadata: { name: "data" },
  spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
};
const statefulSet = (spec: object = {}, status: object = {}) => ({
  metadata: { name: "db", namespace: "default" },
  spec: {
    selector: { matchLabels: labels },
    serviceName: "db",
    template,
    volumeClaimTemplates: [claim],
    ...spec,
  },
  status,
});

test("a stateful set has defaults", () => {
  const { spec } = draftFrom(StatefulSet, statefulSet());
  equal(spec.replicas, 1);
  equal(spec.podManagementPolicy, "OrderedReady");
  equal(spec.revisionHistoryLimit, 10);
  equal(spec.updateStrategy.type, "RollingUpdate");
  equal(spec.updateStrategy.rollingUpdate?.partition, 0);
  deepEqual(spec.persistentVolumeClaimRetentionPolicy, {
    whenDeleted: "Retain",
    whenScaled: "Retain",
  });
  const [made] = spec.volumeClaimTemplates ?? [];
  equal(made?.kind, "PersistentVolumeClaim");
  equal(made?.apiVersion, "v1");
  const onDelete = draftFrom(StatefulSet, statefulSet({ updateStrategy: { type: "OnDelete" } }));
  deepEqual(onDelete.spec.updateStrategy, { type: "OnDelete" });
  const plain = draftFrom(StatefulSet, statefulSet({ updateStrategy: { type: "RollingUpdate" } }));
  deepEqual(plain.spec.updateStrategy, { type: "RollingUpdate" });
});

test("containers may mount claims as well as volumes, and nothing else", () => {
  deepEqual(problemsOf(StatefulSet, statefulSet()), []);
  deepEqual(problemsOf(StatefulSet, statefulSet({ volumeClaimTemplates: [] })), [
    'spec.template.spec.containers[0].volumeMounts[0].name: Not found: "data"',
  ]);
});

test("a stateful set says what is wrong with it", () => {
  const strategy = (updateStrategy: object) => statefulSet({ updateStrategy });
  const rolling = (rollingUpdate: object) => strategy({ type: "RollingUpdate", rollingUpdate });
  const at = "spec.updateStrategy.rollingUpdate";
  const cases: readonly [manifest: object, ...problems: string[]][] = [
    [statefulSet({ serviceName: "" })],
    [
      strategy({ type: "Magic" }),
      `spec.updateStrategy: Invalid value: {"type":"Magic"}: must be 'RollingUpdate' or 'OnDelete'`,
    ],
    [
      statefulSet({ podManagementPolicy: "Chaotic" }),
      `spec.podManagementPolicy: Invalid value: "Chaotic": must be 'OrderedReady' or 'Parallel'`,
    ],
    [
      statefulSet({ selector: { matchExpressions: [{ key: "app", operator: "In" }] } }),
      "spec.selector.matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'",
      'spec.selector: Invalid value: {"matchExpressions":[{"key":"app","operator":"In"}]}',
    ],
    [
      strategy({ type: "OnDelete", rollingUpdate: {} }),
      `${at}: Invalid value: {}: only allowed for updateStrategy 'RollingUpdate'`,
    ],
    [
      rolling({ partition: -1 }),
      `${at}.partition: Invalid value: -1: must be greater than or equal to 0`,
    ],
    [rolling({ maxUnavailable: 0 }), `${at}.maxUnavailable: Invalid value: 0: cannot be 0`],
    [
      rolling({ maxUnavailable: "101%" }),
      `${at}.maxUnavailable: Invalid value: "101%": must not be greater than 100%`,
    ],
    [
      statefulSet({ persistentVolumeClaimRetentionPolicy: { whenScaled: "Keep" } }),
      'spec.persistentVolumeClaimRetentionPolicy.whenScaled: Unsupported value: "Keep": supported values: "Retain", "Delete"',
    ],
    [
      statefulSet({ replicas: -1, minReadySeconds: -1, ordinals: { start: -1 } }),
      "spec.replicas: Invalid value: -1: must be greater than or equal to 0",
      "spec.minReadySeconds: Invalid value: -1: must be greater than or equal to 0",
      "spec.ordinals.start: Invalid value: -1: must be greater than or equal to 0",
    ],
    [
      statefulSet({ selector: {} }),
      "spec.selector: Invalid value: {}: empty selector is invalid for statefulset",
    ],
    [
      statefulSet({ serviceName: "a.b" }),
      'spec.serviceName: Invalid value: "a.b": must not contain dots',
    ],
    [
      statefulSet({
        volumeClaimTemplates: [{ ...claim, spec: { resources: claim.spec.resources } }],
      }),
      "spec.volumeClaimTemplates[0].spec.accessModes: Required value: at least 1 access mode is required",
    ],
    [
      statefulSet({
        template: { ...template, spec: { ...template.spec, restartPolicy: "Never" } },
      }),
      'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
    ],
  ];
  for (const [manifest, ...problems] of cases) {
    deepEqual(problemsOf(StatefulSet, manifest), problems);
  }
  deepEqual(StatefulSet.nameRule?.("a.b", false), ["must not contain dots"]);
});

test("some of the spec may change, the rest not", () => {
  const from = statefulSet();
  const change = (spec: object) => changeProblems(StatefulSet, { from, to: statefulSet(spec) });
  deepEqual(
    change({
      replicas: 5,
      ordinals: { start: 1 },
      updateStrategy: { type: "OnDelete" },
      revisionHistoryLimit: 3,
      persistentVolumeClaimRetentionPolicy: { whenScaled: "Delete" },
      minReadySeconds: 3,
      template: { ...template, spec: { containers: [{ ...container, image: "postgres:17" }] } },
    }),
    [],
  );
  const forbidden =
    "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";
  deepEqual(change({ serviceName: "other" }), [forbidden]);
  deepEqual(change({ podManagementPolicy: "Parallel" }), [forbidden]);
  deepEqual(change({ volumeClaimTemplates: [claim, { ...claim, metadata: { name: "more" } }] }), [
    forbidden,
  ]);
});

test("a status says what is wrong with it", () => {
  const change = (from: object, to: object) =>
    statusProblems(StatefulSet, { from: statefulSet({}, from), to: statefulSet({}, to) });
  deepEqual(
    change({ collisionCount: 1 }, { replicas: 1, updatedReplicas: 2, availableReplicas: 1 }),
    [
      "status.updatedReplicas: Invalid value: 2: cannot be greater than status.replicas",
      "status.availableReplicas: Invalid value: 1: cannot be greater than status.readyReplicas",
      "status.collisionCount: Invalid value: 0: cannot be decremented",
    ],
  );
});

test("columns show the replicas", () => {
  deepEqual(cellsOf(StatefulSet, statefulSet({ replicas: 3 }, { readyReplicas: 1 })), {
    Name: "db",
    Ready: "1/3",
    Age: "<unknown>",
    Containers: "db",
    Images: "postgres",
  });
});

test("a history without end is warned of", () => {
  const endless = objectFrom(StatefulSet, statefulSet({ revisionHistoryLimit: -1 }));
  const [warning = ""] = [...(StatefulSet.warnings?.(endless) ?? [])];
  ok(warning.startsWith("spec.revisionHistoryLimit: a negative value retains all"));
  deepEqual([...(StatefulSet.warnings?.(endless, endless) ?? [])], []);
});
