/** Drivers' volumes follow their pods from node to node, and never are where they must not be. */
import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { Node } from "#api/core/node.ts";
import { PersistentVolume } from "#api/core/persistentvolume.ts";
import { PersistentVolumeClaim } from "#api/core/persistentvolumeclaim.ts";
import { Pod } from "#api/core/pod.ts";
import type { ApiObject } from "#api/kind.ts";
import { CSIDriver } from "#api/storage/csidriver.ts";
import { VolumeAttachment } from "#api/storage/volumeattachment.ts";
import { minutes, seconds } from "#base/clock.ts";
import { attachDetachController } from "./attach-detach.ts";
import { attachmentName, CsiWorld, csiObjects, listed } from "./attachments/testing.ts";
import { all, made, one, testNow, told, viewOf } from "./runtime/testing.ts";
import { startTestCluster, type TestCluster } from "./testing.ts";

const managed = { "volumes.kubernetes.io/controller-managed-attach-detach": "true" };

interface NodeFacts {
  readonly attached?: boolean;
  readonly inUse?: boolean;
  readonly ready?: boolean;
  readonly taints?: readonly object[];
}

const node = (name: string, facts: NodeFacts = {}): Node =>
  made(Node, {
    metadata: { name, annotations: managed },
    spec: { taints: facts.taints ?? [] },
    status: {
      conditions: [{ type: "Ready", status: facts.ready === false ? "Unknown" : "True" }],
      ...(facts.attached ? { volumesAttached: [{ name: listed, devicePath: "" }] } : {}),
      ...(facts.inUse ? { volumesInUse: [listed] } : {}),
    },
  });

const volume = (accessModes = ["ReadWriteOnce"]): PersistentVolume =>
  made(PersistentVolume, {
    metadata: { name: "v" },
    spec: {
      accessModes,
      capacity: { storage: "1Gi" },
      csi: { driver: "disk.example.com", volumeHandle: "h" },
      claimRef: { namespace: "default", name: "data", uid: "uid-of-data" },
    },
  });

const claim: PersistentVolumeClaim = made(PersistentVolumeClaim, {
  metadata: { name: "data" },
  spec: { accessModes: ["ReadWriteOnce"], resources: {}, volumeName: "v" },
  status: { phase: "Bound" },
});

const pod = (name: string, nodeName: string, change: object = {}): Pod =>
  made(Pod, {
    metadata: { name, ...(change as { metadata?: object }).metadata },
    spec: {
      nodeName,
      containers: [],
      volumes: [{ name: "data", persistentVolumeClaim: { claimName: "data" } }],
    },
    status: { phase: "Running", ...(change as { status?: object }).status },
  });

const attachment = (nodeName: string, status: object = { attached: true }): VolumeAttachment =>
  made(VolumeAttachment, {
    metadata: { name: attachmentName(nodeName) },
    spec: {
      attacher: "disk.example.com",
      nodeName,
      source: { persistentVolumeName: "v" },
    },
    status,
  });

const lines = (
  object: ApiObject,
  others: readonly ApiObject[],
  since: Readonly<Record<string, number>> = {},
): string[] =>
  told(attachDetachController.reconcile(object, viewOf([object, ...others], { since })));

const unneeded = (nodeName: string, ago: number) => ({
  [`nobody needs ${attachmentName(nodeName)}`]: testNow - ago,
});

test("a volume is to be attached where a pod needs it", () => {
  const v = volume();
  const others = [v, claim, node("a"), pod("p", "a")];
  const effects = attachDetachController.reconcile(v, viewOf(others));
  deepEqual(one(effects, "create").object, {
    metadata: { name: attachmentName("a") },
    spec: {
      attacher: "disk.example.com",
      nodeName: "a",
      source: { persistentVolumeName: "v" },
    },
  });
});

for (const [what, others] of [
  ["no pod uses it", [node("a")]],
  ["its pod has no node yet", [node("a"), pod("p", "")]],
  ["its pod has ended", [node("a"), pod("p", "a", { status: { phase: "Succeeded" } })]],
  ["its node is gone", [pod("p", "a")]],
  ["its kubelet attaches by itself", [made(Node, { metadata: { name: "a" } }), pod("p", "a")]],
  [
    "its driver does not attach",
    [
      node("a"),
      pod("p", "a"),
      made(CSIDriver, { metadata: { name: "disk.example.com" }, spec: { attachRequired: false } }),
    ],
  ],
] as const)
  test(`a volume is not attached when ${what}`, () => {
    deepEqual(lines(volume(), [claim, ...others]), []);
  });

