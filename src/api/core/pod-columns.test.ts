import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { draftFrom } from "#api/testing.ts";
import { Pod } from "./pod.ts";
import { podWith } from "./testing.ts";

const nowMs = Date.parse("2024-01-02T00:00:00Z");

interface Sample {
  readonly spec?: object;
  readonly metadata?: object;
  readonly status: object;
}

function cells({ spec, metadata, status }: Sample): { readonly [column: string]: unknown } {
  const pod: Pod = draftFrom(Pod, { ...podWith(spec, metadata), status });
  return Object.fromEntries((Pod.columns ?? []).map(({ name, cell }) => [name, cell(pod, nowMs)]));
}

const running = { running: { startedAt: "2024-01-01T00:00:00Z" } };
const waiting = (reason: string) => ({ waiting: { reason } });
const terminated = (exitCode: number, more: object = {}) => ({ terminated: { exitCode, ...more } });

const report = (state: object, more: object = {}) => ({ name: "web", state, ...more });
const ready = (name = "web") => ({ name, state: running, ready: true, started: true });

const isReady = [{ type: "Ready", status: "True" }];
const init = [
  { name: "a", image: "a" },
  { name: "b", image: "b" },
];
const sidecar = [{ name: "s", image: "s", restartPolicy: "Always" }];
const done = terminated(0, { reason: "Completed" });

/** Name, pod, then the columns Ready and Status. */
const samples: readonly (readonly [name: string, pod: Sample, ready: string, status: string])[] = [
  ["new", { status: { phase: "Pending" } }, "0/1", "Pending"],
  [
    "behind a gate",
    {
      status: {
        phase: "Pending",
        conditions: [{ type: "PodScheduled", status: "False", reason: "SchedulingGated" }],
      },
    },
    "0/1",
    "SchedulingGated",
  ],
  ["evicted", { status: { phase: "Failed", reason: "Evicted" } }, "0/1", "Evicted"],
  [
    "pulling its image",
    {
      status: { phase: "Pending", containerStatuses: [report(waiting("ContainerCreating"))] },
    },
    "0/1",
    "ContainerCreating",
  ],
  [
    "running",
    { status: { phase: "Running", conditions: isReady, containerStatuses: [ready()] } },
    "1/1",
    "Running",
  ],
  [
    "crashing",
    { status: { phase: "Running", containerStatuses: [report(waiting("CrashLoopBackOff"))] } },
    "0/1",
    "CrashLoopBackOff",
  ],
  [
    "completed",
    { status: { phase: "Succeeded", containerStatuses: [report(done)] } },
    "0/1",
    "Completed",
  ],
  [
    "failed",
    {
      status: {
        phase: "Failed",
        containerStatuses: [report(terminated(1, { reason: "Error" }))],
      },
    },
    "0/1",
    "Error",
  ],
  [
    "ended without a reason",
    { status: { phase: "Failed", containerStatuses: [report(terminated(3))] } },
    "0/1",
    "ExitCode:3",
  ],
  [
    "killed",
    { status: { phase: "Failed", containerStatuses: [report(terminated(137, { signal: 9 }))] } },
    "0/1",
    "Signal:9",
  ],
  [
    "half completed and ready",
    {
      spec: { containers: init },
      status: {
        phase: "Running",
        conditions: isReady,
        containerStatuses: [{ name: "a", state: done }, ready("b")],
      },
    },
    "1/2",
    "Running",
  ],
  [
    "half completed and not ready",
    {
      spec: { containers: init },
      status: { phase: "Running", containerStatuses: [{ name: "a", state: done }, ready("b")] },
    },
    "1/2",
    "NotReady",
  ],
  [
    "half completed, half failed",
    {
      spec: { containers: init },
      status: {
        phase: "Failed",
        containerStatuses: [
          { name: "a", state: done },
          { name: "b", state: terminated(2, { reason: "Error" }) },
        ],
      },
    },
    "0/2",
    "Error",
  ],
  [
    "at its second init container",
    {
      spec: { initContainers: init },
      status: {
        phase: "Pending",
        initContainerStatuses: [
          { name: "a", state: done },
          { name: "b", state: running },
        ],
        containerStatuses: [report(waiting("PodInitializing"))],
      },
    },
    "0/1",
    "Init:1/2",
  ],
  [
    "failing to initialize",
    {
      spec: { initContainers: init },
      status: {
        phase: "Pending",
        initContainerStatuses: [{ name: "a", state: waiting("CrashLoopBackOff") }],
      },
    },
    "0/1",
    "Init:CrashLoopBackOff",
  ],
  [
    "about to initialize",
    {
      spec: { initContainers: init },
      status: {
        phase: "Pending",
        initContainerStatuses: [{ name: "a", state: waiting("PodInitializing") }],
      },
    },
    "0/1",
    "Init:0/2",
  ],
  [
    "whose init container was killed",
    {
      spec: { initContainers: init },
      status: { initContainerStatuses: [{ name: "a", state: terminated(137, { signal: 9 }) }] },
    },
    "0/1",
    "Init:Signal:9",
  ],
  [
    "whose init container failed",
    {
      spec: { initContainers: init },
      status: { initContainerStatuses: [{ name: "a", state: terminated(1) }] },
    },
    "0/1",
    "Init:ExitCode:1",
  ],
  [
    "with a sidecar",
    {
      spec: { initContainers: sidecar },
      status: {
        phase: "Running",
        conditions: isReady,
        initContainerStatuses: [ready("s")],
        containerStatuses: [ready()],
      },
    },
    "2/2",
    "Running",
  ],
  [
    "whose sidecar is not started yet",
    {
      spec: { initContainers: sidecar },
      status: { phase: "Pending", initContainerStatuses: [{ name: "s", state: running }] },
    },
    "0/2",
    "Init:0/1",
  ],
  [
    "on its way out",
    {
      metadata: { deletionTimestamp: "2024-01-01T00:00:00Z" },
      status: { phase: "Running", conditions: isReady, containerStatuses: [ready()] },
    },
    "1/1",
    "Terminating",
  ],
  [
    "completed, on its way out",
    {
      metadata: { deletionTimestamp: "2024-01-01T00:00:00Z" },
      status: { phase: "Succeeded", containerStatuses: [report(done)] },
    },
    "0/1",
    "Completed",
  ],
  [
    "lost with its node",
    {
      metadata: { deletionTimestamp: "2024-01-01T00:00:00Z" },
      status: { phase: "Running", reason: "NodeLost" },
    },
    "0/1",
    "Unknown",
  ],
];

