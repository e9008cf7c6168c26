/** What is printed of a node, read back as strictly as Prometheus reads it. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { test } from "node:test";
import type { MachineFacts } from "#kubelet/ports.ts";
import type { DetailedUsage } from "../detailed-usage.ts";
import { familiesIn, type ParsedFamily } from "../testing.ts";
import { usageOf } from "../testing-usage.ts";
import { cadvisorMetrics } from "./cadvisor-metrics.ts";

const machine: MachineFacts = {
  hostname: "n1",
  addresses: [],
  cpus: 4,
  physicalCores: 2,
  sockets: 1,
  memoryBytes: 8,
  swapBytes: 0,
  machineId: "m",
  systemUuid: "s",
  bootId: "b",
  kernelVersion: "6.1",
  osImage: 'Debian "12"',
  architecture: "amd64",
};

const little = { cpuNanoseconds: 2e9, memoryBytes: 9, workingSetBytes: 7 };
const stall = { avg10: 0, avg60: 0, avg300: 0, totalMicroseconds: 2_500_000 };

const told = (details: DetailedUsage["node"]["details"]): ReadonlyMap<string, ParsedFamily> =>
  familiesIn(cadvisorMetrics(usageOf(little, details), machine));

const valuesOf = (family: ParsedFamily | undefined, wanted: string): readonly number[] =>
  (family?.samples ?? [])
    .filter(({ labels }) => labels["container"] === wanted)
    .map(({ value }) => value);

test("the machine, the pods together, a pod, its sandbox and its container are told apart", () => {
  const family = told(little).get("container_memory_working_set_bytes");
  equal(family?.type, "gauge");
  const of = { container: "", image: "", name: "", namespace: "", pod: "" };
  const pod = { ...of, namespace: "default", pod: "web" };
  deepEqual(
    family?.samples.map(({ labels, value, atMs }) => [labels, value, atMs]),
    [
      [{ ...of, id: "/" }, 7, 5_000],
      [{ ...of, id: "/k8ts" }, 7, 5_000],
      [{ ...pod, id: "/k8ts/podu1" }, 7, 5_000],
      [{ ...pod, container: "POD", id: "/k8ts/podu1/s1", name: "s1" }, 7, 5_000],
      [
        {
          ...pod,
          container: "app",
          id: "/k8ts/podu1/c1",
          image: "docker.io/library/web:1",
          name: "c1",
        },
        7,
        5_000,
      ],
    ],
  );
});

test("traffic is told of the machine and of sandboxes, disks of the machine and of containers", () => {
  const families = told(little);
  const sent = families.get("container_network_transmit_packets_dropped_total");
  deepEqual(
    sent?.samples.map(({ labels, value }) => [labels["id"], labels["interface"], value]),
    [
      ["/", "eth0", 8],
      ["/k8ts/podu1/s1", "eth0", 8],
    ],
  );
  const files = families.get("container_fs_usage_bytes")?.samples;
  deepEqual(
    files?.map(({ labels, value }) => [labels["id"], labels["device"], value]),
    [
      ["/", "/dev/vda", 60],
      ["/k8ts/podu1/c1", "/dev/vda", 11],
    ],
  );
});

test("what a kernel does not tell has no sample, and a metric without samples is not there", () => {
  const families = told(little);
  for (const name of [
    "container_memory_rss",
    "container_memory_swap",
    "container_cpu_user_seconds_total",
    "container_pressure_io_waiting_seconds_total",
    "container_spec_cpu_shares",
    "container_oom_events_total",
  ])
    equal(families.has(name), false, name);
  for (const { samples, name } of families.values()) ok(samples.length > 0, name);
});

test("all that a kernel tells of a container is there, in the units of its name", () => {
  const throttling = { periods: 12, throttledPeriods: 3, throttledNanoseconds: 5e8 };
  const details = {
    ...little,
    cpuTimes: { user: 15e8, system: 5e8 },
    throttling,
    memory: { anonymous: 1, ownFaults: { all: 4, major: 1 }, faults: { all: 5, major: 2 } },
    devices: [{ device: "/dev/vda", major: 254, minor: 0, readBytes: 4_096, reads: 1 }],
    processes: 2,
    threads: 5,
    outOfMemoryKills: 0,
    pressure: { cpu: { some: stall, full: stall } },
    bounds: { cpuShares: 2, cpuQuotaMicroseconds: 50_000, memoryBytes: 0 },
  };
  const families = told(details);
  for (const [name, ...expected] of [
    ["container_cpu_usage_seconds_total", 2],
    ["container_cpu_user_seconds_total", 1.5],
    ["container_cpu_cfs_throttled_seconds_total", 0.5],
    ["container_memory_failures_total", 4, 1, 5, 2],
    ["container_fs_reads_bytes_total", 4_096],
    ["container_blkio_device_usage_total", 4_096],
    ["container_oom_events_total", 0],
    ["container_pressure_cpu_stalled_seconds_total", 2.5],
    ["container_spec_cpu_quota", 50_000],
    ["container_spec_memory_limit_bytes", 0],
    ["container_start_time_seconds", 3],
    ["container_last_seen", 5],
  ] as const)
    deepEqual(valuesOf(families.get(name), "app"), expected, name);
  equal(families.has("container_fs_writes_bytes_total"), false);
  const { bounds, ...unlimited } = details;
  equal(bounds.cpuQuotaMicroseconds, 50_000);
  equal(told(unlimited).has("container_cpu_cfs_periods_total"), false);
});

test("limits and starts are of no moment: they have no time", () => {
  const families = told({ ...little, bounds: { cpuShares: 2 } });
  for (const { name, samples } of families.values()) {
    const isTimeless = /^(container_(spec|start)|machine|cadvisor)|scrape_error$/.test(name);
    for (const { atMs } of samples) equal(atMs === undefined, isTimeless, name);
  }
});

test("the machine is told of, and what could not be read", () => {
  const families = told(little);
  const { labels, value } = families.get("machine_cpu_physical_cores")?.samples[0] ?? {};
  deepEqual([labels, value], [{ boot_id: "b", machine_id: "m", system_uuid: "s" }, 2]);
  equal(families.get("cadvisor_version_info")?.samples[0]?.labels["osVersion"], 'Debian "12"');
  equal(families.get("container_scrape_error")?.samples[0]?.value, 0);
  match(cadvisorMetrics(undefined, undefined), /^container_scrape_error 1$/m);
});
