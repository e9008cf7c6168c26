import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { draftFrom } from "#api/testing.ts";
import {
  conditionOf,
  findContainerStatus,
  isMirrorPod,
  isPodActive,
  isPodAvailable,
  isPodReady,
  isPodScheduled,
  withPodCondition,
} from "./pod-conditions.ts";
import { Pod } from "./pod.ts";
import { podWith } from "./testing.ts";

const podFrom = (status: object, metadata: object = {}, spec: object = {}): Pod =>
  draftFrom(Pod, { ...podWith(spec, metadata), status });

const since = "2024-01-01T00:00:00Z";
const sinceMs = Date.parse(since);
const readySince = (status: string): Pod =>
  podFrom({ conditions: [{ type: "Ready", status, lastTransitionTime: since }] });

test("a pod is ready when it says so, and available when it has been for long enough", () => {
  equal(isPodReady(readySince("True")), true);
  equal(isPodReady(readySince("Unknown")), false);
  equal(isPodReady(podFrom({})), false);
  equal(isPodAvailable(readySince("True"), 0, sinceMs), true);
  equal(isPodAvailable(readySince("True"), 10, sinceMs + 9_999), false);
  equal(isPodAvailable(readySince("True"), 10, sinceMs + 10_000), true);
  equal(isPodAvailable(readySince("False"), 0, sinceMs), false);
});

test("a pod is active until it is over or on its way out", () => {
  equal(isPodActive(podFrom({ phase: "Pending" })), true);
  equal(isPodActive(podFrom({ phase: "Succeeded" })), false);
  equal(isPodActive(podFrom({ phase: "Failed" })), false);
  equal(isPodActive(podFrom({ phase: "Running" }, { deletionTimestamp: since })), false);
});

test("where a pod comes from and is", () => {
  equal(isPodScheduled(podFrom({}, {}, { nodeName: "n" })), true);
  equal(isPodScheduled(podFrom({})), false);
  equal(isMirrorPod(podFrom({}, { annotations: { "kubernetes.io/config.mirror": "x" } })), true);
});

test("conditions are set in place; the time of transition stays while the status does", () => {
  const { status } = readySince("True");
  const later = "2024-01-02T00:00:00Z";
  const same = withPodCondition(status, {
    type: "Ready",
    status: "True",
    lastProbeTime: null,
    lastTransitionTime: later,
  });
  equal(same, status);
  const changed = withPodCondition(status, {
    type: "Ready",
    status: "False",
    lastProbeTime: null,
    lastTransitionTime: later,
  });
  equal(conditionOf({ status: changed }, "Ready")?.lastTransitionTime, later);
  equal(conditionOf({ status }, "Initialized"), undefined);
});

test("statuses of containers are found by name, whatever their sort", () => {
  const pod = podFrom({
    containerStatuses: [{ name: "a" }],
    initContainerStatuses: [{ name: "b" }],
    ephemeralContainerStatuses: [{ name: "c" }],
  });
  deepEqual(
    ["a", "b", "c", "d"].map((name) => findContainerStatus(pod, name)?.name),
    ["a", "b", "c", undefined],
  );
});
