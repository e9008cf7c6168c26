/** The kubelet around its pods, on an imagined machine in virtual time. */
import { deepEqual, equal, match } from "node:assert/strict";
import { test } from "node:test";
import { Lease } from "#api/coordination/lease.ts";
import { Node } from "#api/core/node.ts";
import { PersistentVolume } from "#api/core/persistentvolume.ts";
import { PersistentVolumeClaim } from "#api/core/persistentvolumeclaim.ts";
import { Pod } from "#api/core/pod.ts";
import { Secret } from "#api/core/secret.ts";
import { attachedNameOf, attachmentNameOf } from "#api/storage/attachment.ts";
import { CSIDriver } from "#api/storage/csidriver.ts";
import { VolumeAttachment } from "#api/storage/volumeattachment.ts";
import { minutes, seconds, sleep } from "#base/clock.ts";
import { type Machine, machine } from "./node/testing.ts";
import { containerWith } from "./pod/testing.ts";
import { layersKey } from "./volumes/image.ts";

test("a node registers, is Ready and renews its lease", async (context) => {
  const { client, clock } = await machine(context);
  const [node] = client.all(Node);
  deepEqual(
    node?.status.conditions?.map(({ type, status }) => `${type} ${status}`),
    ["MemoryPressure False", "DiskPressure False", "PIDPressure False", "Ready True"],
  );
  deepEqual(node?.spec.taints, [{ key: "node.kubernetes.io/not-ready", effect: "NoSchedule" }]);
  deepEqual(
    [node?.status.capacity?.["memory"], node?.status.allocatable?.["memory"]],
    ["4Gi", "3996Mi"],
  );
  const renewedAt = () => client.all(Lease)[0]?.spec.renewTime;
  const first = renewedAt();
  await clock.advance(seconds(10));
  equal(renewedAt() === first, false);
});

test("a node at rest writes its lease and nothing else for five minutes", async (context) => {
  const { client, clock } = await machine(context);
  const version = () => client.all(Node)[0]?.metadata.resourceVersion;
  const before = version();
  await clock.advance(minutes(4));
  equal(version(), before);
  await clock.advance(minutes(2));
  equal(version() === before, false);
});

test("the address range for pods becomes network configuration", async (context) => {
  const { client, clock, disk } = await machine(context);
  const [node] = client.all(Node);
  if (node)
    await client.update(Node, { ...node, spec: { ...node.spec, podCIDR: "10.244.3.0/24" } });
  await clock.advance(100);
  const text = new TextDecoder().decode(await disk.read("/cni/10-k8ts.conflist"));
  match(text, /10\.244\.3\.0\/24/);
});

test("a pod of this node runs; a pod of another one does not", async (context) => {
  const host = await machine(context);
  await host.create("mine");
  await host.create("other", { nodeName: "n2" });
  equal(host.isReady("mine"), true);
  deepEqual(host.find("mine")?.status.hostIPs, [{ ip: "10.0.0.1" }, { ip: "fd00::1" }]);
  equal(host.find("other")?.status.phase, "Pending");
});

for (const [what, spec, reason, message] of [
  [
    "asks for more than there is",
    { containers: [containerWith("app", { resources: { requests: { cpu: "3" } } })] },
    "OutOfcpu",
    "Node didn't have enough resource: cpu, requested: 3000, used: 0, capacity: 2000",
  ],
  [
    "wants another node",
    { nodeSelector: { disk: "ssd" } },
    "NodeAffinity",
    "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector",
  ],
  [
    "wants to change a setting of the whole node",
    { securityContext: { sysctls: [{ name: "kernel.msgmax", value: "10000000000" }] } },
    "SysctlForbidden",
    'forbidden sysctl: "kernel.msgmax" not allowlisted',
  ],
] as const) {
  test(`a pod that ${what} is turned away`, async (context) => {
    const host = await machine(context);
    await host.create("big", spec);
    const { phase, reason: why, message: text } = host.find("big")?.status ?? {};
    deepEqual([phase, why, text], ["Failed", reason, `Pod was rejected: ${message}`]);
    deepEqual(host.events("big"), [`${reason}: ${message}`]);
    deepEqual(await host.runtime.listSandboxes(), []);
    await host.client.delete(Pod, { namespace: "default", name: "big" });
    await host.clock.advance(seconds(1));
    equal(host.find("big"), undefined);
  });
}

test("a node takes only so many pods", async (context) => {
  const host = await machine(context);
  for (const name of ["a", "b", "c", "d"]) await host.create(name);
  equal(host.find("d")?.status.reason, "OutOfpods");
});

