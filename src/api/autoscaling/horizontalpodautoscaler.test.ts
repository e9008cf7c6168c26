import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { cellsOf, changeProblems, draftFrom, problemsOf, statusProblems } from "#api/testing.ts";
import { HorizontalPodAutoscaler } from "./horizontalpodautoscaler.ts";
import { Scale } from "./scale.ts";

const scaleTargetRef = { apiVersion: "apps/v1", kind: "Deployment", name: "web" };
const autoscaler = (spec: object = {}, status: object = {}) => ({
  metadata: { name: "web", namespace: "default" },
  spec: { scaleTargetRef, maxReplicas: 5, ...spec },
  status,
});
const withMetric = (...metrics: object[]) => autoscaler({ metrics });
const cpu = (target: object) => ({ type: "Resource", resource: { name: "cpu", target } });
const utilization = { type: "Utilization", averageUtilization: 50 };

test("an autoscaler has defaults", () => {
  const { spec } = draftFrom(HorizontalPodAutoscaler, autoscaler({ behavior: { scaleDown: {} } }));
  equal(spec.minReplicas, 1);
  deepEqual(spec.metrics, [
    {
      type: "Resource",
      resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 80 } },
    },
  ]);
  deepEqual(spec.behavior, {
    scaleUp: {
      stabilizationWindowSeconds: 0,
      selectPolicy: "Max",
      policies: [
        { type: "Pods", value: 4, periodSeconds: 15 },
        { type: "Percent", value: 100, periodSeconds: 15 },
      ],
    },
    scaleDown: {
      selectPolicy: "Max",
      policies: [{ type: "Percent", value: 100, periodSeconds: 15 }],
    },
  });
});

const described = (apiVersion: string): object => ({
  type: "Object",
  object: {
    describedObject: { apiVersion, kind: "Service", name: "web" },
    metric: { name: "hits" },
    target: { type: "Value", value: "1" },
  },
});

test("a target without a group may stay, and is not made anew", () => {
  const none = autoscaler({ scaleTargetRef: { ...scaleTargetRef, apiVersion: "" } });
  const why = `spec.scaleTargetRef.apiVersion: Invalid value: "": apiVersion must specify API group`;
  deepEqual(changeProblems(HorizontalPodAutoscaler, { from: none, to: none }), []);
  deepEqual(changeProblems(HorizontalPodAutoscaler, { from: autoscaler(), to: none }), [why]);
});

