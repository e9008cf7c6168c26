import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { countersIn } from "./counters.ts";
import { nodeRate, podRates } from "./rates.ts";

const start = Date.parse("2030-01-01T00:00:00Z");

interface Container {
  readonly name?: string;
  readonly cpu: number;
  readonly memory?: number;
  readonly startedAtMs?: number;
}

/** As a kubelet writes it. */
function text(atMs: number, containers: readonly Container[], node = 0): string {
  const lines = containers.flatMap(({ name = "c", cpu, memory = 2 ** 20, startedAtMs = start }) => {
    const labels = `{container="${name}",namespace="default",pod="web"}`;
    return [
      `container_cpu_usage_seconds_total${labels} ${cpu} ${atMs}`,
      `container_memory_working_set_bytes${labels} ${memory} ${atMs}`,
      `container_start_time_seconds${labels} ${startedAtMs / 1_000}`,
    ];
  });
  return [
    "# HELP node_cpu_usage_seconds_total Cumulative",
    `node_cpu_usage_seconds_total ${node} ${atMs}`,
    `node_memory_working_set_bytes 1073741824 ${atMs}`,
    ...lines,
    "",
  ].join("\n");
}

const later = start + 15_000;

test("CPU is the average between two samples, memory the newest value", () => {
  const before = countersIn(text(start, [{ cpu: 10 }], 100));
  const after = countersIn(text(later, [{ cpu: 13, memory: 3 * 2 ** 20 }], 130));
  deepEqual(podRates(before, after, "default/web"), [
    {
      name: "c",
      timestamp: "2030-01-01T00:00:15Z",
      window: "15s",
      usage: { cpu: "200000000n", memory: "3Mi" },
    },
  ]);
  deepEqual(nodeRate(before, after)?.usage, { cpu: "2000000000n", memory: "1Gi" });
});

test("A container that began since counts from its start", () => {
  const before = countersIn(text(start, [{ cpu: 100 }]));
  const startedAtMs = start + 10_000;
  const after = countersIn(text(later, [{ cpu: 1, startedAtMs }]));
  const [rate] = podRates(before, after, "default/web") ?? [];
  deepEqual([rate?.window, rate?.usage.cpu], ["5s", "200000000n"]);
});

test("A pod with a container that nothing is known of is left out", () => {
  const before = countersIn(text(start, []));
  const both = [{ cpu: 1 }, { name: "d", cpu: 1, startedAtMs: later }];
  const after = countersIn(text(later, both));
  equal(podRates(before, after, "default/web"), undefined);
  equal(podRates(before, after, "default/nobody"), undefined);
});
