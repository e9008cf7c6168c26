import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import {
  cellsOf,
  changeProblems,
  draftFrom,
  objectFrom,
  problemsOf,
  statusProblems,
} from "#api/testing.ts";
import { DaemonSet } from "./daemonset.ts";

const labels = { app: "agent" };
const template = {
  metadata: { labels },
  spec: { containers: [{ name: "agent", image: "agent:1" }], nodeSelector: { disk: "ssd" } },
};
const daemonSet = (spec: object = {}, status: object = {}, annotations: object = {}) => ({
  metadata: { name: "agent", namespace: "default", annotations },
  spec: { selector: { matchLabels: labels }, template, ...spec },
  status,
});
const rolling = (rollingUpdate: object) => daemonSet({ updateStrategy: { rollingUpdate } });

test("a daemon set has defaults", () => {
  const { spec } = draftFrom(DaemonSet, daemonSet());
  deepEqual(spec.updateStrategy, {
    type: "RollingUpdate",
    rollingUpdate: { maxUnavailable: 1, maxSurge: 0 },
  });
  equal(spec.revisionHistoryLimit, 10);
  const onDelete = draftFrom(DaemonSet, daemonSet({ updateStrategy: { type: "OnDelete" } })).spec;
  deepEqual(onDelete.updateStrategy, { type: "OnDelete" });
});

test("a daemon set says what is wrong with it", () => {
  const at = "spec.updateStrategy.rollingUpdate";
  const cases: readonly [manifest: object, ...problems: string[]][] = [
    [daemonSet()],
    [rolling({ maxUnavailable: 0, maxSurge: "30%" })],
    [
      rolling({ maxUnavailable: 1, maxSurge: 1 }),
      `${at}.maxSurge: Invalid value: 1: may not be set when maxUnavailable is non-zero`,
    ],
    [
      rolling({ maxUnavailable: 0, maxSurge: 0 }),
      `${at}.maxUnavailable: Required value: cannot be 0 when maxSurge is 0`,
    ],
    [
      rolling({ maxUnavailable: "0%", maxSurge: "101%" }),
      `${at}.maxSurge: Invalid value: "101%": must not be greater than 100%`,
    ],
    [
      daemonSet({ minReadySeconds: -1, revisionHistoryLimit: -1 }),
      "spec.minReadySeconds: Invalid value: -1: must be greater than or equal to 0",
      "spec.revisionHistoryLimit: Invalid value: -1: must be greater than or equal to 0",
    ],
    [
      daemonSet({ selector: {} }),
      "spec.selector: Invalid value: {}: empty selector is invalid for daemonset",
    ],
    [
      daemonSet({ selector: undefined }),
      'spec.template.metadata.labels: Invalid value: {"app":"agent"}: `selector` does not match template `labels`',
    ],
    [
      daemonSet({ updateStrategy: { type: "Magic" } }),
      'spec.updateStrategy: Unsupported value: {"type":"Magic"}: supported values: "RollingUpdate", "OnDelete"',
    ],
    [
      daemonSet({
        template: { ...template, spec: { ...template.spec, activeDeadlineSeconds: 1 } },
      }),
      "spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in DaemonSet is not Supported",
    ],
  ];
  for (const [manifest, ...problems] of cases) deepEqual(problemsOf(DaemonSet, manifest), problems);
});

const annotation = "deprecated.daemonset.template.generation";

test("changes of the template are counted, whatever the client says", () => {
  const old = objectFrom(DaemonSet, daemonSet());
  equal(old.metadata.annotations?.[annotation], "1");
  equal(
    objectFrom(DaemonSet, daemonSet({}, {}, { [annotation]: "7" })).metadata.annotations?.[
      annotation
    ],
    "7",
  );
  const same = draftFrom(DaemonSet, daemonSet({}, {}, { [annotation]: "9" }));
  DaemonSet.prepareForUpdate?.(same, old);
  equal(same.metadata.annotations?.[annotation], "1");
  const changed = draftFrom(
    DaemonSet,
    daemonSet({ template: { ...template, spec: { containers: [{ name: "b", image: "b" }] } } }),
  );
  DaemonSet.prepareForUpdate?.(changed, old);
  equal(changed.metadata.annotations?.[annotation], "2");
});

test("the selector stays", () => {
  const to = daemonSet({ selector: { matchExpressions: [{ key: "app", operator: "Exists" }] } });
  equal(changeProblems(DaemonSet, { from: daemonSet(), to }).length, 1);
});

test("a status says what is wrong with it", () => {
  const change = (from: object, to: object) =>
    statusProblems(DaemonSet, { from: daemonSet({}, from), to: daemonSet({}, to) });
  deepEqual(change({ collisionCount: 1 }, { numberReady: -1 }), [
    "status.numberReady: Invalid value: -1: must be greater than or equal to 0",
    "status.collisionCount: Invalid value: 0: cannot be decremented",
  ]);
});

test("columns count the nodes", () => {
  const status = { desiredNumberScheduled: 3, currentNumberScheduled: 2, numberReady: 1 };
  deepEqual(cellsOf(DaemonSet, daemonSet({}, status)), {
    Name: "agent",
    Desired: 3,
    Current: 2,
    Ready: 1,
    "Up-to-date": 0,
    Available: 0,
    "Node Selector": "disk=ssd",
    Age: "<unknown>",
    Containers: "agent",
    Images: "agent:1",
    Selector: "app=agent",
  });
});
