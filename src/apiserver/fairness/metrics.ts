/** What is counted of priority levels and flow schemas. Names: facts/metrics.json. */
import type { HistogramChild, Metrics, Sample } from "#base/metrics.ts";
import type { Fairness } from "./fairness.ts";
import type { Flow } from "./flow.ts";
import type { Level } from "./level.ts";

const waitBuckets = [0, 0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30];

/** Seconds in a queue, of those that were served and those that were not. */
export type WaitTimes = (flow: Flow, isServed: boolean, seconds: number) => void;

export function observeFairness(metrics: Metrics, fairness: Fairness): WaitTimes {
  for (const [name, help, read] of ofLevels) {
    const options = { name: `apiserver_flowcontrol_${name}`, help, labels: ["priority_level"] };
    metrics.observed(options, () =>
      Array.from(fairness.levels, (level): Sample => [[level.name], read(level)]),
    );
  }
  const labels = ["flow_schema", "priority_level"];
  for (const [name, help, read] of ofFlows) {
    const type = name.endsWith("_total") ? "counter" : "gauge";
    const options = { name: `apiserver_flowcontrol_${name}`, help, labels, type } as const;
    metrics.observed(options, () =>
      fairness.flows.map((flow): Sample => [[flow.name, flow.level.name], read(flow)]),
    );
  }
  observeRefusals(metrics, fairness);
  return waitTimes(metrics);
}

type Readings<T> = readonly (readonly [name: string, help: string, read: (of: T) => number])[];

const ofLevels: Readings<Level> = [
  ["nominal_limit_seats", "Seats of a level by its shares.", ({ limits }) => limits.nominal],
  ["lower_limit_seats", "Seats that a level never lends.", ({ limits }) => limits.min],
  ["upper_limit_seats", "Seats that a level has at most.", ({ limits }) => limits.max],
  ["current_limit_seats", "Seats of a level now.", ({ seats }) => seats],
];

const ofFlows: Readings<Flow> = [
  ["current_executing_requests", "Requests being served.", ({ counts }) => counts.executing],
  ["current_executing_seats", "Seats taken.", ({ counts }) => counts.seats],
  ["current_inqueue_requests", "Requests that wait for a seat.", ({ counts }) => counts.waiting],
  ["dispatched_requests_total", "Requests that got a seat.", ({ counts }) => counts.dispatched],
];

function observeRefusals(metrics: Metrics, fairness: Fairness): void {
  const options = {
    name: "apiserver_flowcontrol_rejected_requests_total",
    help: "Requests that got no seat, by reason.",
    labels: ["flow_schema", "priority_level", "reason"],
    type: "counter",
  } as const;
  metrics.observed(options, () =>
    fairness.flows.flatMap(({ name, level, counts }) =>
      Array.from(counts.refused, ([why, count]): Sample => [[name, level.name, why], count]),
    ),
  );
}

function waitTimes(metrics: Metrics): WaitTimes {
  const family = metrics.histogram(
    "apiserver_flowcontrol_request_wait_duration_seconds",
    "How long requests waited for a seat.",
    ["execute", "flow_schema", "priority_level"],
    waitBuckets,
  );
  const known = new WeakMap<Flow, Record<"true" | "false", HistogramChild>>();
  return (flow, isServed, seconds) => {
    let children = known.get(flow);
    if (!children) {
      const child = (served: string): HistogramChild =>
        family.with(served, flow.name, flow.level.name);
      known.set(flow, (children = { true: child("true"), false: child("false") }));
    }
    children[isServed ? "true" : "false"].observe(seconds);
  };
}
