import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { test } from "node:test";
import { seconds } from "#base/clock.ts";
import { Metrics } from "#base/metrics.ts";
import { VirtualClock } from "#sim/clock.ts";
import { containerWith, podWith, startMs } from "../pod/testing.ts";
import { newPodState, type PodState } from "../pod/state.ts";
import { MemoryRuntime } from "../runtimes/memory.ts";
import { volumeMetrics } from "../server/volume-metrics.ts";
import { PodWork } from "./pod-work.ts";
import { forgetProbes, noteProbe } from "./probes.ts";
import { noteAccepted, noteResizes } from "./resizes.ts";
import { countedRuntime } from "./runtime-operations.ts";
import { volumesByPlugin } from "./storage.ts";
import { noteTask } from "./tasks.ts";

/** The lines that begin so, without that. */
const linesOf = async (metrics: Metrics, prefix: string): Promise<readonly string[]> =>
  (await metrics.text())
    .split("\n")
    .filter((line) => line.startsWith(prefix))
    .map((line) => line.slice(prefix.length));

const stateOf = (...args: Parameters<typeof podWith>): PodState =>
  newPodState({ pod: podWith(...args), node: { hostIps: [] }, atMs: startMs });

test("calls of the runtime are counted by name, with their failures", async () => {
  const [metrics, clock] = [new Metrics(), new VirtualClock()];
  const runtime = countedRuntime(new MemoryRuntime({ clock }), { metrics, clock });
  await runtime.listSandboxes();
  await rejects(runtime.startContainer("nobody"));
  const operations = await linesOf(metrics, "kubelet_runtime_operations_total");
  deepEqual(operations, [
    '{operation_type="list_podsandbox"} 1',
    '{operation_type="start_container"} 1',
  ]);
  deepEqual(await linesOf(metrics, "kubelet_runtime_operations_errors_total"), [
    '{operation_type="start_container"} 1',
  ]);
  equal((await linesOf(metrics, "kubelet_runtime_operations_duration_seconds_count")).length, 2);
});

test("a resize counts for every amount that changes, and only then", async () => {
  const metrics = new Metrics();
  const withResources = (resources: object, generation: number): PodState =>
    stateOf({ containers: [containerWith("app", { resources })] }, { generation });
  const before = withResources({ requests: { cpu: "1", memory: "1Gi" }, limits: { cpu: "2" } }, 1);
  const now = { requests: { cpu: "1000m", memory: "512Mi" }, limits: { cpu: "3", memory: "1Gi" } };
  const after = withResources(now, 2);
  const observation = { is: "time", atMs: startMs } as const;
  noteResizes(metrics, { before, after, observation });
  noteResizes(metrics, { before: after, after, observation });
  deepEqual(await linesOf(metrics, "kubelet_container_requested_resizes_total"), [
    '{resource="cpu",requirement="limits",operation="increase"} 1',
    '{resource="memory",requirement="requests",operation="decrease"} 1',
    '{resource="memory",requirement="limits",operation="add"} 1',
  ]);
});

test("a node that never can, and one that can by now, are counted once each", async () => {
  const metrics = new Metrics();
  const idle = stateOf();
  const pending = { reason: "Infeasible", message: "no", generation: 2, sinceMs: 0 } as const;
  const resize = {
    allocation: { containers: {} },
    given: 0,
    set: 0,
    isAsking: false,
    isBusy: false,
  };
  const denied: PodState = { ...idle, resize: { ...resize, pending } };
  const observation = { is: "time", atMs: startMs } as const;
  noteResizes(metrics, { before: idle, after: denied, observation });
  noteResizes(metrics, { before: denied, after: denied, observation });
  deepEqual(await linesOf(metrics, "kubelet_pod_infeasible_resizes_total"), [
    '{reason_detail="insufficient_node_allocatable"} 1',
  ]);
  const conditions = [{ type: "PodResizePending", status: "True", reason: "Deferred" }];
  const pod = { ...podWith(), status: { phase: "Running", conditions } } as never;
  noteAccepted(metrics, pod, "pods_removed");
  noteAccepted(metrics, podWith(), "pod_updated");
  deepEqual(await linesOf(metrics, "kubelet_pod_deferred_accepted_resizes_total"), [
    '{retry_trigger="pods_removed"} 1',
  ]);
});

