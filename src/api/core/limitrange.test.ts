import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { draftFrom, problemsOf } from "#api/testing.ts";
import { LimitRange } from "./limitrange.ts";
import type { Cases } from "./testing.ts";

const range = (...limits: object[]) => ({
  metadata: { name: "a", namespace: "b" },
  spec: { limits },
});

test("limits of containers follow from each other", () => {
  const item = { type: "Container", max: { cpu: "2" }, min: { memory: "1Mi" } };
  deepEqual(draftFrom(LimitRange, range(item)).spec.limits, [
    { ...item, default: { cpu: "2" }, defaultRequest: { cpu: "2", memory: "1Mi" } },
  ]);
  const pod = { type: "Pod", max: { cpu: "2" } };
  deepEqual(draftFrom(LimitRange, range(pod)).spec.limits, [pod]);
});

test("amounts of a limit range stand in order", () => {
  const cases: Cases = [
    [{ type: "Pod", max: { cpu: "2" }, min: { cpu: "1" } }],
    [{ type: "PersistentVolumeClaim", min: { storage: "1Gi" } }],
    [{ type: "example.com/thing", max: { "example.com/size": "1" } }],
    [
      { type: "Thing" },
      'spec.limits[0].type: Invalid value: "Thing": must be a standard limit type or fully qualified',
    ],
    [
      { type: "Pod", default: { cpu: "1" } },
      "spec.limits[0].default: Forbidden: may not be specified when `type` is 'Pod'",
    ],
    [
      { type: "Pod", min: { cpu: "2" }, max: { cpu: "1" } },
      "spec.limits[0].min[cpu]: Invalid value: 2: min value 2 is greater than max value 1",
    ],
    [
      { type: "Container", default: { cpu: "1" }, defaultRequest: { cpu: "2" } },
      "spec.limits[0].defaultRequest[cpu]: Invalid value: 2: default request value 2 is greater than default limit value 1",
    ],
    [
      { type: "Pod", maxLimitRequestRatio: { cpu: "500m" } },
      "spec.limits[0].maxLimitRequestRatio[cpu]: Invalid value: 500m: ratio 500m is less than 1",
    ],
    [
      { type: "Pod", min: { cpu: "1" }, max: { cpu: "2" }, maxLimitRequestRatio: { cpu: "3" } },
      "spec.limits[0].maxLimitRequestRatio[cpu]: Invalid value: 3: ratio 3 is greater than max/min = 2.000000",
    ],
    [
      { type: "PersistentVolumeClaim" },
      "spec.limits[0].limits: Required value: either minimum or maximum storage value is required, but neither was provided",
    ],
  ];
  for (const [item, ...problems] of cases) deepEqual(problemsOf(LimitRange, range(item)), problems);
  deepEqual(problemsOf(LimitRange, range({ type: "Pod" }, { type: "Pod" })), [
    'spec.limits[1].type: Duplicate value: "Pod"',
  ]);
});
