/** How many pods a second get a node, how long a decision takes, and what it costs. */
import type { Bench, Row } from "../case.ts";
import type { Scenario } from "../scheduling/scenario.ts";
import { scenarios } from "../scheduling/scenarios.ts";
import { startServer } from "../servers/process.ts";
import type { Scheduled } from "../servers/scheduling.ts";

const mebibyte = 2 ** 20;
const residentMiBMax = 700;

/** `--profile=spread` measures that scenario only, and writes spread.cpuprofile. */
export const scheduler: Bench = {
  name: "scheduler",
  summary: "pods that wait get a node: through the API and the durable store, scenario by scenario",
  async *run({ profile }) {
    let residentBytes = 0;
    for (const scenario of scenarios.filter(({ name }) => !profile || name === profile)) {
      const file = profile ? [`${profile.replaceAll(/\W+/g, "-")}.cpuprofile`] : [];
      await using server = await startServer<Scheduled>("scheduling", [scenario.name, ...file]);
      residentBytes = Math.max(residentBytes, server.told.residentBytes);
      yield rowOf(scenario, server.told);
    }
    yield {
      measure: "scheduler, the most memory of all",
      value: residentBytes / mebibyte,
      unit: "MiB",
      goal: { most: residentMiBMax },
    };
  },
};

function rowOf({ name, nodeCount, timed, least }: Scenario, told: Scheduled): Row {
  const { pods, seconds, cpuSeconds, decisionP50Ms, decisionP99Ms, residentBytes } = told;
  const missing = pods < timed.count ? `, ${timed.count - pods} LEFT WAITING` : "";
  const cpu = ((cpuSeconds / pods) * 1e6).toFixed(0);
  const decision = `decision p50 ${decisionP50Ms.toFixed(2)} p99 ${decisionP99Ms.toFixed(2)} ms`;
  const size = `${nodeCount.toLocaleString("en-US")} nodes, ${pods.toLocaleString("en-US")} pods`;
  return {
    measure: `schedule ${name}`,
    value: pods / seconds,
    unit: "pods/s",
    ...(least === undefined ? {} : { goal: { least } }),
    detail: `${size}, ${decision}, CPU ${cpu} µs each, ${Math.round(residentBytes / mebibyte)} MiB${missing}`,
  };
}
