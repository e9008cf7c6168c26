/**
 * What wakes a pod that a plugin refused: for every in-tree plugin an event that may help, and one that cannot.
 * upstream: the QueueingHintFns of pkg/scheduler/framework/plugins
 */
import { deepEqual, equal } from "node:assert/strict";
import { describe, test } from "node:test";
import { FeatureGates } from "#api/feature-gates.ts";
import type { ApiObject } from "#api/kind.ts";
import type { ClusterEvent, EventName } from "../cluster-event.ts";
import { pluginsWith } from "../profile.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import { nodeOf, podOf, type PodParts, snapshotOf } from "../snapshot/testing.ts";
import { helps, nodeEvent } from "./testing.ts";

const zone = "topology.kubernetes.io/zone";
const { snapshot } = snapshotOf([nodeOf("a")]);
const info = (name: string, parts: PodParts = {}): PodInfo =>
  snapshot.podInfos.of(podOf(name, parts));

const podEvent = (name: EventName, old?: PodInfo, now?: PodInfo): ClusterEvent => ({
  name,
  pod: { ...(old ? { old } : {}), ...(now ? { new: now } : {}) },
});
const gone = (parts: PodParts): ClusterEvent =>
  podEvent("AssignedPodDelete", info("other", { ...parts, on: "a" }));
const came = (parts: PodParts): ClusterEvent =>
  podEvent("AssignedPodAdd", undefined, info("other", { ...parts, on: "a" }));
const objectEvent = (name: EventName, now?: object, old?: object): ClusterEvent => ({
  name,
  object: { old: old as ApiObject | undefined, new: now as ApiObject | undefined },
});

const declaredFeatures = ["RestartAllContainersOnContainerExits"];
const restartsAll: PodParts = {
  container: { restartPolicy: "Never", restartPolicyRules: [{ action: "RestartAllContainers" }] },
};
const port = (hostPort: number): PodParts => ({
  container: { ports: [{ containerPort: 1, hostPort, protocol: "TCP" }] },
});
const claims = (...names: readonly string[]): PodParts => ({
  spec: {
    volumes: names.map((claimName) => ({ name: claimName, persistentVolumeClaim: { claimName } })),
  },
});
const inGroup = (podGroupName: string): PodParts => ({
  spec: { schedulingGroup: { podGroupName } },
});
const claim = (name: string, more: object = {}): object => ({
  metadata: { namespace: "default", name },
  spec: {},
  ...more,
});
const near = (rule: "podAffinity" | "podAntiAffinity"): PodParts => ({
  spec: {
    affinity: {
      [rule]: {
        requiredDuringSchedulingIgnoredDuringExecution: [
          { labelSelector: { matchLabels: { app: "db" } }, topologyKey: zone },
        ],
      },
    },
  },
});
const spread: PodParts = {
  labels: { app: "web" },
  spec: {
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: zone,
        whenUnsatisfiable: "DoNotSchedule",
        labelSelector: { matchLabels: { app: "web" } },
      },
    ],
  },
};
const tainted = nodeOf("a", { taints: [{ key: "gpu", effect: "NoSchedule" }] });
const cordoned = nodeOf("a", { unschedulable: true });
const cpu = (amount: string): PodParts => ({ requests: { cpu: amount } });
const devices: PodParts = {
  spec: { resourceClaims: [{ name: "gpu", resourceClaimName: "gpu" }] },
};
const limit = (count: number): object => ({
  metadata: { name: "a" },
  spec: { drivers: [{ name: "d", allocatable: { count } }] },
});

