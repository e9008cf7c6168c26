/** Claims and volumes find each other, and volumes are made and removed as folders of a node. */
import { deepEqual, equal, match } from "node:assert/strict";
import { test } from "node:test";
import { ConfigMap } from "#api/core/configmap.ts";
import { Event } from "#api/core/event.ts";
import { Node } from "#api/core/node.ts";
import { PersistentVolume } from "#api/core/persistentvolume.ts";
import { PersistentVolumeClaim } from "#api/core/persistentvolumeclaim.ts";
import { Pod } from "#api/core/pod.ts";
import { StorageClass } from "#api/storage/storageclass.ts";
import { minutes, seconds } from "#base/clock.ts";
import { localPathClass, localPathSettings } from "./local-path/manifests.ts";
import { startTestCluster, type TestCluster } from "./testing.ts";

const namespace = "default";

const claim = (name: string, spec: object = {}) => ({
  metadata: { namespace, name },
  spec: {
    accessModes: ["ReadWriteOnce" as const],
    storageClassName: "",
    resources: { requests: { storage: "1Gi" } },
    ...spec,
  },
});

const volume = (name: string, spec: object = {}) => ({
  metadata: { name },
  spec: {
    capacity: { storage: "1Gi" },
    accessModes: ["ReadWriteOnce" as const],
    hostPath: { path: `/data/${name}` },
    ...spec,
  },
});

const claimAt = ({ client }: TestCluster, name: string) =>
  client.get(PersistentVolumeClaim, { namespace, name });
const volumeAt = ({ client }: TestCluster, name: string) => client.get(PersistentVolume, { name });

const eventsOf = async ({ client }: TestCluster, name: string): Promise<readonly string[]> =>
  (await client.list(Event, {})).items
    .filter(({ involvedObject }) => involvedObject.name === name)
    .map(({ reason, message }) => `${reason}: ${message}`);

test("a claim gets the smallest volume that is large enough, and keeps it", async () => {
  await using cluster = await startTestCluster();
  const { client, advance } = cluster;
  for (const [name, storage] of [
    ["small", "500Mi"],
    ["huge", "100Gi"],
    ["good", "2Gi"],
  ] as const)
    await client.create(PersistentVolume, volume(name, { capacity: { storage } }));
  await client.create(PersistentVolumeClaim, claim("data"));
  await advance(seconds(1));
  const { spec, status } = await claimAt(cluster, "data");
  equal(spec.volumeName, "good");
  equal(status.phase, "Bound");
  deepEqual(status.capacity, { storage: "2Gi" });
  const good = await volumeAt(cluster, "good");
  equal(good.status.phase, "Bound");
  equal(good.spec.claimRef?.name, "data");
  equal((await volumeAt(cluster, "huge")).status.phase, "Available");
  await cluster.restart();
  await advance(seconds(20));
  equal((await claimAt(cluster, "data")).spec.volumeName, "good");
  deepEqual(cluster.complaints, []);
});

test("two claims do not get one volume, and the second gets the next", async () => {
  await using cluster = await startTestCluster();
  const { client, advance } = cluster;
  await client.create(PersistentVolume, volume("one"));
  await client.create(PersistentVolumeClaim, claim("first"));
  await client.create(PersistentVolumeClaim, claim("second"));
  await advance(seconds(1));
  const phases = async (): Promise<readonly unknown[]> =>
    (await client.list(PersistentVolumeClaim)).items
      .map(({ status }) => status.phase ?? "")
      .toSorted((a, b) => a.localeCompare(b));
  deepEqual(await phases(), ["Bound", "Pending"]);
  await client.create(PersistentVolume, volume("two"));
  await advance(seconds(1));
  deepEqual(await phases(), ["Bound", "Bound"]);
});

for (const [what, wanted, offered] of [
  ["another class", { storageClassName: "fast" }, {}],
  ["another access mode", { accessModes: ["ReadWriteMany"] }, {}],
  ["another mode", { volumeMode: "Block" }, {}],
  ["labels that it lacks", { selector: { matchLabels: { disk: "ssd" } } }, {}],
  ["a volume that is another's", {}, { claimRef: { namespace, name: "other" } }],
] as const) {
  test(`a volume does not go to a claim that wants ${what}`, async () => {
    await using cluster = await startTestCluster();
    await cluster.client.create(PersistentVolume, volume("v", offered));
    await cluster.client.create(PersistentVolumeClaim, claim("data", wanted));
    await cluster.advance(seconds(1));
    equal((await claimAt(cluster, "data")).status.phase, "Pending");
    equal((await volumeAt(cluster, "v")).status.phase, "Available");
  });
}

