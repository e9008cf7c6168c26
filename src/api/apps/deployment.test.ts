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
import { Deployment } from "./deployment.ts";

const labels = { app: "web" };
const template = { metadata: { labels }, spec: { containers: [{ name: "web", image: "nginx" }] } };
const metadata = { name: "web", namespace: "default" };
const deployment = (spec: object = {}, status: object = {}) => ({
  metadata,
  spec: { selector: { matchLabels: labels }, template, ...spec },
  status,
});
const rolling = (rollingUpdate: object) => deployment({ strategy: { rollingUpdate } });
const withPod = (spec: object) =>
  deployment({ template: { ...template, spec: { ...template.spec, ...spec } } });

test("a deployment has defaults", () => {
  const {
    template: _template,
    selector: _selector,
    ...rest
  } = draftFrom(Deployment, deployment()).spec;
  deepEqual(rest, {
    replicas: 1,
    strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: "25%", maxSurge: "25%" } },
    revisionHistoryLimit: 10,
    progressDeadlineSeconds: 600,
  });
  const recreate = draftFrom(Deployment, deployment({ strategy: { type: "Recreate" } })).spec;
  deepEqual(recreate.strategy, { type: "Recreate" });
});

test("a deployment says what is wrong with it", () => {
  const cases: readonly [manifest: object, ...problems: string[]][] = [
    [deployment({ replicas: 0 })],
    [rolling({ maxUnavailable: 0, maxSurge: 1 })],
    [
      deployment({ replicas: -1, minReadySeconds: -1, revisionHistoryLimit: -1 }),
      "spec.replicas: Invalid value: -1: must be greater than or equal to 0",
      "spec.minReadySeconds: Invalid value: -1: must be greater than or equal to 0",
      "spec.revisionHistoryLimit: Invalid value: -1: must be greater than or equal to 0",
    ],
    [
      deployment({ selector: undefined }),
      "spec.selector: Required value",
      'spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`',
    ],
    [
      deployment({ selector: {} }),
      "spec.selector: Invalid value: {}: empty selector is invalid for deployment",
    ],
    [
      deployment({ selector: { matchLabels: { app: "other" } } }),
      'spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`',
    ],
    [
      deployment({ selector: { matchExpressions: [{ key: "app", operator: "In" }] } }),
      "spec.selector.matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'",
      'spec.selector: Invalid value: {"matchExpressions":[{"key":"app","operator":"In"}]}: invalid label selector',
    ],
    [
      withPod({ restartPolicy: "Never", activeDeadlineSeconds: 1 }),
      'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
      "spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in ReplicaSet is not Supported",
    ],
    [
      rolling({ maxUnavailable: 0, maxSurge: "0%" }),
      "spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0",
    ],
    [
      rolling({ maxUnavailable: "101%", maxSurge: "101%" }),
      'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "101%": must not be greater than 100%',
    ],
    [
      rolling({ maxUnavailable: "many", maxSurge: -1 }),
      `spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "many": a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')`,
      "spec.strategy.rollingUpdate.maxSurge: Invalid value: -1: must be greater than or equal to 0",
    ],
    [
      deployment({ strategy: { type: "Recreate", rollingUpdate: {} } }),
      "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'",
    ],
    [
      deployment({ strategy: { type: "Magic" } }),
      'spec.strategy: Unsupported value: {"type":"Magic"}: supported values: "Recreate", "RollingUpdate"',
    ],
    [
      deployment({ minReadySeconds: 5, progressDeadlineSeconds: 5 }),
      "spec.progressDeadlineSeconds: Invalid value: 5: must be greater than minReadySeconds",
    ],
    [withPod({ containers: [] }), "spec.template.spec.containers: Required value"],
    [
      {
        ...deployment(),
        metadata: { ...metadata, annotations: { "deprecated.deployment.rollback.to": "x" } },
      },
      'metadata.annotations[deprecated.deployment.rollback.to]: Invalid value: "x": must be an integer',
    ],
    [
      {
        ...deployment(),
        metadata: { ...metadata, annotations: { "deprecated.deployment.rollback.to": "-1" } },
      },
      "spec.rollback.version: Invalid value: -1: must be greater than or equal to 0",
    ],
  ];
  for (const [manifest, ...problems] of cases)
    deepEqual(problemsOf(Deployment, manifest), problems);
});

test("the selector stays", () => {
  const both = { ...template, metadata: { labels: { ...labels, tier: "front" } } };
  const to = deployment({ selector: { matchLabels: { tier: "front" } }, template: both });
  deepEqual(changeProblems(Deployment, { from: deployment(), to }), [
    'spec.selector: Invalid value: {"matchLabels":{"tier":"front"}}: field is immutable',
  ]);
});

test("a status says what is wrong with it", () => {
  const change = (from: object, to: object) =>
    statusProblems(Deployment, { from: deployment({}, from), to: deployment({}, to) });
  deepEqual(change({}, { replicas: 2, readyReplicas: 2, availableReplicas: 1 }), []);
  deepEqual(change({}, { replicas: 1, updatedReplicas: 2, readyReplicas: 2 }), [
    "status.updatedReplicas: Invalid value: 2: cannot be greater than status.replicas",
    "status.readyReplicas: Invalid value: 2: cannot be greater than status.replicas",
  ]);
  deepEqual(change({}, { replicas: 1, availableReplicas: 1 }), [
    "status.availableReplicas: Invalid value: 1: cannot be greater than readyReplicas",
  ]);
  deepEqual(change({ collisionCount: 2 }, { collisionCount: 1 }), [
    "status.collisionCount: Invalid value: 1: cannot be decremented",
  ]);
});

test("columns and scale show the replicas", () => {
  const status = { replicas: 3, readyReplicas: 2, updatedReplicas: 1, availableReplicas: 2 };
  const manifest = deployment({ replicas: 3 }, status);
  deepEqual(cellsOf(Deployment, manifest), {
    Name: "web",
    Ready: "2/3",
    "Up-to-date": 1,
    Available: 2,
    Age: "<unknown>",
    Containers: "web",
    Images: "nginx",
    Selector: "app=web",
  });
  const { scale } = Deployment;
  const draft = draftFrom(Deployment, manifest);
  scale?.withReplicas(draft, 5);
  equal(draft.spec.replicas, 5);
  const object = objectFrom(Deployment, manifest);
  deepEqual(
    [scale?.replicas(object), scale?.statusReplicas(object), scale?.selector(object)],
    [3, 3, "app=web"],
  );
});
