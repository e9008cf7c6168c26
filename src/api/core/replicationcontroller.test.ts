import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { cellsOf, draftFrom, objectFrom, problemsOf, statusProblems } from "#api/testing.ts";
import { ReplicationController } from "./replicationcontroller.ts";
import { type Cases, podWith } from "./testing.ts";

const labels = { app: "web" };
const template = (spec: object = {}) => ({ metadata: { labels }, spec: podWith(spec).spec });
const controller = (spec: object = {}) => ({
  metadata: { name: "web", namespace: "default" },
  spec: { template: template(), ...spec },
});

test("labels of the template select its pods, one of them unless said", () => {
  const { metadata, spec } = draftFrom(ReplicationController, controller());
  deepEqual([metadata.labels, spec.selector, spec.replicas], [labels, labels, 1]);
  equal(draftFrom(ReplicationController, controller({ replicas: 0 })).spec.replicas, 0);
});

test("a controller's template makes pods that it selects", () => {
  const cases: Cases = [
    [{}],
    [{ template: undefined }, "spec.selector: Required value", "spec.template: Required value"],
    [
      { replicas: -1, selector: { app: "other" } },
      "spec.replicas: Invalid value: -1: must be greater than or equal to 0",
      'spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`',
    ],
    [
      { template: template({ restartPolicy: "Never", activeDeadlineSeconds: 1 }) },
      'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
      "spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in ReplicationController is not Supported",
    ],
    [{ template: template({ containers: [] }) }, "spec.template.spec.containers: Required value"],
  ];
  for (const [spec, ...problems] of cases) {
    deepEqual(problemsOf(ReplicationController, controller(spec)), problems);
  }
});

test("the counts of the status fit together", () => {
  const to = { ...controller(), status: { replicas: 1, readyReplicas: 2, availableReplicas: 1 } };
  deepEqual(statusProblems(ReplicationController, { from: controller(), to }), [
    "status.readyReplicas: Invalid value: 2: cannot be greater than status.replicas",
  ]);
});

test("controllers are shown with their counts and containers, and scaled", () => {
  const manifest = controller({ replicas: 3 });
  const cells = cellsOf(ReplicationController, manifest);
  deepEqual(
    ["Desired", "Current", "Ready", "Containers", "Images", "Selector"].map((name) => cells[name]),
    [3, 0, 0, "web", "nginx", "app=web"],
  );
  const object = objectFrom(ReplicationController, manifest);
  const { scale } = ReplicationController;
  deepEqual([scale?.replicas(object), scale?.selector(object)], [3, "app=web"]);
  const draft = draftFrom(ReplicationController, manifest);
  scale?.withReplicas(draft, 5);
  equal(draft.spec.replicas, 5);
});