test("a claim without a class or a volume says what it lacks", async () => {
  await using cluster = await startTestCluster();
  await cluster.client.create(PersistentVolumeClaim, claim("data"));
  await cluster.advance(seconds(1));
  deepEqual(await eventsOf(cluster, "data"), [
    "FailedBinding: no persistent volumes available for this claim and no storage class is set",
  ]);
});

test("a claim whose class does not exist says so, and is served when it comes", async () => {
  await using cluster = await startTestCluster();
  const { client, advance } = cluster;
  await client.create(PersistentVolumeClaim, claim("data", { storageClassName: "fast" }));
  await advance(seconds(1));
  match(String(await eventsOf(cluster, "data")), /storageclass\.storage\.k8s\.io "fast" not found/);
  await client.create(StorageClass, { metadata: { name: "fast" }, provisioner: "example.com/x" });
  await advance(seconds(1));
  const { annotations } = (await claimAt(cluster, "data")).metadata;
  equal(annotations?.["volume.kubernetes.io/storage-provisioner"], "example.com/x");
});

test("a reserved volume waits for its claim, and a claim for the volume it names", async () => {
  await using cluster = await startTestCluster();
  const { client, advance } = cluster;
  const claimRef = { namespace, name: "mine" };
  await client.create(PersistentVolume, volume("reserved", { claimRef }));
  await client.create(PersistentVolumeClaim, claim("chosen", { volumeName: "later" }));
  await advance(seconds(1));
  equal((await volumeAt(cluster, "reserved")).status.phase, "Available");
  await client.create(PersistentVolumeClaim, claim("mine"));
  await client.create(PersistentVolume, volume("later"));
  await advance(seconds(1));
  equal((await claimAt(cluster, "mine")).spec.volumeName, "reserved");
  equal((await claimAt(cluster, "chosen")).status.phase, "Bound");
});

test("a claim that names a volume of another's is told so, and not whose it is", async () => {
  await using cluster = await startTestCluster();
  const { client, advance } = cluster;
  const claimRef = { namespace: "kube-system", name: "secret" };
  await client.create(PersistentVolume, volume("taken", { claimRef }));
  await client.create(PersistentVolumeClaim, claim("data", { volumeName: "taken" }));
  await advance(seconds(1));
  deepEqual(await eventsOf(cluster, "data"), [
    'FailedBinding: volume "taken" already bound to a different claim.',
  ]);
});

for (const [what, wanted, offered, why] of [
  [
    "is too small",
    { resources: { requests: { storage: "2Gi" } } },
    {},
    "requested PV is too small",
  ],
  ["is of another class", { storageClassName: "fast" }, {}, "storageClassName does not match"],
  ["is of another mode", { volumeMode: "Block" }, {}, "incompatible volumeMode"],
  [
    "is of another class of attributes",
    { volumeAttributesClassName: "gold" },
    {},
    "volumeAttributesClassName does not match",
  ],
  ["cannot be used so", { accessModes: ["ReadWriteMany"] }, {}, "incompatible accessMode"],
  ["is about to go", {}, { isGoing: true }, 'the volume is marked for deletion "v"'],
] as const) {
  test(`a claim that names a volume that ${what} is told why it does not get it`, async () => {
    await using cluster = await startTestCluster();
    const { client, advance } = cluster;
    const { metadata, ...rest } = volume("v");
    const finalizers = ["example.com/keeps"];
    await client.create(PersistentVolume, { ...rest, metadata: { ...metadata, finalizers } });
    if ("isGoing" in offered) await client.delete(PersistentVolume, { name: "v" });
    await client.create(PersistentVolumeClaim, claim("data", { volumeName: "v", ...wanted }));
    await advance(seconds(1));
    equal((await claimAt(cluster, "data")).status.phase, "Pending");
    equal((await volumeAt(cluster, "v")).spec.claimRef, undefined);
    deepEqual(await eventsOf(cluster, "data"), [
      `VolumeMismatch: Cannot bind to requested volume "v": ${why}`,
    ]);
  });
}

test("a claim that is gone leaves its volume released, with what is in it", async () => {
  await using cluster = await startTestCluster();
  const { client, advance } = cluster;
  await client.create(PersistentVolume, volume("v"));
  await client.create(PersistentVolumeClaim, claim("data"));
  await advance(seconds(1));
  await client.delete(PersistentVolumeClaim, { namespace, name: "data" });
  await advance(seconds(1));
  equal((await volumeAt(cluster, "v")).status.phase, "Released");
  await client.create(PersistentVolumeClaim, claim("data"));
  await advance(seconds(1));
  equal((await claimAt(cluster, "data")).status.phase, "Pending");
});

