import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { draftFrom } from "#api/testing.ts";
import { draftOf } from "#schema/copy.ts";
import { decodeJson } from "#schema/json.ts";
import { HorizontalPodAutoscaler as V1 } from "./horizontalpodautoscaler-v1.ts";
import { HorizontalPodAutoscaler as Stored } from "./horizontalpodautoscaler.ts";

const [v1] = Stored.alsoServed ?? [];
const scaleTargetRef = { kind: "Deployment", name: "web", apiVersion: "apps/v1" };
const metadata = { name: "web", namespace: "default", annotations: { mine: "yes" } };

const toStored = (manifest: object): Stored =>
  v1?.toStored(decodeJson(V1, manifest, { defaults: true }).value as never) as Stored;
const fromStored = (object: Stored): V1 => v1?.fromStored(object as never) as V1;

test("what v1 says is stored as v2, canonical, and comes back as it was", () => {
  const manifest = {
    kind: "HorizontalPodAutoscaler",
    apiVersion: "autoscaling/v1",
    metadata,
    spec: { scaleTargetRef, maxReplicas: 3, targetCPUUtilizationPercentage: 60 },
  };
  const stored = toStored(manifest);
  deepEqual(stored.spec.metrics, [
    {
      type: "Resource",
      resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 60 } },
    },
  ]);
  equal(JSON.stringify(stored), JSON.stringify(draftFrom(Stored, stored)));
  equal(
    JSON.stringify(fromStored(stored)),
    JSON.stringify(decodeJson(V1, manifest, { defaults: true }).value),
  );
});

test("an autoscaler without a target has the usual one", () => {
  const stored = toStored({ metadata, spec: { scaleTargetRef, maxReplicas: 3 } });
  equal(stored.spec.metrics?.[0]?.resource?.target.averageUtilization, 80);
});

const value = { type: "Value", value: "10" };
const average = { type: "AverageValue", averageValue: "5" };
const metric = { name: "queue", selector: { matchLabels: { a: "b" } } };
const rich = draftFrom(Stored, {
  metadata,
  spec: {
    scaleTargetRef,
    minReplicas: 2,
    maxReplicas: 9,
    metrics: [
      { type: "Resource", resource: { name: "memory", target: average } },
      { type: "Pods", pods: { metric, target: average } },
      { type: "Object", object: { describedObject: scaleTargetRef, target: value, metric } },
      { type: "External", external: { metric, target: value } },
      {
        type: "ContainerResource",
        containerResource: { name: "cpu", container: "main", target: average },
      },
      {
        type: "Resource",
        resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 50 } },
      },
    ],
    behavior: { scaleUp: { tolerance: "100m" } },
  },
  status: {
    currentReplicas: 3,
    desiredReplicas: 4,
    currentMetrics: [
      {
        type: "Resource",
        resource: { name: "cpu", current: { averageUtilization: 20, averageValue: "200m" } },
      },
    ],
    conditions: [{ type: "AbleToScale", status: "True" }],
  },
});

test("what v1 has no fields for travels in annotations, and nothing is lost", () => {
  const shown = fromStored(rich);
  equal(shown.spec.targetCPUUtilizationPercentage, 50);
  equal(shown.status.currentCPUUtilizationPercentage, 20);
  equal(shown.metadata.annotations?.["mine"], "yes");
  deepEqual(Object.keys(shown.metadata.annotations ?? {}).length, 6);
  const back = v1?.toStored(draftOf(shown) as never) as Stored;
  deepEqual(draftFrom(Stored, back), rich);
});

test("annotations that cannot be read are passed over", () => {
  const stored = toStored({
    metadata: { ...metadata, annotations: { "autoscaling.alpha.kubernetes.io/metrics": "{" } },
    spec: { scaleTargetRef, maxReplicas: 3, targetCPUUtilizationPercentage: 60 },
  });
  equal(stored.spec.metrics?.length, 1);
  equal(stored.metadata.annotations, undefined);
});
