import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { Pod } from "#api/core/pod.ts";
import { formatTime, minutes, seconds } from "#base/clock.ts";
import { made, testNow as now } from "../runtime/testing.ts";
import {
  byAverage,
  byTotal,
  byTotalPerPod,
  byUtilization,
  type Measures,
  type Situation,
} from "./calculator.ts";
import { requestsOf } from "./requests.ts";

interface Sketch {
  readonly phase?: string;
  readonly ready?: boolean;
  /** Since it started, and since its readiness changed. */
  readonly ageMs?: number;
  readonly readyForMs?: number;
  readonly isGoing?: boolean;
}

function pod(name: string, sketch: Sketch = {}): Pod {
  const { phase = "Running", ready = true, ageMs = minutes(10), isGoing = false } = sketch;
  const changedMs = now - (sketch.readyForMs ?? ageMs);
  const going = isGoing ? { deletionTimestamp: formatTime(now) } : {};
  return made(Pod, {
    metadata: { name, ...going },
    spec: { containers: [{ name: "c", image: "i", resources: { requests: { cpu: "100m" } } }] },
    status: {
      phase,
      startTime: formatTime(now - ageMs),
      conditions: [
        {
          type: "Ready",
          status: ready ? "True" : "False",
          lastTransitionTime: formatTime(changedMs),
        },
      ],
    },
  });
}

const tolerance = { up: 0.1, down: 0.1 };

const situation = (pods: readonly Pod[], replicas = pods.length): Situation => ({
  pods,
  replicas,
  tolerance,
  now,
});

/** Values by the pods' order; `undefined` was not measured. */
const measured = (...values: readonly (number | undefined)[]): Measures =>
  new Map(
    values.flatMap((milli, i) =>
      milli === undefined
        ? []
        : [[`p${i}`, { milli, atMs: now - seconds(5), windowMs: seconds(15) }] as const],
    ),
  );

const pods = (...sketches: readonly Sketch[]): readonly Pod[] =>
  sketches.map((sketch, i) => pod(`p${i}`, sketch));

const ok: Sketch = {};
const young: Sketch = { ready: false, ageMs: minutes(1) };
const pending: Sketch = { phase: "Pending", ready: false };

const utilizations: readonly [
  name: string,
  pods: readonly Pod[],
  measures: Measures,
  target: number,
  expected: number,
][] = [
  ["goes up in proportion", pods(ok, ok, ok), measured(300, 500, 700), 30, 50],
  ["goes down in proportion", pods(ok, ok, ok, ok, ok), measured(10, 30, 50, 25, 35), 100, 1.5],
  ["stays within the tolerance", pods(ok, ok), measured(108, 109), 100, 2],
  ["stays at the edge of the tolerance", pods(ok, ok), measured(110, 110), 100, 2],
  [
    "takes the unready for idle when going up",
    pods(ok, young, young),
    measured(300, 900, 900),
    50,
    6,
  ],
  ["leaves the unready out when going down", pods(ok, ok, young), measured(10, 10, 900), 50, 1],
  ["takes the pending for idle when going up", pods(ok, ok, pending), measured(500, 700), 30, 39.5],
  [
    "never goes the other way because of the unready",
    pods(ok, young, young, young),
    measured(100, 0, 0, 0),
    50,
    4,
  ],
  ["takes the missing for idle when going up", pods(ok, ok, ok), measured(250, 250), 50, 10],
  ["takes the missing for full when going down", pods(ok, ok, ok, ok), measured(10, 10, 10), 50, 3],
  [
    "takes the missing for what is aimed at when that is more than they request",
    pods(ok, ok, ok, ok),
    measured(100, 100, 100),
    200,
    2.5,
  ],
  [
    "leaves out who goes or has failed",
    pods(ok, { isGoing: true }, { phase: "Failed" }),
    measured(200, 900, 900),
    100,
    2,
  ],
];

for (const [name, all, measures, target, expected] of utilizations) {
  test(`Utilization: it ${name}`, () => {
    const requests = requestsOf(all, "cpu", undefined);
    const found = byUtilization(situation(all), measures, { requests, target, isCpu: true });
    equal(found.replicas, Math.ceil(expected));
  });
}

test("Utilization is whole percents of the requests, cut off", () => {
  const all = pods(ok, ok, ok);
  const requests = requestsOf(all, "cpu", undefined);
  const found = byUtilization(situation(all), measured(33, 33, 34), {
    requests,
    target: 50,
    isCpu: true,
  });
  deepEqual(found, { replicas: 2, utilization: 33, averageMilli: 33 });
});