test("a claim whose volume is gone is lost", async () => {
  await using cluster = await startTestCluster();
  const { client, advance } = cluster;
  await client.create(PersistentVolume, volume("v"));
  await client.create(PersistentVolumeClaim, claim("data"));
  await advance(seconds(1));
  const bound = await volumeAt(cluster, "v");
  await client.delete(PersistentVolume, { name: "v" });
  await client.patch(
    PersistentVolume,
    { name: "v" },
    { is: "merge", change: { metadata: { uid: bound.metadata.uid, finalizers: null } } },
  );
  await advance(seconds(1));
  equal((await claimAt(cluster, "data")).status.phase, "Lost");
  match(String(await eventsOf(cluster, "data")), /ClaimLost: Bound claim has lost its Persistent/);
});

/** The default class with its provisioner, and a node whose helper pods do what they should. */
async function withLocalPath(cluster: TestCluster): Promise<void> {
  const { client } = cluster;
  await client.create(StorageClass, localPathClass);
  const settings = { folder: "/var/lib/k8ts/volumes", image: "k8ts.local/node" };
  await client.create(ConfigMap, localPathSettings(settings));
  const labels = { "kubernetes.io/hostname": "host-a" };
  await client.create(Node, { metadata: { name: "a", labels } });
}

const lazy = { storageClassName: undefined };

const selectNode = ({ client }: TestCluster, name: string): Promise<unknown> =>
  client.patch(
    PersistentVolumeClaim,
    { namespace, name },
    {
      is: "merge",
      change: { metadata: { annotations: { "volume.kubernetes.io/selected-node": "a" } } },
    },
  );

const helpers = async ({ client }: TestCluster): Promise<readonly Pod[]> =>
  (await client.list(Pod, { namespace: "kube-system" })).items;

async function finish(cluster: TestCluster, phase: "Failed" | "Succeeded"): Promise<void> {
  for (const { metadata } of await helpers(cluster)) {
    const { name = "" } = metadata;
    const at = { namespace: "kube-system", name, subresource: "status" };
    await cluster.client.patch(Pod, at, { is: "merge", change: { status: { phase } } });
  }
  await cluster.advance(seconds(1));
}

const folderFor = (helper: Pod | undefined): string | undefined =>
  helper?.spec.containers[0]?.env?.find(({ name }) => name === "VOL_DIR")?.value;

test("a claim that waits for pods says which they are", async () => {
  await using cluster = await startTestCluster();
  const { client, advance } = cluster;
  await withLocalPath(cluster);
  await client.create(PersistentVolumeClaim, claim("data", lazy));
  await advance(seconds(1));
  const podOf = (name: string) => ({
    metadata: { namespace, name },
    spec: {
      containers: [{ name: "c", image: "i" }],
      volumes: [{ name: "v", persistentVolumeClaim: { claimName: "data" } }],
    },
  });
  for (const name of ["a", "b"]) {
    await client.create(Pod, podOf(name));
    await advance(seconds(1));
  }
  deepEqual(await eventsOf(cluster, "data"), [
    "WaitForFirstConsumer: waiting for first consumer to be created before binding",
    "WaitForPodScheduled: waiting for pod a to be scheduled",
    "WaitForPodScheduled: waiting for pods a,b to be scheduled",
  ]);
});

test("a claim of the default class waits for its pod, then gets a folder on its node", async () => {
  await using cluster = await startTestCluster();
  const { client, advance } = cluster;
  await withLocalPath(cluster);
  await client.create(PersistentVolumeClaim, claim("data", lazy));
  await advance(seconds(1));
  equal((await claimAt(cluster, "data")).spec.storageClassName, "local-path");
  match(
    String(await eventsOf(cluster, "data")),
    /WaitForFirstConsumer: waiting for first consumer/,
  );
  await selectNode(cluster, "data");
  await advance(seconds(1));
  const [helper] = await helpers(cluster);
  equal(helper?.spec.nodeName, "a");
  const { uid } = (await claimAt(cluster, "data")).metadata;
  const folder = `/var/lib/k8ts/volumes/pvc-${uid}_default_data`;
  equal(folderFor(helper), folder);
  await finish(cluster, "Succeeded");
  const bound = await claimAt(cluster, "data");
  equal(bound.status.phase, "Bound");
  const made = await volumeAt(cluster, `pvc-${uid}`);
  equal(made.spec.hostPath?.path, folder);
  equal(made.status.phase, "Bound");
  const [term] = made.spec.nodeAffinity?.required?.nodeSelectorTerms ?? [];
  deepEqual(term?.matchExpressions?.[0]?.values, ["host-a"]);
  deepEqual(await helpers(cluster), []);
  deepEqual(cluster.complaints, []);
});

