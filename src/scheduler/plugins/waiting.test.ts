/** Plugins that make pods wait: for their gates, their turn, their volumes. */
import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { PersistentVolume } from "#api/core/persistentvolume.ts";
import { PersistentVolumeClaim } from "#api/core/persistentvolumeclaim.ts";
import { CSIDriver } from "#api/storage/csidriver.ts";
import { CSIStorageCapacity } from "#api/storage/csistoragecapacity.ts";
import { StorageClass } from "#api/storage/storageclass.ts";
import { nodeOf, podOf, snapshotOf } from "../snapshot/testing.ts";
import { prioritySort } from "./priority-sort.ts";
import { schedulingGates } from "./scheduling-gates.ts";
import { filter, helps } from "./testing.ts";
import { volumeBinding } from "./volume-binding.ts";
import { volumeRestrictions } from "./volume-restrictions.ts";

test("a pod with gates is kept out, and let in without", () => {
  const { snapshot } = snapshotOf([]);
  const gated = podOf("p", { spec: { schedulingGates: [{ name: "a" }, { name: "b" }] } });
  const refusal = schedulingGates.preEnqueue?.(snapshot.podInfos.of(gated), snapshot);
  deepEqual(refusal?.reasons, ["waiting for scheduling gates: [a b]"]);
  equal(schedulingGates.preEnqueue?.(snapshot.podInfos.of(podOf("q")), snapshot), undefined);
});

test("the more important pod comes first, then the one that waits longer", () => {
  const { snapshot } = snapshotOf([]);
  const queued = (name: string, priority: number, sinceMs: number) => ({
    pod: snapshot.podInfos.of(podOf(name, { spec: { priority } })),
    sinceMs,
    attempts: 0,
  });
  const pods = [queued("late", 0, 2), queued("early", 0, 1), queued("important", 5, 3)];
  const sorted = pods.sort((a, b) => prioritySort.queueSort?.(a, b) ?? 0);
  deepEqual(
    sorted.map(({ pod }) => pod.name),
    ["important", "early", "late"],
  );
});

const using = (claimName: string) => ({
  spec: { volumes: [{ name: "data", persistentVolumeClaim: { claimName } }] },
});
const claim = (spec: object = {}, more: object = {}) => ({
  metadata: { name: "data", namespace: "default" },
  spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } }, ...spec },
  ...more,
});
const bound = (more: object = {}) => ({
  ...claim({ volumeName: "pv" }),
  metadata: {
    name: "data",
    namespace: "default",
    annotations: { "pv.kubernetes.io/bind-completed": "yes" },
  },
  ...more,
});
const volume = (nodeAffinity?: object) => ({
  metadata: { name: "pv" },
  spec: {
    capacity: { storage: "1Gi" },
    accessModes: ["ReadWriteOnce"],
    hostPath: { path: "/data" },
    ...(nodeAffinity ? { nodeAffinity } : {}),
  },
});
const onlyOn = (name: string) => ({
  required: {
    nodeSelectorTerms: [
      { matchExpressions: [{ key: "kubernetes.io/hostname", operator: "In", values: [name] }] },
    ],
  },
});

const available = (storageClassName: string, nodeAffinity: object) => ({
  ...volume(nodeAffinity),
  spec: { ...volume(nodeAffinity).spec, storageClassName },
  status: { phase: "Available" },
});

