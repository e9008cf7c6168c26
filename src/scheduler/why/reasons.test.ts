/**
 * Every reason of every filter, in upstream's words: what the event and the condition say, and what
 * `why` counts. Each case has two nodes that refuse the pod for that reason, beside a cordoned one.
 */
import { equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { PersistentVolume } from "#api/core/persistentvolume.ts";
import { PersistentVolumeClaim } from "#api/core/persistentvolumeclaim.ts";
import type { Pod } from "#api/core/pod.ts";
import { DeviceClass } from "#api/resource/deviceclass.ts";
import { ResourceClaim } from "#api/resource/resourceclaim.ts";
import { CSIDriver } from "#api/storage/csidriver.ts";
import { CSINode } from "#api/storage/csinode.ts";
import { StorageClass } from "#api/storage/storageclass.ts";
import { seededRandom } from "#base/random.ts";
import { VirtualClock } from "#sim/clock.ts";
import type { Lane } from "../cycle/course.ts";
import { Decider } from "../cycle/decide.ts";
import { Framework } from "../cycle/framework.ts";
import { Trace } from "../cycle/trace.ts";
import { defaultProfile } from "../profile.ts";
import {
  nodeOf,
  type NodeParts,
  podOf,
  type PodParts,
  snapshotOf,
  type TestObjects,
} from "../snapshot/testing.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import { explain } from "./explain.ts";

interface Case {
  readonly plugin: string;
  readonly reason: string;
  /** Of the two nodes. */
  readonly node?: NodeParts;
  /** One on each of the two. */
  readonly resident?: PodParts;
  readonly pod?: PodParts;
  readonly put?: (objects: TestObjects) => void;
  /** It is said of all nodes at once, and not counted. */
  readonly isOfPod?: true;
  /** What `why` finds first on the two, where that is something else. */
  readonly why?: Pick<Case, "plugin" | "reason">;
}

const zone = "topology.kubernetes.io/zone";
const hostname = "kubernetes.io/hostname";
const driver = "disk.example.com";
const web = { app: "web" };

const term = (topologyKey: string) => ({ labelSelector: { matchLabels: web }, topologyKey });

const required = (rule: "podAffinity" | "podAntiAffinity") => ({
  affinity: { [rule]: { requiredDuringSchedulingIgnoredDuringExecution: [term(hostname)] } },
});

const spread = (topologyKey: string) => ({
  topologySpreadConstraints: [
    { maxSkew: 1, whenUnsatisfiable: "DoNotSchedule", ...term(topologyKey) },
  ],
});

const using = (claimName: string): PodParts => ({
  spec: { volumes: [{ name: "data", persistentVolumeClaim: { claimName } }] },
});

const withDisk = { volumes: [{ name: "d", gcePersistentDisk: { pdName: "disk" } }] };

const putClaim = (objects: TestObjects, spec: object, bound = true): void =>
  objects.put(PersistentVolumeClaim, {
    metadata: {
      name: "data",
      namespace: "default",
      uid: "data",
      ...(bound ? { annotations: { "pv.kubernetes.io/bind-completed": "yes" } } : {}),
    },
    spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } }, ...spec },
    status: { phase: bound ? "Bound" : "Pending" },
  });

const putVolume = (objects: TestObjects, parts: { labels?: object; spec?: object } = {}): void =>
  objects.put(PersistentVolume, {
    metadata: { name: "pv", ...(parts.labels ? { labels: parts.labels } : {}) },
    spec: {
      capacity: { storage: "1Gi" },
      accessModes: ["ReadWriteOnce"],
      csi: { driver, volumeHandle: "pv" },
      claimRef: { namespace: "default", name: "data", uid: "data" },
      ...parts.spec,
    },
  });

const putClass = (objects: TestObjects, volumeBindingMode: string, provisioner = driver): void =>
  objects.put(StorageClass, { metadata: { name: "fast" }, provisioner, volumeBindingMode });

const affinityTo = (values: readonly string[]) => ({
  nodeSelectorTerms: [{ matchExpressions: [{ key: "disk", operator: "In", values }] }],
});

