import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { HorizontalPodAutoscaler } from "#api/autoscaling/horizontalpodautoscaler.ts";
import type { HorizontalPodAutoscalerBehavior } from "#api/autoscaling/scaling-behavior.ts";
import { seconds } from "#base/clock.ts";
import { made, testNow as now } from "../runtime/testing.ts";
import { afterScaling, type Past, weigh } from "./past.ts";

const nothingYet: Past = { recommendations: [], added: [], removed: [] };

/** With upstream's defaults filled in. */
const behaviorOf = (behavior: object): HorizontalPodAutoscalerBehavior | undefined =>
  made(HorizontalPodAutoscaler, {
    spec: { scaleTargetRef: { kind: "Deployment", name: "web" }, maxReplicas: 100, behavior },
  }).spec.behavior;

const ago = (s: number): number => now - seconds(s);

interface Setting {
  readonly current: number;
  readonly past?: Partial<Past>;
  readonly behavior?: object;
  readonly min?: number;
  readonly max?: number;
}

function verdict(desired: number, { current, past = {}, behavior, min = 1, max = 100 }: Setting) {
  const { stabilized, limited } = weigh(desired, {
    bounds: { min, max, current },
    past: { ...nothingYet, ...past },
    behavior: behavior && behaviorOf(behavior),
    now,
  });
  return [limited.replicas, stabilized.reason, limited.reason];
}

test("Without rules: twice as many at once, but four always", () => {
  deepEqual(verdict(90, { current: 1 }), [4, "ReadyForNewScale", "ScaleUpLimit"]);
  deepEqual(verdict(90, { current: 10 }), [20, "ReadyForNewScale", "ScaleUpLimit"]);
  deepEqual(verdict(9, { current: 10 }), [9, "ReadyForNewScale", "DesiredWithinRange"]);
});

test("The bounds hold, and are named", () => {
  deepEqual(verdict(12, { current: 8, max: 10 }), [10, "ReadyForNewScale", "TooManyReplicas"]);
  deepEqual(verdict(1, { current: 8, min: 3 }), [3, "ReadyForNewScale", "TooFewReplicas"]);
  const behavior = {};
  deepEqual(verdict(12, { current: 8, max: 10, behavior }), [
    10,
    "ReadyForNewScale",
    "TooManyReplicas",
  ]);
  deepEqual(verdict(1, { current: 8, min: 3, behavior }), [
    3,
    "ReadyForNewScale",
    "TooFewReplicas",
  ]);
});

test("Nothing is taken away below what was recommended in the last five minutes", () => {
  const recommendations = [
    { replicas: 9, atMs: ago(301) },
    { replicas: 7, atMs: ago(299) },
    { replicas: 5, atMs: ago(10) },
  ];
  deepEqual(verdict(2, { current: 8, past: { recommendations } }), [
    7,
    "ScaleDownStabilized",
    "DesiredWithinRange",
  ]);
});

test("Nothing is added above what was recommended within the window of scaling up", () => {
  const behavior = { scaleUp: { stabilizationWindowSeconds: 60 } };
  const recommendations = [
    { replicas: 3, atMs: ago(61) },
    { replicas: 6, atMs: ago(59) },
  ];
  deepEqual(verdict(9, { current: 5, past: { recommendations }, behavior }), [
    6,
    "ScaleUpStabilized",
    "DesiredWithinRange",
  ]);
});

test("An old recommendation is forgotten, a new one is kept", () => {
  const { past } = weigh(4, {
    bounds: { min: 1, max: 10, current: 4 },
    past: { ...nothingYet, recommendations: [{ replicas: 9, atMs: ago(301) }] },
    behavior: undefined,
    now,
  });
  deepEqual(past.recommendations, [{ replicas: 4, atMs: now }]);
});

const pods = (value: number, periodSeconds = 60) => ({ type: "Pods", value, periodSeconds });
const percent = (value: number, periodSeconds = 60) => ({ type: "Percent", value, periodSeconds });

const rates: readonly [string, desired: number, setting: Setting, expected: number][] = [
  [
    "the rule that allows most decides",
    90,
    { current: 10, behavior: { scaleUp: { policies: [pods(5), percent(20)] } } },
    15,
  ],
  [
    "Min: the rule that allows least decides",
    90,
    {
      current: 10,
      behavior: { scaleUp: { selectPolicy: "Min", policies: [pods(5), percent(20)] } },
    },
    12,
  ],
  [
    "a few percent of a few are one at least",
    90,
    { current: 2, behavior: { scaleUp: { policies: [percent(10)] } } },
    3,
  ],
  [
    "Disabled: never up",
    90,
    { current: 2, behavior: { scaleUp: { selectPolicy: "Disabled" } } },
    2,
  ],
  [
    "what was added within the period counts",
    90,
    {
      current: 10,
      past: {
        added: [
          { count: 3, atMs: ago(30) },
          { count: 4, atMs: ago(70) },
        ],
      },
      behavior: { scaleUp: { policies: [pods(5)] } },
    },
    12,
  ],
  [
    "more was added than is allowed: it waits",
    90,
    {
      current: 10,
      past: { added: [{ count: 9, atMs: ago(30) }] },
      behavior: { scaleUp: { policies: [pods(5)] } },
    },
    10,
  ],
  [
    "down: the rule that takes most decides",
    1,
    {
      current: 50,
      behavior: { scaleDown: { stabilizationWindowSeconds: 0, policies: [pods(5), percent(20)] } },
    },
    40,
  ],
  [
    "down, Min: the rule that takes least decides",
    1,
    {
      current: 50,
      behavior: {
        scaleDown: {
          stabilizationWindowSeconds: 0,
          selectPolicy: "Min",
          policies: [pods(5), percent(20)],
        },
      },
    },
    45,
  ],
  [
    "down, Disabled: never",
    1,
    { current: 5, behavior: { scaleDown: { selectPolicy: "Disabled" } } },
    5,
  ],
  [
    "down: what was removed within the period counts",
    1,
    {
      current: 40,
      past: { removed: [{ count: 4, atMs: ago(30) }] },
      behavior: { scaleDown: { stabilizationWindowSeconds: 0, policies: [pods(5)] } },
    },
    39,
  ],
];

for (const [name, desired, setting, expected] of rates) {
  test(`Rates: ${name}`, () => equal(verdict(desired, setting)[0], expected));
}

test("Changes are kept as long as a rule asks for them", () => {
  const past = {
    ...nothingYet,
    added: [
      { count: 1, atMs: ago(61) },
      { count: 2, atMs: ago(59) },
    ],
  };
  const after = afterScaling(past, 3, {
    behavior: behaviorOf({ scaleUp: { policies: [pods(5)] } }),
    now,
  });
  deepEqual(after.added, [
    { count: 2, atMs: ago(59) },
    { count: 3, atMs: now },
  ]);
});
