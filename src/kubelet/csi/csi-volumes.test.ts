import { deepEqual, equal, rejects } from "node:assert/strict";
import { test } from "node:test";
import { PersistentVolumeClaim } from "#api/core/persistentvolumeclaim.ts";
import { attachedNameOf, attachmentNameOf } from "#api/storage/attachment.ts";
import { VolumeAttachment } from "#api/storage/volumeattachment.ts";
import { minutes } from "#base/clock.ts";
import { CsiNodeWorld, driverName } from "./testing.ts";

const source = { driver: driverName, volumeHandle: "h" };
const listed = attachedNameOf(source);

test("a volume is staged for the node, published for the pod, and taken back in reverse", async () => {
  const world = new CsiNodeWorld();
  await world.describeDriver({});
  const { path } = await world.setUp("u1");
  equal(path, "/kubelet/pods/u1/volumes/kubernetes.io~csi/pv/mount");
  deepEqual(world.driver.calls, ["Stage staged", "Publish pods/u1/pv"]);
  deepEqual(world.driver.last("Stage"), {
    volumeId: "h",
    publishContext: {},
    stagingTargetPath: String(world.driver.last("Stage")["stagingTargetPath"]),
    volumeCapability: {
      mount: { fsType: "", mountFlags: [] },
      accessMode: { mode: "SINGLE_NODE_WRITER" },
    },
    secrets: {},
    volumeContext: { tier: "gold" },
  });
  await world.volumes.tearDown("u1");
  deepEqual(world.driver.calls.slice(2), ["Unpublish pods/u1/pv", "Unstage staged"]);
  equal(await world.disk.list("/kubelet/pods/u1/volumes/kubernetes.io~csi/pv"), undefined);
});

test("what is in place already is not asked for again", async () => {
  const world = new CsiNodeWorld();
  await world.describeDriver({});
  await world.setUp("u1");
  await world.setUp("u1");
  deepEqual(world.driver.calls, ["Stage staged", "Publish pods/u1/pv"]);
});

test("pods on one node share the staged volume: the last one takes it away", async () => {
  const world = new CsiNodeWorld();
  await world.describeDriver({});
  await Promise.all([world.setUp("u1"), world.setUp("u2")]);
  await world.volumes.tearDown("u1");
  await world.volumes.tearDown("u2");
  deepEqual(world.driver.calls, [
    "Stage staged",
    "Publish pods/u1/pv",
    "Publish pods/u2/pv",
    "Unpublish pods/u1/pv",
    "Unpublish pods/u2/pv",
    "Unstage staged",
  ]);
});

test("a driver that stages nothing is only asked to publish", async () => {
  const world = new CsiNodeWorld();
  world.driver.capabilities = [];
  await world.describeDriver({});
  await world.setUp("u1");
  await world.volumes.tearDown("u1");
  deepEqual(world.driver.calls, ["Publish pods/u1/pv", "Unpublish pods/u1/pv"]);
});

test("a volume to be attached waits until the node's status says both that it is in use and attached", async () => {
  const world = new CsiNodeWorld();
  await world.describeDriver({ attachRequired: true });
  const waits = { message: "volume is not attached yet", details: { volume: "pv", waits: true } };
  await rejects(world.setUp("u1"), waits);
  deepEqual([world.volumes.inUse, world.told], [[listed], 1]);
  world.status = { volumesAttached: [{ name: listed, devicePath: "" }] };
  await rejects(world.setUp("u1"), waits);
  world.status = { ...world.status, volumesInUse: [listed] };
  await rejects(world.setUp("u1"), waits, "the attachment is not there");
  await world.client.create(VolumeAttachment, {
    metadata: { name: attachmentNameOf(source, "n1") },
    spec: { attacher: driverName, nodeName: "n1", source: { persistentVolumeName: "pv" } },
    status: { attached: true, attachmentMetadata: { device: "/dev/x" } },
  });
  deepEqual(world.driver.calls, []);
  await world.setUp("u1");
  deepEqual(world.driver.last("Stage")["publishContext"], { device: "/dev/x" });
  await world.volumes.tearDown("u1");
  deepEqual(world.volumes.inUse, []);
});

