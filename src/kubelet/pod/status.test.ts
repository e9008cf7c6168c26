import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import type { ContainerStatus, PodCondition } from "#api/core/pod-status.ts";
import type { Pod } from "#api/core/pod.ts";
import { oneOfEachFamily } from "./addresses.ts";
import { conditionsOf } from "./conditions.ts";
import type { ObservedContainer } from "./observed.ts";
import { phaseOf } from "./phase.ts";
import { newPodState, type PodState } from "./state.ts";
import { statusOf } from "./status.ts";
import { containerWith, podWith, startMs } from "./testing.ts";

const status = (name: string, state: object, parts: object = {}): ContainerStatus => ({
  name,
  state,
  lastState: {},
  ready: false,
  restartCount: 0,
  image: "",
  imageID: "",
  ...parts,
});

const running = { running: { startedAt: null } };
const waiting = { waiting: {} };
const ended = (exitCode: number) => ({
  terminated: { exitCode, startedAt: null, finishedAt: null },
});

const two = { containers: [containerWith("a"), containerWith("b")] };

for (const [what, policy, states, isOver, phase] of [
  ["both run", "Always", [running, running], false, "Running"],
  ["one waits", "Always", [running, waiting], false, "Pending"],
  ["one runs, one is done", "Never", [running, ended(0)], false, "Running"],
  ["both succeeded", "Never", [ended(0), ended(0)], false, "Succeeded"],
  ["one failed for good", "Never", [ended(0), ended(1)], false, "Failed"],
  ["one failed and returns", "OnFailure", [ended(0), ended(1)], false, "Running"],
  ["both return", "Always", [ended(0), ended(0)], false, "Running"],
  ["both would return, but it is over", "Always", [ended(0), ended(0)], true, "Succeeded"],
  ["one failed, and it is over", "Always", [ended(0), ended(143)], true, "Failed"],
] as const) {
  test(`policy ${policy}, ${what}: ${phase}`, () => {
    const [a, b] = states;
    const pod = podWith({ ...two, restartPolicy: policy });
    equal(phaseOf(pod, [status("a", a), status("b", b)], isOver), phase);
  });
}

test("a pod is Pending until its init containers are done, and Failed when one is for good", () => {
  const pod = podWith({ initContainers: [containerWith("i")], restartPolicy: "Never" });
  const of = (init: object) => phaseOf(pod, [status("app", waiting), status("i", init)], false);
  deepEqual([of(running), of(ended(1))], ["Pending", "Failed"]);
});

const conditions = (pod: Pod, statuses: readonly ContainerStatus[], before: PodCondition[] = []) =>
  conditionsOf({ pod, statuses, phase: "Running", hasSandbox: true, before, atMs: startMs });

test("readiness gates are asked for, and the conditions of others are kept", () => {
  const gate = { type: "example.com/gate", status: "False" } as PodCondition;
  const pod = podWith({
    readinessGates: [{ conditionType: "example.com/gate" }, { conditionType: "x" }],
  });
  const gated = { ...pod, status: { conditions: [gate] } };
  const found = conditions(gated, [status("app", running, { ready: true })]);
  deepEqual(
    found.map(({ type, status: is }) => `${type} ${is}`),
    [
      "example.com/gate False",
      "PodReadyToStartContainers True",
      "Initialized True",
      "Ready False",
      "ContainersReady True",
      "PodScheduled True",
    ],
  );
  equal(
    found[3]?.message,
    'the status of pod readiness gate "example.com/gate" is not "True", but False, corresponding condition of pod readiness gate "x" does not exist.',
  );
});

test("a condition's time is that of its last change", () => {
  const old = { type: "Ready", status: "True", lastTransitionTime: "2020-01-01T00:00:00Z" };
  const before = [old as PodCondition];
  const ready = conditions(podWith(), [status("app", running, { ready: true })], before);
  const unready = conditions(podWith(), [status("app", running)], before);
  const timeOf = (list: readonly PodCondition[]) =>
    list.find(({ type }) => type === "Ready")?.lastTransitionTime;
  deepEqual([timeOf(ready), timeOf(unready)], ["2020-01-01T00:00:00Z", "2030-01-01T00:00:00Z"]);
});