test("Young pods count for CPU once a whole window was measured since they became ready", () => {
  const all = (readyForMs: number): readonly Pod[] => pods(ok, { ageMs: minutes(2), readyForMs });
  const replicas = (readyForMs: number, isCpu: boolean): number =>
    byAverage(situation(all(readyForMs)), measured(300, 300), { target: 100, isCpu }).replicas;
  equal(replicas(seconds(60), true), 6);
  equal(replicas(seconds(10), true), 3);
  equal(replicas(seconds(10), false), 6);
});

test("A pod that was ready once counts even when it is not any more", () => {
  const lost: Sketch = { ready: false, ageMs: minutes(10), readyForMs: minutes(1) };
  const never: Sketch = { ready: false, ageMs: minutes(10), readyForMs: minutes(10) };
  const replicas = (second: Sketch): number =>
    byAverage(situation(pods(ok, second)), measured(300, 300), { target: 100, isCpu: true })
      .replicas;
  equal(replicas(lost), 6);
  equal(replicas(never), 3);
});

test("Averages per pod: up, down, and not at all", () => {
  const all = pods(ok, ok);
  const of = (...values: readonly number[]) =>
    byAverage(situation(all), measured(...values), { target: 100, isCpu: false });
  deepEqual(of(200, 300), { replicas: 5, averageMilli: 250 });
  deepEqual(of(20, 30), { replicas: 1, averageMilli: 25 });
  deepEqual(of(95, 96), { replicas: 2, averageMilli: 95 });
});

test("A total counts ready pods only, and wakes a workload that has none", () => {
  const some = situation(pods(ok, ok, young));
  equal(byTotal(some, { total: 300, target: 100 }), 6);
  equal(byTotal(some, { total: 105, target: 100 }), 3);
  const none = situation([], 0);
  equal(byTotal(none, { total: 250, target: 100 }), 3);
  equal(byTotal(none, { total: 0, target: 100 }), 0);
});

test("A total per pod is shared out among the pods there are", () => {
  const among = (replicas: number) => ({ replicas, tolerance });
  deepEqual(byTotalPerPod(among(2), { total: 900, target: 100 }), {
    replicas: 9,
    averageMilli: 450,
  });
  deepEqual(byTotalPerPod(among(9), { total: 950, target: 100 }), {
    replicas: 9,
    averageMilli: 106,
  });
  deepEqual(byTotalPerPod(among(0), { total: 0, target: 100 }), { replicas: 0, averageMilli: 0 });
});

test("Tolerances may differ by direction", () => {
  const all = pods(ok, ok);
  const with_ = { ...situation(all), tolerance: { up: 0, down: 0.5 } };
  const replicas = (...values: readonly number[]): number =>
    byAverage(with_, measured(...values), { target: 100, isCpu: false }).replicas;
  equal(replicas(101, 101), 3);
  equal(replicas(60, 60), 2);
});

test("What cannot be computed says why", () => {
  const of = (all: readonly Pod[], measures: Measures) => () =>
    byAverage(situation(all), measures, { target: 1, isCpu: true });
  throws(
    of([], measured(1)),
    /^Error: no pods returned by selector while calculating replica count$/,
  );
  throws(
    of(pods(young), measured(1)),
    /did not receive metrics for targeted pods \(pods might be unready\)/,
  );
  const bare = made(Pod, {
    metadata: { name: "bare" },
    spec: { containers: [{ name: "c", image: "i" }] },
  });
  throws(
    () => requestsOf([bare], "cpu", undefined),
    /missing request for cpu in container c of Pod bare/,
  );
  throws(() => requestsOf([bare], "cpu", "d"), /container d not found in Pod bare/);
});

test("Requests are those of the pod as a whole, else of its lasting containers", () => {
  const resources = (cpu: string) => ({ requests: { cpu } });
  const both = made(Pod, {
    metadata: { name: "p" },
    spec: {
      containers: [{ name: "a", image: "i", resources: resources("100m") }],
      initContainers: [
        { name: "side", image: "i", restartPolicy: "Always", resources: resources("50m") },
        { name: "init", image: "i", resources: resources("4") },
      ],
    },
  });
  deepEqual([...requestsOf([both], "cpu", undefined).values()], [150]);
  deepEqual([...requestsOf([both], "cpu", "side").values()], [50]);
  const whole = { ...both, spec: { ...both.spec, resources: resources("1") } };
  deepEqual([...requestsOf([whole], "cpu", undefined).values()], [1_000]);
});