const rows: readonly (readonly [
  plugin: string,
  why: string,
  pod: PodParts,
  event: ClusterEvent,
  isHelp: boolean,
])[] = [
  [
    "NodeDeclaredFeatures",
    "a kubelet learns it",
    restartsAll,
    nodeEvent("NodeUpdateNodeDeclaredFeature", nodeOf("b", { declaredFeatures }), nodeOf("b")),
    true,
  ],
  [
    "NodeDeclaredFeatures",
    "another kubelet that does not know it",
    restartsAll,
    nodeEvent("NodeAdd", nodeOf("b")),
    false,
  ],
  ["NodeUnschedulable", "a node that is open", {}, nodeEvent("NodeAdd", nodeOf("b")), true],
  ["NodeUnschedulable", "one more that is cordoned", {}, nodeEvent("NodeAdd", cordoned), false],
  ["NodeUnschedulable", "a pod that goes", {}, gone({}), false],
  [
    "NodeName",
    "the node it names",
    { spec: { nodeName: "b" } },
    nodeEvent("NodeAdd", nodeOf("b")),
    true,
  ],
  [
    "NodeName",
    "another node",
    { spec: { nodeName: "b" } },
    nodeEvent("NodeAdd", nodeOf("c")),
    false,
  ],
  [
    "TaintToleration",
    "a taint that goes",
    {},
    nodeEvent("NodeUpdateNodeTaint", nodeOf("a"), tainted),
    true,
  ],
  [
    "TaintToleration",
    "a taint that comes",
    {},
    nodeEvent("NodeUpdateNodeTaint", tainted, nodeOf("a")),
    false,
  ],
  [
    "TaintToleration",
    "its own toleration",
    {},
    podEvent("TargetPodUpdatePodToleration", info("p"), info("p")),
    true,
  ],
  [
    "NodeAffinity",
    "the label it wants",
    { spec: { nodeSelector: { disk: "ssd" } } },
    nodeEvent("NodeUpdateNodeLabel", nodeOf("a", { labels: { disk: "ssd" } }), nodeOf("a")),
    true,
  ],
  [
    "NodeAffinity",
    "another label",
    { spec: { nodeSelector: { disk: "ssd" } } },
    nodeEvent("NodeUpdateNodeLabel", nodeOf("a", { labels: { disk: "hdd" } }), nodeOf("a")),
    false,
  ],
  ["NodePorts", "its port is free", port(80), gone(port(80)), true],
  ["NodePorts", "another port is free", port(80), gone(port(81)), false],
  ["NodeResourcesFit", "as much is free as it wants", cpu("1"), gone(cpu("1")), true],
  [
    "NodeResourcesFit",
    "a node that is large enough",
    cpu("4"),
    nodeEvent("NodeAdd", nodeOf("b")),
    true,
  ],
  [
    "NodeResourcesFit",
    "a node that is too small",
    cpu("5"),
    nodeEvent("NodeAdd", nodeOf("b")),
    false,
  ],
  ["VolumeRestrictions", "a pod with its claim goes", claims("data"), gone(claims("data")), true],
  [
    "VolumeRestrictions",
    "a pod with another claim goes",
    claims("data"),
    gone(claims("logs")),
    false,
  ],
  [
    "NodeVolumeLimits",
    "the limit rises",
    claims("data"),
    objectEvent("storage.k8s.io/CSINodeUpdate", limit(2), limit(1)),
    true,
  ],
  [
    "NodeVolumeLimits",
    "the limit falls",
    claims("data"),
    objectEvent("storage.k8s.io/CSINodeUpdate", limit(1), limit(2)),
    false,
  ],
  ["NodeVolumeLimits", "a pod without volumes goes", claims("data"), gone({}), false],
  [
    "VolumeBinding",
    "its claim changes",
    claims("data"),
    objectEvent("PersistentVolumeClaimUpdate", claim("data"), claim("data")),
    true,
  ],
  [
    "VolumeBinding",
    "another claim changes",
    claims("data"),
    objectEvent("PersistentVolumeClaimUpdate", claim("logs"), claim("logs")),
    false,
  ],
  [
    "VolumeZone",
    "its claim comes",
    claims("data"),
    objectEvent("PersistentVolumeClaimAdd", claim("data")),
    true,
  ],
  [
    "VolumeZone",
    "another claim comes",
    claims("data"),
    objectEvent("PersistentVolumeClaimAdd", claim("logs")),
    false,
  ],
  [
    "PodTopologySpread",
    "one of those counted goes",
    spread,
    gone({ labels: { app: "web" } }),
    true,
  ],
  ["PodTopologySpread", "one of others goes", spread, gone({ labels: { app: "db" } }), false],
  [
    "InterPodAffinity",
    "one it wants to be near to comes",
    near("podAffinity"),
    came({ labels: { app: "db" } }),
    true,
  ],
  [
    "InterPodAffinity",
    "one of others comes",
    near("podAffinity"),
    came({ labels: { app: "web" } }),
    false,
  ],
  [
    "InterPodAffinity",
    "one it avoids goes",
    near("podAntiAffinity"),
    gone({ labels: { app: "db" } }),
    true,
  ],
  [
    "InterPodAffinity",
    "one it does not avoid goes",
    near("podAntiAffinity"),
    gone({ labels: { app: "web" } }),
    false,
  ],
  [
    "DynamicResources",
    "a claim that held devices goes",
    devices,
    objectEvent(
      "resource.k8s.io/ResourceClaimDelete",
      undefined,
      claim("x", { status: { allocation: { devices: { results: [] } } } }),
    ),
    true,
  ],
  [
    "DynamicResources",
    "a claim that held none goes",
    devices,
    objectEvent("resource.k8s.io/ResourceClaimDelete", undefined, claim("x", { status: {} })),
    false,
  ],
  [
    "GangScheduling",
    "another one of its group comes",
    inGroup("g"),
    podEvent("UnscheduledPodAdd", undefined, info("q", inGroup("g"))),
    true,
  ],
  ["GangScheduling", "another one of its group got a node", inGroup("g"), came(inGroup("g")), true],
  ["GangScheduling", "one of another group got a node", inGroup("g"), came(inGroup("h")), false],
  [
    "GangScheduling",
    "its group comes",
    inGroup("g"),
    objectEvent("scheduling.k8s.io/PodGroupAdd", claim("g")),
    true,
  ],
  [
    "GangScheduling",
    "another group comes",
    inGroup("g"),
    objectEvent("scheduling.k8s.io/PodGroupAdd", claim("h")),
    false,
  ],
  [
    "SchedulingGates",
    "its gates are gone",
    {},
    podEvent("TargetPodUpdatePodSchedulingGatesEliminated", info("p"), info("p")),
    true,
  ],
  ["SchedulingGates", "a node comes", {}, nodeEvent("NodeAdd", nodeOf("b")), false],
];

const allPlugins = pluginsWith(new FeatureGates({ GenericWorkload: true, GangScheduling: true }));

describe("what wakes a pod that was refused by", () => {
  for (const [name, why, pod, event, isHelp] of rows)
    test(`${name}: ${why}`, () => {
      const plugin = allPlugins.find((one) => one.name === name);
      equal(plugin && helps(plugin, info("p", pod), event), isHelp);
    });
});

test("every plugin that hears of events is among them, with one that helps and one that does not", () => {
  const hearing = allPlugins.filter(({ events }) => events).map(({ name }) => name);
  const helped = (isHelp: boolean): readonly string[] =>
    [...new Set(rows.filter((row) => row[4] === isHelp).map(([name]) => name))].sort();
  deepEqual(helped(true), hearing.toSorted());
  deepEqual(helped(false), hearing.toSorted());
});