test("an autoscaler says what is wrong with it", () => {
  const policy = { type: "Pods", value: 1, periodSeconds: 60 };
  const scalingUp = (scaleUp: object) => autoscaler({ behavior: { scaleUp } });
  const metric = { name: "queue" };
  const at = "spec.metrics[0]";
  const up = "spec.behavior.scaleUp";
  const cases: readonly [manifest: object, ...problems: string[]][] = [
    [withMetric(cpu(utilization))],
    [scalingUp({ policies: [policy], stabilizationWindowSeconds: 3600 })],
    [
      autoscaler({ minReplicas: 0 }),
      "spec.minReplicas: Invalid value: 0: must be greater than or equal to 1",
      "spec.metrics: Forbidden: must specify at least one Object or External metric to support scaling to zero replicas",
    ],
    [
      autoscaler({ minReplicas: 6 }),
      "spec.maxReplicas: Invalid value: 5: must be greater than or equal to `minReplicas`",
    ],
    [
      autoscaler({ maxReplicas: 0 }),
      "spec.maxReplicas: Required value: must be set and greater than 0",
      "spec.maxReplicas: Invalid value: 0: must be greater than or equal to `minReplicas`",
    ],
    [
      autoscaler({ maxReplicas: -1 }),
      "spec.maxReplicas: Invalid value: -1: must be greater than or equal to 1",
      "spec.maxReplicas: Invalid value: -1: must be greater than or equal to `minReplicas`",
    ],
    [
      autoscaler({ scaleTargetRef: { ...scaleTargetRef, apiVersion: "v1" } }),
      `spec.scaleTargetRef.apiVersion: Invalid value: "v1": apiVersion must specify API group`,
    ],
    [
      autoscaler({ scaleTargetRef: { ...scaleTargetRef, apiVersion: "apps/v1/x" } }),
      `spec.scaleTargetRef.apiVersion: Invalid value: "apps/v1/x": unexpected GroupVersion string: apps/v1/x`,
    ],
    [autoscaler({ scaleTargetRef: { kind: "ReplicationController", name: "web" } })],
    [withMetric(described("v1"))],
    [
      withMetric(described("a/b/c")),
      `${at}.object.describedObject.apiVersion: Invalid value: "a/b/c": unexpected GroupVersion string: a/b/c`,
    ],
    [
      autoscaler({ scaleTargetRef: { ...scaleTargetRef, kind: "", name: "a/b" } }),
      "spec.scaleTargetRef.kind: Required value",
      `spec.scaleTargetRef.name: Invalid value: "a/b": may not contain '/'`,
    ],
    [
      withMetric(cpu({ type: "Utilization" })),
      `${at}.resource.target.averageUtilization: Required value: must set either a target raw value or a target utilization`,
    ],
    [
      withMetric(cpu({ ...utilization, averageValue: "1" })),
      `${at}.resource.target.averageValue: Forbidden: may not set both a target raw value and a target utilization`,
    ],
    [
      withMetric(cpu({ type: "Much", averageValue: "0" })),
      `${at}.resource.target.type: Invalid value: "Much": must be either Utilization, Value, or AverageValue`,
      `${at}.resource.target.averageValue: Invalid value: "0": must be positive`,
    ],
    [
      withMetric({ type: "Pods", pods: { metric, target: { type: "AverageValue" } } }),
      `${at}.pods.target.averageValue: Required value: must specify a positive target averageValue`,
    ],
    [
      withMetric({ type: "External", external: { metric, target: { type: "Value" } } }),
      `${at}.external.target.averageValue: Required value: must set either a target value for metric or a per-pod target`,
    ],
    [
      scalingUp({ policies: [], selectPolicy: "Sum", stabilizationWindowSeconds: -1 }),
      `${up}.stabilizationWindowSeconds: Invalid value: -1: must be greater than or equal to zero`,
      `${up}.selectPolicy: Unsupported value: "Sum": supported values: "Disabled", "Max", "Min"`,
    ],
    [
      scalingUp({ policies: [{ type: "Nodes", value: 0, periodSeconds: 1801 }] }),
      `${up}.policies[0].type: Unsupported value: "Nodes": supported values: "Percent", "Pods"`,
      `${up}.policies[0].value: Invalid value: 0: must be greater than zero`,
      `${up}.policies[0].periodSeconds: Invalid value: 1801: must be less than or equal to 1800`,
    ],
  ];
  for (const [manifest, ...problems] of cases) {
    deepEqual(problemsOf(HorizontalPodAutoscaler, manifest), problems);
  }
});

test("replicas of a status are not negative", () => {
  const to = autoscaler({}, { currentReplicas: -1, desiredReplicas: -1 });
  deepEqual(statusProblems(HorizontalPodAutoscaler, { from: autoscaler(), to }), [
    "status.currentReplicas: Invalid value: -1: must be greater than or equal to 0",
    "status.desiredReplicas: Invalid value: -1: must be greater than or equal to 0",
  ]);
});

test("columns show what is measured and wanted", () => {
  const metric = { name: "queue" };
  const metrics = [
    cpu(utilization),
    { type: "External", external: { metric, target: { type: "AverageValue", averageValue: "5" } } },
    { type: "Pods", pods: { metric, target: { type: "AverageValue", averageValue: "3" } } },
  ];
  const currentMetrics = [
    { type: "Resource", resource: { name: "cpu", current: { averageUtilization: 20 } } },
  ];
  deepEqual(cellsOf(HorizontalPodAutoscaler, autoscaler({ metrics }, { currentMetrics })), {
    Name: "web",
    Reference: "Deployment/web",
    Targets: "cpu: 20%/50%, <unknown>/5 (avg) + 1 more...",
    MinPods: "1",
    MaxPods: 5,
    Replicas: 0,
    Age: "<unknown>",
  });
});

test("a scale is not negative", () => {
  const scale = (replicas: number) => ({ metadata: { name: "web" }, spec: { replicas } });
  deepEqual(problemsOf(Scale, scale(0)), []);
  deepEqual(problemsOf(Scale, scale(-1)), [
    "spec.replicas: Invalid value: -1: must be greater than or equal to 0",
  ]);
});