test("a pod that goes while its volume is awaited lets go of it", async () => {
  const world = new CsiNodeWorld();
  await rejects(world.setUp("u1"));
  await world.volumes.tearDown("u1");
  deepEqual([world.volumes.inUse, world.told], [[], 2]);
});

test("what failed half-way is undone all the same", async () => {
  const world = new CsiNodeWorld();
  await world.describeDriver({});
  world.driver.failures.set("Publish", "no room");
  await rejects(world.setUp("u1"), {
    message: "rpc error: code = Internal desc = no room",
    details: { volume: "pv", step: "SetUp" },
  });
  await world.volumes.tearDown("u1");
  deepEqual(world.driver.calls.slice(2), ["Unpublish pods/u1/pv", "Unstage staged"]);
  world.driver.failures.set("Stage", "broken");
  await rejects(world.setUp("u1"), { details: { volume: "pv", step: "MountDevice" } });
  await world.setUp("u1");
  deepEqual(world.driver.calls.slice(4), ["Stage staged", "Stage staged", "Publish pods/u1/pv"]);
});

test("another kubelet finds the volume in place, needs no driver for it, and takes it away", async () => {
  const world = new CsiNodeWorld();
  await world.describeDriver({});
  await world.setUp("u1");
  world.isRegistered = false;
  await world.restart();
  equal(world.volumes.has("u1"), true);
  await world.setUp("u1");
  deepEqual(world.driver.calls.length, 2);
  await rejects(world.volumes.tearDown("u1"), {
    message: "driver name disk.example.com not found in the list of registered CSI drivers",
  });
  world.isRegistered = true;
  await world.volumes.tearDown("u1");
  deepEqual(world.driver.calls.slice(2), ["Unpublish pods/u1/pv", "Unstage staged"]);
});

test("another kubelet finishes what the first one was about to put in place", async () => {
  const world = new CsiNodeWorld();
  await world.describeDriver({});
  world.driver.failures.set("Publish", "killed");
  await rejects(world.setUp("u1"));
  await world.restart();
  await world.setUp("u1");
  deepEqual(world.driver.calls.slice(2), ["Stage staged", "Publish pods/u1/pv"]);
});

test("a staged volume that nobody uses any more goes when its driver is there", async () => {
  const world = new CsiNodeWorld();
  await world.describeDriver({});
  await world.setUp("u1");
  world.driver.failures.set("Unstage", "killed");
  await rejects(world.volumes.tearDown("u1"));
  await world.disk.remove("/kubelet/pods/u1");
  await world.restart();
  const stop = new AbortController();
  const running = world.volumes.run(stop.signal);
  await world.clock.advance(10);
  stop.abort();
  await world.clock.advance(minutes(1));
  await running;
  deepEqual(world.driver.calls.slice(3), ["Unstage staged", "Unstage staged"]);
});

test("what an attached volume's earlier kubelet had mounted is still in use", async () => {
  const world = new CsiNodeWorld();
  await world.describeDriver({ attachRequired: true });
  world.status = { volumesAttached: [{ name: listed, devicePath: "" }], volumesInUse: [listed] };
  await world.client.create(VolumeAttachment, {
    metadata: { name: attachmentNameOf(source, "n1") },
    spec: { attacher: driverName, nodeName: "n1", source: { persistentVolumeName: "pv" } },
    status: { attached: true },
  });
  await world.setUp("u1");
  await world.restart();
  deepEqual(world.volumes.inUse, [listed]);
});

test("a driver that is not there is named", async () => {
  const world = new CsiNodeWorld();
  await world.describeDriver({});
  world.isRegistered = false;
  await rejects(world.setUp("u1"), {
    message:
      "kubernetes.io/csi: attacher.MountDevice failed to create newCsiDriverClient: driver name disk.example.com not found in the list of registered CSI drivers",
    details: { volume: "pv", step: "MountDevice" },
  });
});

