/** Drivers' volumes follow their pods from node to node, and never are where they must not be. */
import { deepEqual, equal, fail, ok } from "node:assert/strict";
import { test } from "node:test";
import { Node } from "#api/core/node.ts";
import { PersistentVolume } from "#api/core/persistentvolume.ts";
import { PersistentVolumeClaim } from "#api/core/persistentvolumeclaim.ts";
import { Pod } from "#api/core/pod.ts";
import type { AnyKind, ApiObject } from "#api/kind.ts";
import { CSIDriver } from "#api/storage/csidriver.ts";
import { VolumeAttachment } from "#api/storage/volumeattachment.ts";
import { minutes, seconds } from "#base/clock.ts";
import { attachDetachController } from "./attach-detach.ts";
import { attachmentName, CsiWorld, csiObjects, listed } from "./attachments/testing.ts";
import type { View } from "./runtime/controller.ts";
import { fullKeyOf } from "./runtime/run.ts";
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
  const p = pod("p", "a");
  const effects = attachDetachController.reconcile(p, viewOf([p, volume(), claim, node("a")]));
  deepEqual(one(effects, "create").object, {
    metadata: { name: attachmentName("a") },
    spec: {
      attacher: "disk.example.com",
      nodeName: "a",
      source: { persistentVolumeName: "v" },
    },
  });
});

for (const [what, p, others] of [
  ["its pod has no node yet", pod("p", ""), [node("a")]],
  ["its pod has ended", pod("p", "a", { status: { phase: "Succeeded" } }), [node("a")]],
  ["its node is gone", pod("p", "a"), []],
  ["its kubelet attaches by itself", pod("p", "a"), [made(Node, { metadata: { name: "a" } })]],
  [
    "its driver does not attach",
    pod("p", "a"),
    [
      node("a"),
      made(CSIDriver, { metadata: { name: "disk.example.com" }, spec: { attachRequired: false } }),
    ],
  ],
] as const)
  test(`a volume is not attached when ${what}`, () => {
    deepEqual(lines(p, [volume(), claim, ...others]), []);
  });

test("a volume for one node goes to no second one, and the pod hears who has it", () => {
  const q = pod("q", "b");
  const held = [volume(), claim, node("a"), node("b"), attachment("a")];
  deepEqual(lines(q, [...held, pod("p", "a")]), [
    'event Warning FailedAttachVolume: Multi-Attach error for volume "v" Volume is already used by pod(s) p',
  ]);
  deepEqual(lines(q, held), [
    `event Warning FailedAttachVolume: Multi-Attach error for volume "v" Volume is already exclusively attached to one node and can't be attached to another`,
  ]);
  deepEqual(lines(q, held, { "v is held elsewhere": testNow - 1 }), []);
});

test("a volume for many nodes goes to all of them", () => {
  const held = [claim, node("a"), node("b"), pod("p", "a"), attachment("a")];
  deepEqual(lines(pod("q", "b"), [volume(["ReadWriteMany"]), ...held]), [
    `create VolumeAttachment ${attachmentName("b")}`,
  ]);
});

test("pods hear why their volume is not attached, once", () => {
  const p = pod("p", "a");
  const others = [volume(), claim, node("a")];
  const failed = attachment("a", { attached: false, attachError: { message: "no room" } });
  const text =
    'event Warning FailedAttachVolume: AttachVolume.Attach failed for volume "v" : no room';
  deepEqual(lines(p, [...others, failed]), [text]);
  deepEqual(lines(p, [...others, failed], { "v: no room": testNow - 1 }), []);
  const slow = attachment("a", { attached: false });
  deepEqual(lines(p, [...others, slow]), ["wakeIn 120s"]);
  deepEqual(lines(p, [...others, slow], { "attaching v": testNow - minutes(2) }), [
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

/** Everything that is looked at for one change: keys that are woken, and objects behind them. */
function costOf(kind: AnyKind, object: ApiObject, view: View) {
  let looked = 0;
  const counting: View = {
    ...view,
    get: (...at) => (looked++, view.get(...at)),
    by: (...at) => view.by(...at).map((found) => (looked++, found)),
    list: () => fail("everything is looked at"),
  };
  const { watches = [], reconcile } = attachDetachController;
  const woken = watches
    .filter((watched) => watched.kind === kind)
    .flatMap(({ wakes }) => [...wakes(object, object, counting)]);
  const keys = new Set([fullKeyOf(object), ...woken]);
  const kinds: readonly AnyKind[] = [Pod, Node, VolumeAttachment];
  for (const key of keys) {
    const [type = "", path = ""] = key.split(" ");
    const [name = "", namespace] = path.split("/").toReversed();
    const own = kinds.find(({ apiVersion, kind: called }) => type === `${apiVersion}/${called}`);
    const found = own && view.get(own, namespace, name);
    if (found) reconcile(found, counting);
  }
  return { keys: keys.size, looked };
}

test("a change costs the same whether a volume is on ten nodes or on 5,000", () => {
  const costs = [10, 5_000].map((count) => {
    const names = Array.from({ length: count }, (_, i) => `n${i}`);
    const here = { attached: true, inUse: true };
    const view = viewOf([
      volume(["ReadWriteMany"]),
      claim,
      ...names.flatMap((name) => [node(name, here), pod(`p-${name}`, name), attachment(name)]),
      node("fresh"),
      pod("new", "fresh"),
    ]);
    return [
      costOf(Pod, pod("p-n7", "n7"), view),
      costOf(Pod, pod("new", "fresh"), view),
      costOf(Node, node("n7", here), view),
      costOf(VolumeAttachment, attachment("n7"), view),
    ];
  });
  const [few = [], many = []] = costs;
  deepEqual(many, few);
  ok(many.every(({ keys, looked }) => keys <= 3 && looked < 50));
});