test("unready and unknown containers are named", () => {
  const found = conditions(podWith(two), [status("a", running)]);
  equal(
    found.find(({ type }) => type === "ContainersReady")?.message,
    "containers with unknown status: [b], containers with unready status: [a]",
  );
});

function stateOf(
  pod: Pod,
  containers: readonly Partial<ObservedContainer>[],
  parts: Partial<PodState> = {},
): PodState {
  const blank: ObservedContainer = {
    id: "c",
    name: "app",
    sandboxId: "s",
    restartCount: 0,
    hash: "",
    state: "running",
    createdAtMs: 0,
    startedAtMs: 0,
    finishedAtMs: 0,
    exitCode: 0,
    reason: "",
    message: "",
    image: "app:1",
    imageRef: "sha256:1",
    logPath: "",
  };
  return {
    ...newPodState({ pod, node: { hostIps: ["10.0.0.1"] }, atMs: startMs }),
    runtime: { sandboxes: [], containers: containers.map((c) => ({ ...blank, ...c })) },
    ...parts,
  };
}

test("a container that the runtime has lost was restarted, as far as anyone can tell", () => {
  const was = status("app", running, { restartCount: 2, containerID: "containerd://gone" });
  const pod = { ...podWith(), status: { containerStatuses: [was] } } as Pod;
  const [found] = statusOf(stateOf(pod, []), pod, startMs).containerStatuses ?? [];
  deepEqual(
    [
      found?.restartCount,
      found?.lastState.terminated?.reason,
      found?.lastState.terminated?.exitCode,
    ],
    [3, "ContainerStatusUnknown", 137],
  );
});

test("an end that was reported stays, whatever the containers do", () => {
  const pod = {
    ...podWith(),
    status: { phase: "Failed", reason: "Evicted", message: "why" },
  } as Pod;
  const { phase, reason, message } = statusOf(stateOf(pod, [{}]), pod, startMs);
  deepEqual([phase, reason, message], ["Failed", "Evicted", "why"]);
});

test("statuses are listed by name, those of init containers in their order", () => {
  const pod = podWith({
    containers: [containerWith("z"), containerWith("a")],
    initContainers: [containerWith("y"), containerWith("b")],
  });
  const found = statusOf(stateOf(pod, []), pod, startMs);
  deepEqual(
    [
      found.containerStatuses?.map(({ name }) => name),
      found.initContainerStatuses?.map(({ name }) => name),
    ],
    [
      ["a", "z"],
      ["y", "b"],
    ],
  );
  equal(found.containerStatuses?.[0]?.state.waiting?.reason, "PodInitializing");
});

test("mounts and resources are part of the status", () => {
  const app = containerWith("app", {
    volumeMounts: [{ name: "v", mountPath: "/v", readOnly: true }],
    resources: { requests: { cpu: "1", "example.com/gpu": "1" } },
  });
  const pod = podWith({ containers: [app] });
  const [found] = statusOf(stateOf(pod, [{}]), pod, startMs).containerStatuses ?? [];
  deepEqual(found?.volumeMounts, [
    { name: "v", mountPath: "/v", readOnly: true, recursiveReadOnly: "Disabled" },
  ]);
  deepEqual(
    [found?.allocatedResources, found?.resources],
    [{ cpu: "1" }, { requests: { cpu: "1" } }],
  );
});

test("a pod in the node's network has the node's addresses", () => {
  const pod = podWith({ hostNetwork: true });
  const found = statusOf(stateOf(pod, [{}]), pod, startMs);
  deepEqual([found.podIP, found.podIPs], ["10.0.0.1", [{ ip: "10.0.0.1" }]]);
});

test("of many addresses the status shows one of each family, the preferred one first", () => {
  const all = ["10.0.0.1", "10.0.0.2", "fd00::1", "fd00::2"];
  deepEqual(oneOfEachFamily(all), ["10.0.0.1", "fd00::1"]);
  deepEqual(oneOfEachFamily(all, 6), ["fd00::1", "10.0.0.1"]);
  deepEqual(oneOfEachFamily([]), []);
});
