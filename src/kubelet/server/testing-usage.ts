/** What was read of a node with one pod of one container: for tests of what is answered. */
import { newPodState } from "../pod/state.ts";
import { podWith } from "../pod/testing.ts";
import type { DetailedUsage } from "./detailed-usage.ts";

type Details = DetailedUsage["node"]["details"];

export const space = { totalBytes: 100, freeBytes: 40, inodes: { total: 10, free: 3 } };

export const eth0 = {
  name: "eth0",
  received: { bytes: 1, packets: 2, errors: 3, dropped: 4 },
  sent: { bytes: 5, packets: 6, errors: 7, dropped: 8 },
};

/** Node, pod and what all pods are in used `details`, the container `used`. */
export const usageOf = (details: Details, used: Details): DetailedUsage => ({
  atMs: 5_000,
  node: { path: "/", details, traffic: [eth0] },
  groups: [{ path: "/k8ts", details }],
  nodeFs: { device: "/dev/vda", space },
  imageFs: {
    device: "/dev/vda",
    space,
    images: { mountpoint: "/images", usedBytes: 33, inodesUsed: 6 },
  },
  pods: [
    {
      namespace: "default",
      name: "web",
      uid: "u1",
      startedAtMs: 1_000,
      path: "/k8ts/podu1",
      served: {
        state: newPodState({ pod: podWith(), node: { hostIps: [] }, atMs: 0 }),
        observed: async () => undefined,
      },
      details,
      traffic: [eth0],
      sandbox: {
        id: "s1",
        startedAtMs: 1_000,
        path: "/k8ts/podu1/s1",
        details,
        traffic: [eth0],
      },
      containers: [{ ...container, details: used }],
    },
  ],
});

const container = {
  name: "app",
  id: "c1",
  image: "docker.io/library/web:1",
  startedAtMs: 3_000,
  path: "/k8ts/podu1/c1",
  stats: {
    id: "c1",
    labels: {},
    atMs: 0,
    cpuNanoseconds: 0,
    memoryWorkingSetBytes: 0,
    memoryUsageBytes: 0,
    writableLayerBytes: 11,
    writableLayerInodes: 3,
  },
};