for (const [what, claims, volumes, expected] of [
  ["is not there", [], [], 'persistentvolumeclaim "data" not found!'],
  ["is not bound", [claim()], [], "pod has unbound immediate PersistentVolumeClaims!"],
  ["gets its volume made here", [claim({ storageClassName: "lazy" })], [], "fine"],
  [
    "gets its volume made elsewhere",
    [
      {
        ...claim({ storageClassName: "lazy" }),
        metadata: {
          name: "data",
          namespace: "default",
          annotations: { "volume.kubernetes.io/selected-node": "b" },
        },
      },
    ],
    [],
    "node(s) didn't find available persistent volumes to bind!",
  ],
  [
    "waits for a volume that nobody makes",
    [claim({ storageClassName: "manual" })],
    [],
    "node(s) didn't find available persistent volumes to bind!",
  ],
  [
    "finds a volume here",
    [claim({ storageClassName: "manual" })],
    [available("manual", onlyOn("a"))],
    "fine",
  ],
  [
    "finds a volume only elsewhere",
    [claim({ storageClassName: "manual" })],
    [available("manual", onlyOn("b"))],
    "node(s) didn't find available persistent volumes to bind!",
  ],
  [
    "is promised a volume",
    [claim({ storageClassName: "lazy", volumeName: "pv" })],
    [],
    "pod has unbound immediate PersistentVolumeClaims!",
  ],
  [
    "lost its volume",
    [bound({ status: { phase: "Lost" } })],
    [],
    'persistentvolumeclaim "data" bound to non-existent persistentvolume "pv"!',
  ],
  [
    "names a volume that is gone",
    [bound()],
    [],
    "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)!",
  ],
  ["is bound", [bound()], [volume()], "fine"],
  ["is bound to a volume here", [bound()], [volume(onlyOn("a"))], "fine"],
  [
    "is bound to a volume elsewhere",
    [bound()],
    [volume(onlyOn("b"))],
    "node(s) had volume node affinity conflict!",
  ],
] as const) {
  test(`a pod whose claim ${what}: ${expected}`, () => {
    const { snapshot, objects } = snapshotOf([nodeOf("a")]);
    objects.put(StorageClass, {
      metadata: { name: "lazy" },
      provisioner: "example.com/x",
      volumeBindingMode: "WaitForFirstConsumer",
    });
    objects.put(StorageClass, {
      metadata: { name: "manual" },
      provisioner: "kubernetes.io/no-provisioner",
      volumeBindingMode: "WaitForFirstConsumer",
    });
    for (const manifest of claims) objects.put(PersistentVolumeClaim, manifest);
    for (const manifest of volumes) objects.put(PersistentVolume, manifest);
    deepEqual(filter(snapshot, volumeBinding, podOf("p", using("data"))), { a: expected });
  });
}

test("a pod waits for the claim that is made for it", () => {
  const { snapshot } = snapshotOf([nodeOf("a")]);
  const template = { spec: claim().spec };
  const volumes = [{ name: "scratch", ephemeral: { volumeClaimTemplate: template } }];
  deepEqual(filter(snapshot, volumeBinding, podOf("p", { spec: { volumes } })), {
    a: 'waiting for ephemeral volume controller to create the persistentvolumeclaim "p-scratch"!',
  });
});

test("a claim that changes helps the pods that use it", () => {
  const { snapshot, objects } = snapshotOf([]);
  objects.put(PersistentVolumeClaim, claim());
  const object = { new: objects.get(PersistentVolumeClaim, "default", "data") };
  const event = { name: "PersistentVolumeClaimUpdate", object } as const;
  const info = (name: string) => snapshot.podInfos.of(podOf("p", using(name)));
  equal(helps(volumeBinding, info("data"), event), true);
  equal(helps(volumeBinding, info("other"), event), false);
});

test("a claim for one pod only keeps the second one waiting", () => {
  const { snapshot, objects } = snapshotOf([nodeOf("a"), nodeOf("b")]);
  objects.put(PersistentVolumeClaim, claim({ accessModes: ["ReadWriteOncePod"] }));
  const pod = podOf("p", using("data"));
  deepEqual(filter(snapshot, volumeRestrictions, pod), { a: "fine", b: "fine" });
  const first = snapshot.podInfos.of(podOf("first", using("data")));
  snapshot.place(first, "a");
  const inUse =
    "node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode";
  deepEqual(filter(snapshot, volumeRestrictions, pod), { a: inUse, b: inUse });
  const gone = { name: "AssignedPodDelete", pod: { old: first } } as const;
  equal(helps(volumeRestrictions, snapshot.podInfos.of(pod), gone), true);
  snapshot.remove(first.uid);
  deepEqual(filter(snapshot, volumeRestrictions, pod), { a: "fine", b: "fine" });
});