test("a driver is told about the pod, with tokens, when it asks for them", async () => {
  const world = new CsiNodeWorld();
  await world.describeDriver({
    podInfoOnMount: true,
    requiresRepublish: true,
    tokenRequests: [{ audience: "vault" }],
  });
  const { refreshAtMs } = await world.setUp("u1");
  equal(refreshAtMs, world.clock.now() + minutes(1));
  const { volumeContext } = world.driver.last("Publish") as {
    volumeContext: Record<string, string>;
  };
  deepEqual(JSON.parse(volumeContext["csi.storage.k8s.io/serviceAccount.tokens"] ?? ""), {
    vault: { token: "token for vault", expirationTimestamp: "2031-01-01T00:00:00Z" },
  });
  equal(volumeContext["csi.storage.k8s.io/pod.uid"], "u1");
  equal(volumeContext["csi.storage.k8s.io/ephemeral"], "false");
  equal(volumeContext["tier"], "gold");
  await world.setUp("u1");
  deepEqual(world.driver.calls.slice(2), ["Publish pods/u1/pv"]);
});

test("a driver may want its tokens among the secrets", async () => {
  const world = new CsiNodeWorld();
  const tokenRequests = [{ audience: "vault" }];
  await world.describeDriver({ serviceAccountTokenInSecrets: true, tokenRequests });
  await world.setUp("u1");
  const { secrets, volumeContext } = world.driver.last("Publish");
  deepEqual(Object.keys(secrets as object), ["csi.storage.k8s.io/serviceAccount.tokens"]);
  deepEqual(volumeContext, { tier: "gold" });
});

test("secrets go to the step that they are for, and a missing one is named", async () => {
  const world = new CsiNodeWorld();
  await world.describeDriver({});
  const keys = { namespace: "ns", name: "keys" };
  const none = { namespace: "ns", name: "none" };
  await rejects(world.setUp("u1", { csi: { ...source, nodePublishSecretRef: none } }), {
    message: 'fetching NodePublishSecretRef ns/none failed: secrets "none" not found',
    details: { volume: "pv", step: "SetUp" },
  });
  await world.volumes.tearDown("u1");
  await world.setUp("u1", { csi: { ...source, nodeStageSecretRef: keys } });
  deepEqual(world.driver.last("Stage")["secrets"], { key: "s3" });
  deepEqual(world.driver.last("Publish")["secrets"], {});
});

for (const [modes, capabilities, expected] of [
  [["ReadWriteMany"], [], "MULTI_NODE_MULTI_WRITER"],
  [["ReadOnlyMany"], [], "MULTI_NODE_READER_ONLY"],
  [["ReadWriteOncePod"], [], "SINGLE_NODE_WRITER"],
  [["ReadWriteOncePod"], ["SINGLE_NODE_MULTI_WRITER"], "SINGLE_NODE_SINGLE_WRITER"],
  [["ReadWriteOnce"], ["SINGLE_NODE_MULTI_WRITER"], "SINGLE_NODE_MULTI_WRITER"],
] as const)
  test(`${modes.join()} is ${expected} to a driver with ${capabilities.join() || "nothing"}`, async () => {
    const world = new CsiNodeWorld();
    world.driver.capabilities = capabilities;
    await world.describeDriver({});
    await world.setUp("u1", { accessModes: modes });
    const { volumeCapability } = world.driver.last("Publish");
    deepEqual((volumeCapability as { accessMode: object }).accessMode, { mode: expected });
  });

test("a volume that was made larger is expanded on the node, and the claim shows it", async () => {
  const world = new CsiNodeWorld();
  world.driver.capabilities = ["EXPAND_VOLUME"];
  await world.describeDriver({});
  const claim = await world.client.create(PersistentVolumeClaim, {
    metadata: { namespace: "default", name: "data" },
    spec: {},
    status: {
      capacity: { storage: "1Gi" },
      conditions: [{ type: "FileSystemResizePending", status: "True" }],
    },
  });
  await world.setUp("u1", { capacity: { storage: "2Gi" } }, claim);
  deepEqual(world.driver.last("Expand")["capacityRange"], { requiredBytes: 2 * 2 ** 30 });
  const [now] = world.client.all(PersistentVolumeClaim);
  deepEqual(now?.status, { capacity: { storage: "2Gi" } });
});

test("a block device is staged and published as one, and is nobody's group's", async () => {
  const world = new CsiNodeWorld();
  await world.describeDriver({ fsGroupPolicy: "File" });
  const { isDevice } = await world.setUp("u1", { volumeMode: "Block" });
  equal(isDevice, true);
  deepEqual(world.driver.last("Publish")["volumeCapability"], {
    block: {},
    accessMode: { mode: "SINGLE_NODE_WRITER" },
  });
});