test("a volume for one node goes to no second one, and the pod hears who has it", () => {
  const both = [claim, node("a"), node("b"), pod("p", "a"), pod("q", "b"), attachment("a")];
  deepEqual(lines(volume(), both), [
    'event Warning FailedAttachVolume: Multi-Attach error for volume "v" Volume is already used by pod(s) p',
  ]);
  const leaving = [claim, node("a"), node("b"), pod("q", "b"), attachment("a")];
  deepEqual(lines(volume(), leaving), [
    `event Warning FailedAttachVolume: Multi-Attach error for volume "v" Volume is already exclusively attached to one node and can't be attached to another`,
  ]);
  const known = { "held elsewhere, not for b": testNow - 1 };
  deepEqual(lines(volume(), both, known), []);
});

test("a volume for many nodes goes to all of them", () => {
  const both = [claim, node("a"), node("b"), pod("p", "a"), pod("q", "b"), attachment("a")];
  deepEqual(lines(volume(["ReadWriteMany"]), both), [
    `create VolumeAttachment ${attachmentName("b")}`,
  ]);
});

test("pods hear why their volume is not attached, once", () => {
  const others = [claim, node("a"), pod("p", "a")];
  const failed = attachment("a", { attached: false, attachError: { message: "no room" } });
  const text =
    'event Warning FailedAttachVolume: AttachVolume.Attach failed for volume "v" : no room';
  deepEqual(lines(volume(), [...others, failed]), [text]);
  deepEqual(lines(volume(), [...others, failed], { "a: no room": testNow - 1 }), []);
  const slow = attachment("a", { attached: false });
  deepEqual(lines(volume(), [...others, slow]), ["wakeIn 120s"]);
  deepEqual(lines(volume(), [...others, slow], { "attaching to a": testNow - minutes(2) }), [
    'event Warning FailedAttachVolume: AttachVolume.Attach failed for volume "v" : timed out waiting for external-attacher of disk.example.com CSI driver to attach volume h',
  ]);
});

test("a node lists what is attached to it, and the pods are told", () => {
  const n = node("a");
  const view = viewOf([n, volume(), claim, pod("p", "a"), attachment("a")]);
  const effects = attachDetachController.reconcile(n, view);
  deepEqual((one(effects, "setStatus").status as Node["status"]).volumesAttached, [
    { name: listed, devicePath: "" },
  ]);
  deepEqual(told(effects), [
    "setStatus Node a",
    'event Normal SuccessfulAttachVolume: AttachVolume.Attach succeeded for volume "v" ',
  ]);
});

test("what is not attached yet, or about to go, is not listed", () => {
  const others = [volume(), claim, pod("p", "a")];
  deepEqual(lines(node("a"), [...others, attachment("a", { attached: false })]), []);
  deepEqual(lines(node("a", { attached: true }), [volume(), claim, attachment("a")]), [
    "setStatus Node a",
  ]);
});

test("an attachment goes when nobody needs it, after its node's list has let go of it", () => {
  const rest = [volume(), claim];
  const name = attachmentName("a");
  deepEqual(lines(attachment("a"), [...rest, node("a"), pod("p", "a")]), []);
  deepEqual(lines(attachment("a"), [...rest, node("a", { attached: true })]), []);
  deepEqual(lines(attachment("a"), [...rest, node("a")]), [`delete VolumeAttachment ${name}`]);
});

test("what the node has mounted stays attached, and listed", () => {
  const busy = node("a", { attached: true, inUse: true });
  deepEqual(lines(attachment("a"), [volume(), claim, busy], unneeded("a", minutes(60))), []);
  deepEqual(lines(busy, [volume(), claim, attachment("a")], unneeded("a", minutes(60))), []);
});

