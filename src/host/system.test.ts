import { deepEqual, equal, match, ok } from "node:assert/strict";
import { isIP } from "node:net";
import { test } from "node:test";
import { Metrics } from "#base/metrics.ts";
import { ManualClock } from "#base/testing.ts";
import { systemClock } from "./clock.ts";
import { textLog } from "./log.ts";
import { addProcessMetrics } from "./process-metrics.ts";
import { systemRandom } from "./random.ts";
import {
  interfaceAddresses,
  memoryNow,
  processIdsNow,
  parseDefaultRoute,
  parseDefaultRouteV6,
  parseTopology,
  systemFacts,
} from "./system.ts";

test("the facts of this machine are plausible", async () => {
  const facts = await systemFacts();
  ok(facts.cpus >= 1 && facts.memoryBytes > 2 ** 20);
  match(facts.bootId, /^[\da-f-]{36}$/);
  match(facts.kernelVersion, /^\d+\.\d+/);
  match(facts.architecture, /^(amd64|arm64)$/);
  deepEqual([facts.hostname.length > 0, facts.operatingSystem], [true, "linux"]);
  ok(facts.addresses.every((address) => isIP(address) && !address.startsWith("127.")));
  const { totalBytes, availableBytes } = await memoryNow();
  ok(availableBytes > 0 && availableBytes < totalBytes);
  ok(
    interfaceAddresses().some(
      ({ address, isInternal, bits }) => isInternal && bits === 8 && address === "127.0.0.1",
    ),
  );
});

test("the default route is the cheapest one that is up", () => {
  const table = `Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
wlan0\t00000000\t0100A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0
eth1\t00000000\t0100A8C0\t0002\t0\t0\t1\t00000000\t0\t0\t0
eth0\t00000000\t0100A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0
eth0\t0000A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
`;
  equal(parseDefaultRoute(table), "eth0");
  equal(parseDefaultRoute(""), undefined);
  const zeros = "0".repeat(32);
  const gateway = "fe800000000000000000000000000001";
  const row = (device: string, metric: string, flags: string): string =>
    `${zeros} 00 ${zeros} 00 ${gateway} ${metric} 00000001 00000000 ${flags} ${device}`;
  const v6 = [
    row("lo", "ffffffff", "00200200"),
    row("eth1", "00000400", "00000003"),
    row("eth0", "00000100", "00000003"),
  ];
  equal(parseDefaultRouteV6(v6.join("\n")), "eth0");
  equal(parseDefaultRouteV6(v6[0] ?? ""), undefined);
});

test("timers fire in order, and disposed ones do not", async () => {
  const seen: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const start = systemClock.monotonic();
  systemClock.after(5, resolve);
  systemClock.after(0, () => seen.push("first"));
  const cancelled = systemClock.after(1, () => seen.push("cancelled"));
  // Longer than a timer of the system can be: it must not fire at once.
  const far = systemClock.after(2 ** 40, () => seen.push("far"));
  cancelled[Symbol.dispose]();
  await promise;
  far[Symbol.dispose]();
  deepEqual(seen, ["first"]);
  ok(systemClock.monotonic() > start);
});

test("random bytes are as many as asked for, and others every time", () => {
  const [a, b] = [systemRandom.bytes(16), systemRandom.bytes(16)];
  deepEqual([a.length, b.length], [16, 16]);
  ok(Buffer.compare(a, b) !== 0);
  const n = systemRandom.next();
  ok(n >= 0 && n < 1);
});

test("log lines: time, level, message, fields; one line each", () => {
  const lines: string[] = [];
  const log = textLog({ write: (line) => lines.push(line), clock: new ManualClock() });
  const component = log.with({ component: "scheduler" });
  log.debug("hidden");
  log.info("started", { port: 6443, none: undefined });
  component.warn("pod does not fit", { pod: "a b", reasons: ["x", "y"] });
  component.error("failed", {
    cause: new TypeError("bad\nline", { cause: new Error("connection refused") }),
  });
  deepEqual(lines, [
    "2030-01-01T00:00:00.000Z INFO  started port=6443",
    '2030-01-01T00:00:00.000Z WARN  pod does not fit component=scheduler pod="a b" reasons=["x","y"]',
    '2030-01-01T00:00:00.000Z ERROR failed component=scheduler cause="TypeError: bad\\nline: connection refused"',
  ]);
});

test("a process tells about itself", async () => {
  const metrics = new Metrics();
  addProcessMetrics(metrics);
  const text = await metrics.text();
  match(text, /^# TYPE process_cpu_seconds_total counter$/m);
  match(text, /^process_resident_memory_bytes [1-9]\d{6,}$/m);
  match(text, /^process_open_fds [1-9]\d*$/m);
});

test("processors that share a core or a socket are told apart by /proc/cpuinfo", () => {
  const processor = (socket: number, core: number): string =>
    `processor\t: 7\nphysical id\t: ${socket}\nsiblings\t: 2\ncore id\t\t: ${core}\n`;
  const text = [processor(0, 0), processor(0, 0), processor(0, 1), processor(1, 0)].join("\n");
  deepEqual(parseTopology(text), { physicalCores: 3, sockets: 2 });
  deepEqual(parseTopology("processor\t: 0\nBogoMIPS\t: 50.00\n"), {});
});

test("process ids are counted, and how many there can be", async () => {
  const { used, max } = await processIdsNow();
  ok(used >= 1 && used < max, `${used} of ${max}`);
});