test("a folder goes when its claim does", async () => {
  await using cluster = await startTestCluster();
  const { client, advance } = cluster;
  await withLocalPath(cluster);
  await client.create(PersistentVolumeClaim, claim("data", lazy));
  await selectNode(cluster, "data");
  await advance(seconds(1));
  await finish(cluster, "Succeeded");
  await client.delete(PersistentVolumeClaim, { namespace, name: "data" });
  await advance(seconds(1));
  deepEqual((await helpers(cluster))[0]?.spec.containers[0]?.args, ["/script/teardown"]);
  await finish(cluster, "Succeeded");
  deepEqual((await client.list(PersistentVolume)).items, []);
  deepEqual(await helpers(cluster), []);
  deepEqual(cluster.complaints, []);
});

test("a helper that fails makes the scheduler choose again; so does one that hangs", async () => {
  await using cluster = await startTestCluster();
  const { client, advance } = cluster;
  await withLocalPath(cluster);
  await client.create(PersistentVolumeClaim, claim("data", lazy));
  const selected = async (): Promise<string | undefined> =>
    (await claimAt(cluster, "data")).metadata.annotations?.["volume.kubernetes.io/selected-node"];
  await selectNode(cluster, "data");
  await advance(seconds(1));
  await finish(cluster, "Failed");
  equal(await selected(), undefined);
  deepEqual(await helpers(cluster), []);
  match(String(await eventsOf(cluster, "data")), /ProvisioningFailed: failed to provision volume/);
  await selectNode(cluster, "data");
  await advance(seconds(1));
  equal((await helpers(cluster)).length, 1);
  await advance(minutes(3));
  equal(await selected(), undefined);
  deepEqual(await helpers(cluster), []);
});

test("a claim that goes while its volume is being made leaves nothing behind", async () => {
  await using cluster = await startTestCluster();
  const { client, advance } = cluster;
  await withLocalPath(cluster);
  await client.create(PersistentVolumeClaim, claim("data", lazy));
  await selectNode(cluster, "data");
  await advance(seconds(1));
  equal((await helpers(cluster)).length, 1);
  await client.delete(PersistentVolumeClaim, { namespace, name: "data" });
  await advance(seconds(2));
  deepEqual((await helpers(cluster))[0]?.spec.containers[0]?.args, ["/script/teardown"]);
  await finish(cluster, "Succeeded");
  deepEqual(await helpers(cluster), []);
  deepEqual((await client.list(PersistentVolume)).items, []);
});

test("settings with a mistake are named in an event, and mending them is enough", async () => {
  await using cluster = await startTestCluster();
  const { client, advance } = cluster;
  await withLocalPath(cluster);
  const at = { namespace: "kube-system", name: "local-path-config" };
  const set = (json: string): Promise<unknown> =>
    client.patch(ConfigMap, at, { is: "merge", change: { data: { "config.json": json } } });
  await set(`{"nodePathMap":[{"node":"a","paths":["relative"]}]}`);
  await client.create(PersistentVolumeClaim, claim("data", lazy));
  await selectNode(cluster, "data");
  await advance(seconds(1));
  match(String(await eventsOf(cluster, "data")), /nodePathMap\[0\] must have a node and absolute/);
  await set(`{"nodePathMap":[{"node":"a","paths":["/srv"]}]}`);
  await advance(seconds(1));
  match((await helpers(cluster))[0]?.spec.volumes?.[0]?.hostPath?.path ?? "", /^\/srv$/);
});

test("a larger claim gets a larger volume, when its volume is a folder", async () => {
  await using cluster = await startTestCluster();
  const { client, advance } = cluster;
  await withLocalPath(cluster);
  await client.create(PersistentVolumeClaim, claim("data", lazy));
  await selectNode(cluster, "data");
  await advance(seconds(1));
  await finish(cluster, "Succeeded");
  await client.patch(
    PersistentVolumeClaim,
    { namespace, name: "data" },
    { is: "merge", change: { spec: { resources: { requests: { storage: "3Gi" } } } } },
  );
  await advance(seconds(1));
  const { spec, status } = await claimAt(cluster, "data");
  deepEqual(status.capacity, { storage: "3Gi" });
  const { capacity } = (await volumeAt(cluster, spec.volumeName ?? "")).spec;
  deepEqual(capacity, { storage: "3Gi" });
});

test("an ephemeral volume's claim is made for its pod and goes with it", async () => {
  await using cluster = await startTestCluster();
  const { client, advance } = cluster;
  await client.create(Pod, {
    metadata: { namespace, name: "p" },
    spec: {
      containers: [{ name: "c", image: "web:1" }],
      volumes: [{ name: "scratch", ephemeral: { volumeClaimTemplate: { spec: claim("").spec } } }],
    },
  });
  await advance(seconds(1));
  equal((await claimAt(cluster, "p-scratch")).metadata.ownerReferences?.[0]?.name, "p");
  await client.delete(Pod, { namespace, name: "p" }, { gracePeriodSeconds: 0 });
  await advance(seconds(2));
  deepEqual((await client.list(PersistentVolumeClaim)).items, []);
});