test("a pod that the API has forgotten takes no place, although it is still being stopped", async (context) => {
  const host = await machine(context);
  const large = { containers: [containerWith("app", { resources: { requests: { cpu: "2" } } })] };
  await host.create("old", large);
  await host.client.delete(Pod, { namespace: "default", name: "old" }, { gracePeriodSeconds: 0 });
  await host.create("new", large);
  deepEqual(
    [host.find("new")?.status.phase, host.find("new")?.status.reason],
    ["Running", undefined],
  );
});

test("containers whose pod is gone are stopped when the kubelet finds them", async (context) => {
  const host = await machine(context);
  await host.create("web");
  await host.end();
  await host.client.delete(Pod, { namespace: "default", name: "web" }, { gracePeriodSeconds: 0 });
  await host.start();
  await host.clock.advance(seconds(1));
  deepEqual(await host.runtime.listContainers(), []);
  deepEqual(await host.runtime.listSandboxes(), []);
  deepEqual(
    [...host.groups.keys()].filter((path) => path.includes("/poduid")),
    [],
  );
});

test("a kubelet that returns lets its containers run", async (context) => {
  const host = await machine(context);
  await host.create("web");
  const before = host.find("web")?.status;
  await host.end();
  await host.start();
  await host.clock.advance(minutes(2));
  deepEqual(host.find("web")?.status, before);
});

test("after a reboot everything starts again in a new sandbox", async (context) => {
  const host = await machine(context);
  await host.create("web");
  await host.end();
  host.runtime.crash();
  await host.start();
  await host.clock.advance(seconds(1));
  equal(host.isReady("web"), true);
  equal(host.find("web")?.status.containerStatuses?.[0]?.restartCount, 1);
  equal((await host.runtime.listSandboxes()).filter(({ isReady }) => isReady).length, 1);
});

test("an exit that nobody reported is found", async (context) => {
  const host = await machine(context);
  host.programs.set("app", { endsAfterMs: minutes(3), exitCode: 1 });
  await host.create("web");
  await host.clock.advance(minutes(5));
  equal(host.find("web")?.status.containerStatuses?.[0]?.restartCount, 1);
});

test("an exit while the runtime's reports are being subscribed to is found soon", async (context) => {
  const host = await machine(context);
  host.programs.set("app", { endsAfterMs: seconds(10), exitCode: 1 });
  await host.create("web");
  await host.end();
  await host.clock.advance(seconds(8));
  const { changes } = host.runtime;
  Object.assign(host.runtime, {
    async *changes(signal: AbortSignal) {
      await sleep(host.clock, 900, signal);
      yield* changes(signal);
    },
  });
  await host.start();
  await host.clock.advance(seconds(1));
  equal(host.find("web")?.status.containerStatuses?.[0]?.restartCount, 1);
});

test("a Secret that appears lets the container that waits for it start", async (context) => {
  const host = await machine(context);
  const envFrom = [{ prefix: "", secretRef: { name: "late" } }] as never;
  await host.create("web", {}, { envFrom });
  equal(
    host.find("web")?.status.containerStatuses?.[0]?.state.waiting?.message,
    'secret "late" not found',
  );
  await host.client.create(Secret, { metadata: { namespace: "default", name: "late" } });
  await host.clock.advance(seconds(10));
  equal(host.isReady("web"), true);
});

const csiSource = { driver: "disk.example.com", volumeHandle: "h" };
const csiListed = attachedNameOf(csiSource);

/** A pod with a claim of a driver that attaches. */
async function createWithVolume(host: Machine): Promise<void> {
  const { client } = host;
  await client.create(CSIDriver, {
    metadata: { name: csiSource.driver },
    spec: { attachRequired: true, volumeLifecycleModes: ["Persistent"] },
  });
  await client.create(PersistentVolume, {
    metadata: { name: "pv" },
    spec: { accessModes: ["ReadWriteOnce"], csi: csiSource },
  } as never);
  await client.create(PersistentVolumeClaim, {
    metadata: { namespace: "default", name: "data" },
    spec: { volumeName: "pv" },
    status: { phase: "Bound" },
  } as never);
  const volumes = [{ name: "v", persistentVolumeClaim: { claimName: "data" } }];
  await host.create("db", { volumes }, { volumeMounts: [{ name: "v", mountPath: "/v" }] });
}

