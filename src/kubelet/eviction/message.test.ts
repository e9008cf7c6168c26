import { equal } from "node:assert/strict";
import { test } from "node:test";
import { containerWith, podWith } from "../pod/testing.ts";
import { type Cause, evictionMessage } from "./message.ts";
import { noFiles, type PodUsage } from "./pod-usage.ts";
import { observationsOf } from "./signals.ts";
import { defaultEviction } from "./thresholds.ts";

const mib = 2 ** 20;

const observed = observationsOf({
  memory: { available: 90 * mib + 512 * 1_024, capacity: 4_096 * mib },
  nodeFs: { totalBytes: 100_000 * mib, freeBytes: 7 * mib },
  hasOwnImageFs: false,
});

const cause = (starved: Cause["starved"]): Cause => ({
  starved,
  due: defaultEviction.thresholds,
  observed,
});

const usage: PodUsage = {
  memoryBytes: 310 * mib,
  processes: 1,
  containers: [
    {
      name: "app",
      memoryBytes: 300 * mib,
      root: { bytes: 5 * mib, inodes: 1 },
      logs: { bytes: mib, inodes: 1 },
    },
    { name: "helper", memoryBytes: 10 * mib, root: noFiles, logs: noFiles },
    { name: "debugger", memoryBytes: 50 * mib, root: noFiles, logs: noFiles },
  ],
  volumes: new Map(),
};

const containers = [
  containerWith("app"),
  containerWith("helper", { resources: { requests: { memory: "16Mi" } } }),
];

test("the message names the threshold, and the containers that use more than they asked for", () => {
  equal(
    evictionMessage({ pod: podWith({ containers }), usage }, cause("memory")),
    "The node was low on resource: memory. Threshold quantity: 100Mi, available: 92672Ki. " +
      "Container app was using 300Mi, request is 0, has larger consumption of memory. ",
  );
});

test("a share of the disk is told in bytes, and what was written to it", () => {
  equal(
    evictionMessage({ pod: podWith({ containers }), usage }, cause("ephemeral-storage")),
    "The node was low on resource: ephemeral-storage. Threshold quantity: 10485760156, available: 7Mi. " +
      "Container app was using 6Mi, request is 0, has larger consumption of ephemeral-storage. ",
  );
});

test("what the pod asked for as a whole is told before its containers", () => {
  const pod = podWith(
    { containers: [containerWith("app")], resources: { requests: { memory: "200Mi" } } },
    { name: "web" },
  );
  equal(
    evictionMessage({ pod, usage }, cause("memory")),
    "The node was low on resource: memory. Threshold quantity: 100Mi, available: 92672Ki. " +
      "Pod web was using 310Mi, request is 200Mi, has larger consumption of memory. " +
      "Container app was using 300Mi, request is 0, has larger consumption of memory. ",
  );
});

test("without numbers only what ran short is told", () => {
  equal(
    evictionMessage({ pod: podWith(), usage: undefined }, cause("pids")),
    "The node was low on resource: pids. ",
  );
});