const cases: readonly Case[] = [
  {
    plugin: "NodeName",
    reason: "node(s) didn't match the requested node name",
    pod: { spec: { nodeName: "elsewhere" } },
  },
  {
    plugin: "NodeUnschedulable",
    reason: "node(s) were unschedulable",
    node: { unschedulable: true },
  },
  {
    plugin: "TaintToleration",
    reason: "node(s) had untolerated taint(s)",
    node: { taints: [{ key: "gpu", value: "yes", effect: "NoSchedule" }] },
  },
  {
    plugin: "NodeAffinity",
    reason: "node(s) didn't match Pod's node affinity/selector",
    pod: { spec: { nodeSelector: { disk: "ssd" } } },
  },
  {
    plugin: "NodePorts",
    reason: "node(s) didn't have free ports for the requested pod ports",
    resident: { container: { ports: [{ containerPort: 80, hostPort: 80 }] } },
    pod: { container: { ports: [{ containerPort: 80, hostPort: 80 }] } },
  },
  ...["cpu", "memory", "ephemeral-storage", "example.com/gpu"].map((name) => ({
    plugin: "NodeResourcesFit",
    reason: `Insufficient ${name}`,
    node: { allocatable: { cpu: "1", memory: "1Ki", "ephemeral-storage": "1" } },
    pod: { requests: { [name]: name === "memory" ? "1Mi" : "2" } },
  })),
  {
    plugin: "NodeResourcesFit",
    reason: "Too many pods",
    node: { allocatable: { pods: "1" } },
    resident: {},
  },
  {
    plugin: "NodeDeclaredFeatures",
    reason: "node(s) didn't match Pod's required features",
    pod: {
      container: {
        restartPolicy: "Never",
        restartPolicyRules: [{ action: "RestartAllContainers" }],
      },
    },
  },
  {
    plugin: "VolumeRestrictions",
    reason: "node(s) had no available disk",
    resident: { spec: withDisk },
    pod: { spec: withDisk },
  },
  {
    plugin: "VolumeRestrictions",
    reason:
      "node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode",
    resident: using("data"),
    pod: using("data"),
    put: (objects) => {
      putClaim(objects, { volumeName: "pv", accessModes: ["ReadWriteOncePod"] });
      putVolume(objects, { spec: { accessModes: ["ReadWriteOncePod"] } });
    },
  },
  {
    plugin: "NodeVolumeLimits",
    reason: "node(s) exceed max volume count",
    pod: using("data"),
    put: (objects) => {
      putClaim(objects, { volumeName: "pv" });
      putVolume(objects);
      for (const name of ["n1", "n2"]) {
        const drivers = [{ name: driver, nodeID: name, allocatable: { count: 0 } }];
        objects.put(CSINode, { metadata: { name }, spec: { drivers } });
      }
    },
  },
  {
    plugin: "VolumeBinding",
    reason: "pod has unbound immediate PersistentVolumeClaims",
    pod: using("data"),
    put: (objects) => {
      putClass(objects, "Immediate");
      putClaim(objects, { storageClassName: "fast" }, false);
    },
    isOfPod: true,
  },
  {
    plugin: "NodeVolumeLimits",
    reason: 'persistentvolumeclaim "data" not found',
    pod: using("data"),
    isOfPod: true,
  },
  {
    plugin: "VolumeZone",
    reason: 'persistentvolume "pv" not found',
    pod: using("data"),
    put: (objects) => putClaim(objects, { volumeName: "pv" }),
    isOfPod: true,
    why: {
      plugin: "VolumeBinding",
      reason: "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)",
    },
  },
  {
    plugin: "VolumeBinding",
    reason: "node(s) had volume node affinity conflict",
    pod: using("data"),
    put: (objects) => {
      putClaim(objects, { volumeName: "pv" });
      putVolume(objects, { spec: { nodeAffinity: { required: affinityTo(["ssd"]) } } });
    },
  },
  {
    plugin: "VolumeBinding",
    reason: "node(s) didn't find available persistent volumes to bind",
    pod: using("data"),
    put: (objects) => {
      putClass(objects, "WaitForFirstConsumer", "kubernetes.io/no-provisioner");
      putClaim(objects, { storageClassName: "fast" }, false);
    },
  },
  {
    plugin: "VolumeBinding",
    reason: "node(s) did not have enough free storage",
    pod: using("data"),
    put: (objects) => {
      putClass(objects, "WaitForFirstConsumer");
      objects.put(CSIDriver, { metadata: { name: driver }, spec: { storageCapacity: true } });
      putClaim(objects, { storageClassName: "fast" }, false);
    },
  },
  {
    plugin: "VolumeZone",
    reason: "node(s) had no available volume zone",
    node: { labels: { [zone]: "a" } },
    pod: using("data"),
    put: (objects) => {
      putClaim(objects, { volumeName: "pv" });
      putVolume(objects, { labels: { [zone]: "b" } });
    },
  },
  {
    plugin: "PodTopologySpread",
    reason: "node(s) didn't match pod topology spread constraints",
    node: { labels: { [zone]: "a" } },
    resident: { labels: web },
    pod: { labels: web, spec: spread(zone) },
  },
  {
    plugin: "PodTopologySpread",
    reason: "node(s) didn't match pod topology spread constraints (missing required label)",
    pod: { labels: web, spec: spread("rack") },
  },
  {
    plugin: "InterPodAffinity",
    reason: "node(s) didn't match pod affinity rules",
    pod: { spec: required("podAffinity") },
  },
  {
    plugin: "InterPodAffinity",
    reason: "node(s) didn't match pod anti-affinity rules",
    resident: { labels: web },
    pod: { spec: required("podAntiAffinity") },
  },
  {
    plugin: "InterPodAffinity",
    reason: "node(s) didn't satisfy existing pods anti-affinity rules",
    resident: { spec: required("podAntiAffinity") },
    pod: { labels: web },
  },
  {
    plugin: "DynamicResources",
    reason: "cannot allocate all claims",
    pod: { spec: { resourceClaims: [{ name: "gpu", resourceClaimName: "gpu" }] } },
    put: (objects) => {
      objects.put(DeviceClass, { metadata: { name: "gpu" }, spec: {} });
      const devices = { requests: [{ name: "one", exactly: { deviceClassName: "gpu" } }] };
      objects.put(ResourceClaim, {
        metadata: { name: "gpu", namespace: "default", uid: "gpu" },
        spec: { devices },
      });
    },
  },
];

