/** Where volumes are, and how many a node takes. */
import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { PersistentVolume } from "#api/core/persistentvolume.ts";
import { PersistentVolumeClaim } from "#api/core/persistentvolumeclaim.ts";
import { CSINode } from "#api/storage/csinode.ts";
import { StorageClass } from "#api/storage/storageclass.ts";
import { VolumeAttachment } from "#api/storage/volumeattachment.ts";
import type { ClusterEvent } from "../cluster-event.ts";
import { nodeOf, podOf, snapshotOf, type TestObjects } from "../snapshot/testing.ts";
import { nodeVolumeLimits } from "./node-volume-limits.ts";
import { filter, helps } from "./testing.ts";
import { volumeZone } from "./volume-zone.ts";

const zone = "topology.kubernetes.io/zone";
const oldZone = "failure-domain.beta.kubernetes.io/zone";
const driver = "disk.example.com";

const using = (...claims: readonly string[]) => ({
  spec: {
    volumes: claims.map((claimName, i) => ({
      name: `v${i}`,
      persistentVolumeClaim: { claimName },
    })),
  },
});

/** A claim that is bound to a volume of the same name. */
function putVolume(objects: TestObjects, name: string, labels: object = {}): void {
  objects.put(PersistentVolume, {
    metadata: { name, labels },
    spec: {
      capacity: { storage: "1Gi" },
      accessModes: ["ReadWriteOnce"],
      csi: { driver, volumeHandle: name },
    },
  });
  putClaim(objects, name, { volumeName: name });
}

const putClaim = (objects: TestObjects, name: string, spec: object): void =>
  objects.put(PersistentVolumeClaim, {
    metadata: { name, namespace: "default" },
    spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } }, ...spec },
  });

const putClass = (objects: TestObjects, name: string, volumeBindingMode: string): void =>
  objects.put(StorageClass, { metadata: { name }, provisioner: driver, volumeBindingMode });

const putLimit = (objects: TestObjects, name: string, count: number): void =>
  objects.put(CSINode, {
    metadata: { name },
    spec: { drivers: [{ name: driver, nodeID: name, topologyKeys: [], allocatable: { count } }] },
  });

const elsewhere = "node(s) had no available volume zone!";
const full = "node(s) exceed max volume count";

test("pods go to the zone of their volume; a node without a zone is everywhere", () => {
  const { snapshot, objects } = snapshotOf([
    nodeOf("a", { labels: { [zone]: "a" } }),
    nodeOf("b", { labels: { [zone]: "b" } }),
    nodeOf("c", { labels: { [zone]: "c" } }),
    nodeOf("nowhere"),
  ]);
  putVolume(objects, "one", { [zone]: "b" });
  putVolume(objects, "two", { [oldZone]: "a__c" });
  putVolume(objects, "broken", { [zone]: "a__" });
  const said = (...claims: string[]) => filter(snapshot, volumeZone, podOf("p", using(...claims)));
  const nowhere = "fine";
  deepEqual(said("one"), { a: elsewhere, b: "fine", c: elsewhere, nowhere });
  deepEqual(said("two"), { a: "fine", b: elsewhere, c: "fine", nowhere });
  deepEqual(said("one", "two"), { a: elsewhere, b: elsewhere, c: elsewhere, nowhere });
  deepEqual(said("broken"), { a: "fine", b: "fine", c: "fine", nowhere });
});

test("what is wrong with a claim is said for all nodes", () => {
  const { snapshot, objects } = snapshotOf([nodeOf("a")]);
  putClaim(objects, "classless", { storageClassName: "" });
  putClaim(objects, "lost", { volumeName: "gone" });
  putClaim(objects, "unknown", { storageClassName: "none" });
  putClaim(objects, "soon", { storageClassName: "soon" });
  putClaim(objects, "later", { storageClassName: "later" });
  putClass(objects, "soon", "Immediate");
  putClass(objects, "later", "WaitForFirstConsumer");
  const said = (claim: string) => filter(snapshot, volumeZone, podOf("p", using(claim)))["a"];
  equal(said("missing"), 'persistentvolumeclaim "missing" not found!');
  equal(said("classless"), "PersistentVolumeClaim had no pv name and storageClass name!");
  equal(said("lost"), 'persistentvolume "gone" not found!');
  equal(said("unknown"), 'storageclass.storage.k8s.io "none" not found!');
  equal(said("soon"), "PersistentVolume had no name!");
  equal(said("later"), "fine");
});

test("a driver takes so many volumes on a node, each counted once", () => {
  const nodes = ["a", "b", "free"].map((name) => nodeOf(name));
  const { snapshot, objects } = snapshotOf(nodes, [
    podOf("x", { ...using("one", "two"), on: "a" }),
    podOf("y", { ...using("two"), on: "a" }),
    podOf("z", { ...using("three"), on: "b" }),
  ]);
  for (const name of ["one", "two", "three", "four"]) putVolume(objects, name);
  putLimit(objects, "a", 2);
  putLimit(objects, "b", 2);
  putClass(objects, "later", "WaitForFirstConsumer");
  putClaim(objects, "new", { storageClassName: "later" });
  const said = (...claims: string[]) =>
    filter(snapshot, nodeVolumeLimits, podOf("p", using(...claims)));
  deepEqual(said("four"), { a: full, b: "fine", free: "fine" });
  deepEqual(said("one"), { a: "fine", b: "fine", free: "fine" });
  deepEqual(said("new"), { a: full, b: "fine", free: "fine" });
  deepEqual(said("four", "new"), { a: full, b: full, free: "fine" });
  equal(said("missing")["a"], 'persistentvolumeclaim "missing" not found!');
  objects.put(VolumeAttachment, {
    metadata: { name: "at" },
    spec: { attacher: driver, nodeName: "b", source: { persistentVolumeName: "one" } },
  });
  snapshot.objectsChanged(false);
  deepEqual(said("four"), { a: full, b: full, free: "fine" });
});

test("pods are tried again when a limit rises, or volumes leave", () => {
  const { snapshot } = snapshotOf([nodeOf("a")]);
  const pod = snapshot.podInfos.of(podOf("p", using("one")));
  const limit = (count: number) => ({
    metadata: { name: "a" },
    spec: { drivers: [{ name: driver, allocatable: { count } }] },
  });
  const event = (name: ClusterEvent["name"], before: object, after?: object): ClusterEvent => ({
    name,
    object: { old: before as CSINode, new: after as CSINode | undefined },
  });
  const updated = "storage.k8s.io/CSINodeUpdate";
  equal(helps(nodeVolumeLimits, pod, event(updated, limit(1), limit(2))), true);
  equal(helps(nodeVolumeLimits, pod, event(updated, limit(2), limit(1))), false);
  const gone = (parts: object): ClusterEvent => ({
    name: "AssignedPodDelete",
    pod: { old: snapshot.podInfos.of(podOf("x", parts)) },
  });
  equal(helps(nodeVolumeLimits, pod, gone(using("two"))), true);
  equal(helps(nodeVolumeLimits, pod, gone({})), false);
});
