import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { draftFrom } from "#api/testing.ts";
import { Pod } from "./pod.ts";
import {
  countOf,
  cpuAndMemoryOf,
  podLimits,
  podRequests,
  qosClassOf,
  resourceListOf,
} from "./resources.ts";
import { quantityOf } from "#base/quantity.ts";

const container = (name: string, requests: object, more: object = {}) => ({
  name,
  resources: { requests, ...more },
});

const podFrom = (spec: object, status: object = {}): Pod =>
  draftFrom(Pod, { metadata: { name: "web" }, spec, status });

const sidecar = (name: string, requests: object) => ({
  ...container(name, requests),
  restartPolicy: "Always",
});

test("containers run together, init containers one after the other", () => {
  const containers = [container("a", { cpu: "1" }), container("b", { cpu: "500m", memory: "1Gi" })];
  const requestsOf = (spec: object): object => resourceListOf(podRequests(podFrom(spec)));
  deepEqual(requestsOf({ containers }), { cpu: "1500m", memory: "1Gi" });
  const initContainers = [container("c", { cpu: "2" }), container("d", { memory: "512Mi" })];
  deepEqual(requestsOf({ containers, initContainers }), { cpu: "2", memory: "1Gi" });
});

test("sidecars run beside what follows them", () => {
  const containers = [container("a", { cpu: "1" })];
  const initContainers = [
    container("b", { cpu: "2" }),
    sidecar("c", { cpu: "500m" }),
    container("d", { cpu: "3" }),
  ];
  const all = podFrom({ containers, initContainers });
  deepEqual(resourceListOf(podRequests(all)), { cpu: "3500m" });
  const lasting = podFrom({ containers, initContainers: initContainers.slice(0, 2) });
  deepEqual(resourceListOf(podRequests(lasting)), { cpu: "2" });
  const beside = podFrom({ containers, initContainers: [sidecar("c", { cpu: "1500m" })] });
  deepEqual(resourceListOf(podRequests(beside)), { cpu: "2500m" });
});

test("the runtime's overhead comes on top, where there is a limit to raise", () => {
  const pod = podFrom({
    containers: [container("a", { cpu: "1" }, { limits: { cpu: "2" } })],
    overhead: { cpu: "250m", memory: "64Mi" },
  });
  deepEqual(resourceListOf(podRequests(pod)), { cpu: "1250m", memory: "64Mi" });
  deepEqual(resourceListOf(podLimits(pod)), { cpu: "2250m" });
  deepEqual(resourceListOf(podRequests(pod, { excludesOverhead: true })), { cpu: "1" });
});

test("what the pod says as a whole counts instead", () => {
  const pod = podFrom({
    containers: [container("a", { cpu: "1", "ephemeral-storage": "1Gi" })],
    resources: { requests: { cpu: "3" } },
  });
  deepEqual(resourceListOf(podRequests(pod)), { cpu: "3", "ephemeral-storage": "1Gi" });
  deepEqual(resourceListOf(podRequests(pod, { excludesPodLevel: true })), {
    cpu: "1",
    "ephemeral-storage": "1Gi",
  });
});

test("during a resize, the larger of asked and given counts", () => {
  const given = { name: "a", allocatedResources: { cpu: "2" } };
  const pod = podFrom(
    { containers: [container("a", { cpu: "1" })] },
    { containerStatuses: [given] },
  );
  deepEqual(resourceListOf(podRequests(pod)), { cpu: "1" });
  deepEqual(resourceListOf(podRequests(pod, { usesStatus: true })), { cpu: "2" });
});

test("what a node can never give does not count, although it is asked for", () => {
  const given = {
    name: "a",
    allocatedResources: { cpu: "2" },
    resources: { requests: { cpu: "1" } },
  };
  const infeasible = { type: "PodResizePending", status: "True", reason: "Infeasible" };
  const counted = (conditions: object[]) =>
    resourceListOf(
      podRequests(
        podFrom(
          { containers: [container("a", { cpu: "800" }), container("b", { cpu: "1" })] },
          { containerStatuses: [given], conditions },
        ),
        { usesStatus: true },
      ),
    );
  deepEqual(counted([infeasible]), { cpu: "3" });
  deepEqual(counted([{ ...infeasible, reason: "Deferred" }]), { cpu: "801" });
});

test("amounts as numbers", () => {
  const pod = podFrom({ containers: [container("a", { cpu: "1.5", memory: "1Ki" })] });
  deepEqual(cpuAndMemoryOf(podRequests(pod)), { cpuMilli: 1500, memoryBytes: 1024 });
  deepEqual(cpuAndMemoryOf(new Map()), { cpuMilli: 0, memoryBytes: 0 });
  equal(countOf("cpu", quantityOf("100m")), 100);
  equal(countOf("memory", quantityOf("100m")), 1);
  equal(countOf("example.com/gpu", quantityOf("3")), 3);
});

test("quality follows from all containers together", () => {
  const whole = { cpu: "1", memory: "1Gi" };
  const full = container("a", whole, { limits: whole });
  equal(qosClassOf(podFrom({ containers: [full, { ...full, name: "b" }] })), "Guaranteed");
  equal(qosClassOf(podFrom({ containers: [full, container("b", {})] })), "Burstable");
  equal(
    qosClassOf(podFrom({ containers: [full], initContainers: [container("b", {})] })),
    "Burstable",
  );
  equal(qosClassOf(podFrom({ containers: [container("a", { cpu: "0" })] })), "BestEffort");
  const resources = { requests: whole, limits: whole };
  equal(qosClassOf(podFrom({ containers: [container("a", {})], resources })), "Guaranteed");
});