const spare = { labels: { [hostname]: "spare", [zone]: "b", disk: "hdd" }, unschedulable: true };

function worldOf({ node, resident, pod, put }: Case): { snapshot: Snapshot; pod: Pod } {
  const names = ["n1", "n2"];
  const labelled = (name: string): NodeParts =>
    node?.labels ? { ...node, labels: { [hostname]: name, ...node.labels } } : { ...node };
  const residents = names.flatMap((on) =>
    resident ? podOf(`on-${on}`, { ...resident, on, spec: { priority: 9, ...resident.spec } }) : [],
  );
  const nodes = names.map((name) => nodeOf(name, labelled(name)));
  const { snapshot, objects } = snapshotOf([...nodes, nodeOf("spare", spare)], residents);
  put?.(objects);
  return { snapshot, pod: podOf("p", pod) };
}

function laneOf(snapshot: Snapshot): Lane {
  const framework = new Framework(defaultProfile);
  const trace = new Trace(new VirtualClock(), () => {});
  const decider = new Decider({ framework, snapshot, random: seededRandom(1), trace });
  return { framework, decider, trace };
}

const cordoned = "node(s) were unschedulable";

for (const one of cases)
  test(`${one.plugin}: ${one.reason}`, () => {
    const { plugin, reason, isOfPod } = one;
    const { snapshot, pod } = worldOf(one);
    const lane = laneOf(snapshot);
    const decision = lane.decider.decide(snapshot.podInfos.of(pod));
    ok(decision.is === "unfit", `it is ${decision.is}`);
    const counted = reason === cordoned ? `3 ${cordoned}` : [`1 ${cordoned}`, `2 ${reason}`].join();
    const said = decision.message.replace(/^0\/3 nodes are available: /, "").split(". ")[0] ?? "";
    equal(said.replaceAll(", ", ",").replace(/\.$/, ""), isOfPod ? reason : counted);
    ok(isOfPod || decision.refusedBy.has(plugin));

    const asked = { pod, lane, snapshot, queued: undefined, message: undefined };
    const { nodeCount, counts } = explain(asked);
    equal(nodeCount, 3);
    equal(
      counts.reduce((sum, { nodes }) => sum + nodes, 0),
      nodeCount,
    );
    const { why = one } = one;
    const own = counts.find((it) => it.plugin === why.plugin && it.reason === why.reason);
    ok((own?.nodes ?? 0) >= 2, JSON.stringify(counts));
  });