test("a worker is busy from the first task to the end of the last; probes do not count", async () => {
  const [metrics, clock] = [new Metrics(), new VirtualClock()];
  const work = new PodWork({ metrics, clock });
  work.begin("mountVolumes", "runtime");
  await clock.advance(seconds(2));
  work.begin("runSandbox", "did");
  work.end("mountVolumes");
  await clock.advance(seconds(1));
  work.end("runSandbox");
  work.begin("probe", "time");
  await clock.advance(seconds(9));
  work.end("probe");
  work.begin("allocate", "pod");
  work.end("allocate");
  deepEqual(await linesOf(metrics, "kubelet_pod_worker_duration_seconds_sum"), [
    '{operation_type="create"} 3',
    '{operation_type="update"} 0',
  ]);
});

/** Of whatever task: what is not noted is left out. */
const ended = (task: object, outcome: object, state: PodState): never =>
  ({ task, outcome, seconds: 0.5, state }) as never;

test("starts of containers are counted by sort, and failed ones by reason", async () => {
  const metrics = new Metrics();
  const state = stateOf({ initContainers: [containerWith("setup")] });
  const started = { do: "startContainer", container: "app" };
  noteTask(metrics, ended(started, { ok: true }, state));
  noteTask(metrics, ended({ ...started, container: "setup" }, { ok: false }, state));
  noteTask(metrics, ended({ do: "pullImage", container: "app" }, { ok: false }, state));
  deepEqual(await linesOf(metrics, "kubelet_started_containers"), [
    '_total{container_type="container"} 2',
    '_total{container_type="init_container"} 1',
    '_errors_total{container_type="init_container",code="RunContainerError"} 1',
    '_errors_total{container_type="container",code="ErrImagePull"} 1',
  ]);
});

test("volumes that are images are counted as asked for, and by how that went", async () => {
  const metrics = new Metrics();
  for (const outcome of [{ ok: true }, { ok: true }, { ok: false }])
    noteTask(metrics, ended({ do: "placeImage", volume: "v" }, outcome, stateOf()));
  deepEqual(await linesOf(metrics, "kubelet_image_volume_"), [
    "requested_total 3",
    "mounted_succeed_total 2",
    "mounted_errors_total 1",
  ]);
});

test("probes are counted by what they found, until the pod is gone", async () => {
  const metrics = new Metrics();
  const task = { do: "probe", container: "app", probe: "readiness" };
  for (const outcome of [
    { ok: true, isHealthy: true },
    { ok: true, isHealthy: false },
    { ok: false },
  ])
    noteProbe(metrics, ended(task, outcome, stateOf()));
  const of = 'container="app",pod="web",namespace="default",pod_uid="u1"';
  deepEqual(
    await linesOf(metrics, 'prober_probe_total{probe_type="Readiness",'),
    ["successful", "failed", "unknown"].map((result) => `result="${result}",${of}} 1`),
  );
  forgetProbes(metrics, stateOf());
  deepEqual(await linesOf(metrics, "prober_probe_"), []);
});

const claimed = stateOf({
  volumes: [
    { name: "data", persistentVolumeClaim: { claimName: "disk" } },
    { name: "own", ephemeral: {} },
    { name: "texts", configMap: { name: "texts" } },
  ],
});

test("volumes are counted by plugin: what is wanted and what is there", () => {
  const mounted = { at: "mounted", isRefreshing: false, isStale: false, refreshAtMs: 0 } as const;
  deepEqual(
    [...volumesByPlugin([claimed, { ...claimed, volumes: mounted }])],
    [
      [["kubernetes.io/csi", "desired_state_of_world"], 4],
      [["kubernetes.io/configmap", "desired_state_of_world"], 2],
      [["kubernetes.io/csi", "actual_state_of_world"], 2],
      [["kubernetes.io/configmap", "actual_state_of_world"], 1],
    ],
  );
});

test("volumes of claims tell how full they are; one that is gone is left out", async () => {
  const at = (path: string) => ({ path, isReadOnly: false });
  const volumes = new Map([
    ["data", at("/data")],
    ["own", at("/gone")],
    ["texts", at("/texts")],
  ]);
  const space = async (path: string) => {
    if (path === "/gone") throw new Error("no such file");
    return { totalBytes: 100, freeBytes: 40, inodes: { total: 10, free: 9 } };
  };
  const pod = { state: claimed, volumes, observed: async () => undefined };
  const text = await volumeMetrics([pod, pod], { space });
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  const labels = '{namespace="default",persistentvolumeclaim="disk"}';
  deepEqual(
    lines,
    [
      "capacity_bytes 100",
      "available_bytes 40",
      "used_bytes 60",
      "inodes 10",
      "inodes_free 9",
      "inodes_used 1",
    ].map((line) => `kubelet_volume_stats_${line.replace(" ", `${labels} `)}`),
  );
  match(text, /^# TYPE kubelet_volume_stats_used_bytes gauge$/m);
  ok(!text.includes("texts"));
});