for (const [name, pod, readyText, statusText] of samples) {
  test(`a pod ${name} reads ${readyText} ${statusText}`, () => {
    const { Ready, Status } = cells(pod);
    deepEqual([Ready, Status], [readyText, statusText]);
  });
}

test("restarts are counted, with the time of the last", () => {
  const lastState = terminated(1, { finishedAt: "2024-01-01T23:55:00Z" });
  const restarted = { restartCount: 3, lastState, state: running, ready: true };
  const of = (status: object, spec: object = {}) => cells({ spec, status })["Restarts"];
  equal(of({ containerStatuses: [ready()] }), "0");
  equal(of({ containerStatuses: [{ name: "web", ...restarted }] }), "3 (5m ago)");
  equal(of({ containerStatuses: [{ name: "web", restartCount: 2, state: running }] }), "2");
  // While it initializes, only the init containers count; later, only sidecars.
  const initContainerStatuses = [{ name: "a", ...restarted, state: waiting("Error") }];
  equal(of({ initContainerStatuses }, { initContainers: init }), "3 (5m ago)");
  const ended = [{ name: "a", ...restarted, state: terminated(0) }];
  equal(of({ initContainerStatuses: ended }, { initContainers: init.slice(0, 1) }), "0");
  const beside = [{ ...ready("s"), restartCount: 1 }];
  equal(
    of(
      { initContainerStatuses: beside, containerStatuses: [ready()] },
      { initContainers: sidecar },
    ),
    "1",
  );
});

test("wide columns tell where a pod is", () => {
  const { Age, IP, Node, ...others } = cells({
    spec: { nodeName: "n", readinessGates: [{ conditionType: "a/b" }, { conditionType: "c/d" }] },
    metadata: { creationTimestamp: "2024-01-01T00:00:00Z" },
    status: {
      podIPs: [{ ip: "10.0.0.1" }, { ip: "::1" }],
      conditions: [{ type: "a/b", status: "True" }],
    },
  });
  deepEqual([Age, IP, Node], ["24h", "10.0.0.1", "n"]);
  deepEqual([others["Nominated Node"], others["Readiness Gates"]], ["<none>", "1/2"]);
  const unplaced = cells({ status: {} });
  deepEqual(
    [unplaced["IP"], unplaced["Node"], unplaced["Readiness Gates"], unplaced["Age"]],
    ["<none>", "<none>", "<none>", "<unknown>"],
  );
});

test("rows of pods that are over say so", () => {
  const row = (phase: string) =>
    Pod.rowConditions?.(draftFrom(Pod, { ...podWith(), status: { phase } }));
  deepEqual(row("Running"), []);
  deepEqual(row("Failed"), [{ type: "Completed", status: "True", reason: "Failed" }]);
});

test("pods are selected by node, phase and address", () => {
  const status = { phase: "Running", podIPs: [{ ip: "10.0.0.1" }], nominatedNodeName: "m" };
  const spec = { nodeName: "n", hostNetwork: true, serviceAccountName: "a" };
  const pod: Pod = draftFrom(Pod, { ...podWith(spec), status });
  const fields = Object.entries(Pod.selectableFields ?? {}).map(([path, of]) => [path, of(pod)]);
  deepEqual(Object.fromEntries(fields), {
    "spec.nodeName": "n",
    "spec.host": "n",
    "spec.restartPolicy": "Always",
    "spec.schedulerName": "default-scheduler",
    "spec.serviceAccountName": "a",
    "spec.hostNetwork": "true",
    "status.phase": "Running",
    "status.podIP": "10.0.0.1",
    "status.podIPs": "",
    "status.nominatedNodeName": "m",
  });
});