test("a disk that a pod names itself is not used twice on a node, unless both only read", () => {
  const gce = (more = {}) => ({ gcePersistentDisk: { pdName: "data", ...more } });
  const ceph = (more = {}) => ({
    rbd: { monitors: ["a", "b"], pool: "rbd", image: "data", ...more },
  });
  const ebs = { awsElasticBlockStore: { volumeID: "vol-1", readOnly: true } };
  const iscsi = (more = {}) => ({
    iscsi: { targetPortal: "192.0.2.1", iqn: "iqn.2001-04.com.example:data", lun: 0, ...more },
  });
  const readOnly = { readOnly: true };
  const withDisk = (name: string, disk: object) =>
    podOf(name, { spec: { volumes: [{ name: "disk", ...disk }] } });
  for (const [used, wanted, isFree] of [
    [gce(), gce(readOnly), false],
    [gce(readOnly), gce(readOnly), true],
    [gce(), gce({ pdName: "logs" }), true],
    [ebs, ebs, false],
    [iscsi(), iscsi({ targetPortal: "192.0.2.2" }), false],
    [iscsi(readOnly), iscsi(readOnly), true],
    [ceph(), ceph({ monitors: ["b", "c"] }), false],
    [ceph(), ceph({ monitors: ["c"] }), true],
    [ceph(), ceph({ pool: "other" }), true],
    [gce(), iscsi(), true],
  ] as const) {
    const { snapshot } = snapshotOf([nodeOf("a"), nodeOf("b")]);
    const first = snapshot.podInfos.of(withDisk("first", used));
    snapshot.place(first, "a");
    const pod = withDisk("p", wanted);
    const a = isFree ? "fine" : "node(s) had no available disk";
    deepEqual(filter(snapshot, volumeRestrictions, pod), { a, b: "fine" });
    const gone = { name: "AssignedPodDelete", pod: { old: first } } as const;
    equal(helps(volumeRestrictions, snapshot.podInfos.of(pod), gone), !isFree);
  }
});

test("a driver that reports its room gets no volume that it has no room for", () => {
  const rack = (name: string) => nodeOf(name, { labels: { rack: name } });
  const { snapshot, objects } = snapshotOf([rack("a"), rack("b"), rack("c")]);
  const capacity = (name: string, parts: object) =>
    objects.put(CSIStorageCapacity, {
      metadata: { name, namespace: "default" },
      storageClassName: "fast",
      nodeTopology: { matchLabels: { rack: name } },
      ...parts,
    });
  objects.put(StorageClass, {
    metadata: { name: "fast" },
    provisioner: "disk.example.com",
    volumeBindingMode: "WaitForFirstConsumer",
  });
  objects.put(PersistentVolumeClaim, {
    metadata: { name: "data", namespace: "default" },
    spec: {
      storageClassName: "fast",
      accessModes: ["ReadWriteOnce"],
      resources: { requests: { storage: "10Gi" } },
    },
  });
  capacity("a", { capacity: "20Gi" });
  capacity("b", { capacity: "20Gi", maximumVolumeSize: "5Gi" });
  const said = () => {
    snapshot.objectsChanged(false);
    return filter(snapshot, volumeBinding, podOf("p", using("data")));
  };
  deepEqual(said(), { a: "fine", b: "fine", c: "fine" });
  objects.put(CSIDriver, {
    metadata: { name: "disk.example.com" },
    spec: { storageCapacity: true },
  });
  const full = "node(s) did not have enough free storage!";
  deepEqual(said(), { a: "fine", b: full, c: full });
});

test("pods are tried again when there is more room", () => {
  const { snapshot } = snapshotOf([nodeOf("a")]);
  const pod = snapshot.podInfos.of(podOf("p", using("data")));
  const change = (before: string, after: string) => ({
    name: "storage.k8s.io/CSIStorageCapacityUpdate" as const,
    object: { old: { capacity: before } as never, new: { capacity: after } as never },
  });
  equal(helps(volumeBinding, pod, change("1Gi", "2Gi")), true);
  equal(helps(volumeBinding, pod, change("2Gi", "1Gi")), false);
});