/** As the attach/detach controller and the driver's attacher do. */
async function attachVolume({ client, clock }: Machine): Promise<void> {
  await client.create(VolumeAttachment, {
    metadata: { name: attachmentNameOf(csiSource, "n1") },
    spec: {
      attacher: csiSource.driver,
      nodeName: "n1",
      source: { persistentVolumeName: "pv" },
    },
    status: { attached: true },
  });
  const [node] = client.all(Node);
  const volumesAttached = [{ name: csiListed, devicePath: "" }];
  if (node)
    await client.updateStatus(Node, { ...node, status: { ...node.status, volumesAttached } });
  await clock.advance(100);
}

test("a pod waits for its volume in silence, and starts when the node's list has it", async (context) => {
  const host = await machine(context);
  await createWithVolume(host);
  await host.clock.advance(minutes(1));
  deepEqual(host.client.all(Node)[0]?.status.volumesInUse, [csiListed]);
  equal(host.driver.calls.length, 0);
  await attachVolume(host);
  equal(host.isReady("db"), true);
  equal(String(host.events("db")).includes("FailedMount"), false);
  await host.client.delete(Pod, { namespace: "default", name: "db" });
  await host.clock.advance(seconds(5));
  deepEqual(
    host.driver.calls.map((call) => call.split(" ")[0]),
    ["Stage", "Publish", "Unpublish", "Unstage"],
  );
  const { volumesInUse, volumesAttached } = host.client.all(Node)[0]?.status ?? {};
  deepEqual([volumesInUse, volumesAttached?.length], [undefined, 1]);
});

test("the volumes of a pod that was forgotten while the kubelet was away are taken back", async (context) => {
  const host = await machine(context);
  await createWithVolume(host);
  await attachVolume(host);
  await host.end();
  await host.client.delete(Pod, { namespace: "default", name: "db" }, { gracePeriodSeconds: 0 });
  for (const { id } of await host.runtime.listContainers()) await host.runtime.removeContainer(id);
  for (const { id } of await host.runtime.listSandboxes()) await host.runtime.removeSandbox(id);
  host.driver.failures.set("Unpublish", "not yet");
  await host.start();
  await host.clock.advance(seconds(5));
  deepEqual(
    host.driver.calls.slice(2).map((call) => call.split(" ")[0]),
    ["Unpublish", "Unpublish", "Unstage"],
  );
  equal(await host.disk.list("/kubelet/pods"), undefined);
});

test("layers of images are held for as long as the pod lives, also for one forgotten meanwhile", async (context) => {
  const host = await machine(context);
  const volumes = [{ name: "files", image: { reference: "app:1" } }];
  const volumeMounts = [{ name: "files", mountPath: "/files" }];
  const keys: string[] = [];
  for (const name of ["ends", "forgotten"]) {
    const { metadata } = await host.create(name, { volumes }, { volumeMounts });
    keys.push(layersKey(metadata.uid ?? "", "files"));
  }
  const held = async (): Promise<boolean[]> =>
    Promise.all(keys.map(async (key) => (await host.runtime.heldLayers(key)) !== undefined));
  deepEqual(await held(), [true, true]);
  equal(host.isReady("ends"), true);
  await host.client.delete(Pod, { namespace: "default", name: "ends" });
  await host.clock.advance(minutes(1));
  deepEqual(await held(), [false, true]);
  await host.end();
  await host.client.delete(
    Pod,
    { namespace: "default", name: "forgotten" },
    { gracePeriodSeconds: 0 },
  );
  for (const { id } of await host.runtime.listSandboxes()) await host.runtime.removeSandbox(id);
  await host.start();
  deepEqual(await held(), [false, false]);
});

test("what is left of one pod and will not go keeps no other pod from running, and goes later", async (context) => {
  const host = await machine(context);
  await host.end();
  await host.disk.makeFolder("/kubelet/pods/stuck");
  let isStuck = true;
  const { remove } = host.disk;
  context.mock.method(host.disk, "remove", async (path: string) => {
    if (isStuck && path === "/kubelet/pods/stuck") throw new Error("device or resource busy");
    await remove(path);
  });
  await host.start();
  await host.create("web");
  equal(host.isReady("web"), true);
  isStuck = false;
  await host.clock.advance(seconds(20));
  equal((await host.disk.list("/kubelet/pods"))?.includes("stuck"), false);
});

test("a kubelet that stops leaves its containers alone", async (context) => {
  const host = await machine(context);
  await host.create("web");
  await host.end();
  await host.clock.advance(minutes(1));
  deepEqual(
    (await host.runtime.listContainers()).map(({ state }) => state),
    ["running"],
  );
  equal(host.clock.pending, 0);
  await host.start();
});