test("a node that does not answer has six minutes to let go", () => {
  const lost = node("a", { inUse: true, ready: false });
  const others = [volume(), claim, lost];
  deepEqual(lines(attachment("a"), others), ["wakeIn 360s"]);
  deepEqual(lines(attachment("a"), others, unneeded("a", minutes(6))), [
    `delete VolumeAttachment ${attachmentName("a")}`,
  ]);
  const effects = attachDetachController.reconcile(
    attachment("a"),
    viewOf([attachment("a"), ...others], { since: unneeded("a", minutes(6)) }),
  );
  deepEqual(
    all(effects, "measure").map(({ measurement }) => measurement.labels),
    [["timeout"]],
  );
});

test("a node that is out of service has no time at all", () => {
  const taints = [{ key: "node.kubernetes.io/out-of-service", effect: "NoExecute" }];
  const off = node("a", { inUse: true, ready: false, taints });
  deepEqual(lines(attachment("a"), [volume(), claim, off]), [
    `delete VolumeAttachment ${attachmentName("a")}`,
  ]);
});

test("of a node that is gone nobody knows what it has mounted", () => {
  deepEqual(lines(attachment("a"), [volume(), claim]), ["wakeIn 360s"]);
  deepEqual(lines(attachment("a"), [volume(), claim], unneeded("a", minutes(6))), [
    `delete VolumeAttachment ${attachmentName("a")}`,
  ]);
});

test("an attachment whose volume is gone still waits for its node", () => {
  deepEqual(lines(attachment("a"), [node("a", { inUse: true })]), []);
  deepEqual(lines(attachment("a"), [node("a")]), [
    `delete VolumeAttachment ${attachmentName("a")}`,
  ]);
});

test("attachments that somebody made by hand are left alone", () => {
  const byHand = made(VolumeAttachment, {
    metadata: { name: "mine" },
    spec: { attacher: "disk.example.com", nodeName: "a", source: { persistentVolumeName: "v" } },
    status: { attached: true },
  });
  deepEqual(lines(byHand, [volume(), claim, node("a")]), []);
  deepEqual(lines(node("a"), [volume(), claim, byHand]), []);
});

/** The driver does its part every second. */
async function lead(cluster: TestCluster, world: CsiWorld, steps: number): Promise<void> {
  for (let step = 0; step < steps; step++) {
    await cluster.advance(seconds(1));
    await world.act(cluster.client);
  }
}

test("a volume follows its pod to another node, and is on one node only all the way", async () => {
  await using cluster = await startTestCluster();
  const { client } = cluster;
  for (const [kind, manifest] of csiObjects) await client.create(kind, manifest);
  const world = new CsiWorld();
  await lead(cluster, world, 4);
  deepEqual(await world.attachedTo(client), ["a"]);
  await world.move(client);
  await lead(cluster, world, 8);
  deepEqual(await world.attachedTo(client), ["b"]);
  equal((await client.get(Node, { name: "a" })).status.volumesAttached, undefined);
  deepEqual(cluster.complaints, []);
});

for (const seed of [1, 2, 3])
  test(`a pod that is deleted in the middle leaves nothing attached (seed ${seed})`, async () => {
    await using cluster = await startTestCluster({ seed });
    const { client, advance } = cluster;
    for (const [kind, manifest] of csiObjects) await client.create(kind, manifest);
    const world = new CsiWorld();
    for (let step = 0; step < seed; step++) {
      await advance(300);
      await world.act(client);
      await cluster.restart();
    }
    await client.delete(Pod, { namespace: "default", name: "db" }, { gracePeriodSeconds: 0 });
    await lead(cluster, world, 6);
    deepEqual((await client.list(VolumeAttachment)).items, []);
    equal((await client.get(Node, { name: "a" })).status.volumesAttached, undefined);
  });

test("when a node is gone, its volume is free after six minutes", async () => {
  await using cluster = await startTestCluster();
  const { client, advance } = cluster;
  for (const [kind, manifest] of csiObjects) await client.create(kind, manifest);
  const world = new CsiWorld();
  await lead(cluster, world, 4);
  await client.delete(Node, { name: "a" });
  await client.delete(Pod, { namespace: "default", name: "db" }, { gracePeriodSeconds: 0 });
  await advance(minutes(5));
  equal((await client.list(VolumeAttachment)).items.length, 1);
  await advance(minutes(2));
  await world.act(client);
  deepEqual((await client.list(VolumeAttachment)).items, []);
});
