/** Pods with claims for devices: the scheduler against the real API server, in virtual time. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { test } from "node:test";
import { Event } from "#api/core/event.ts";
import { Node } from "#api/core/node.ts";
import { conditionOf } from "#api/core/pod-conditions.ts";
import { Pod } from "#api/core/pod.ts";
import { DeviceClass } from "#api/resource/deviceclass.ts";
import { ResourceClaim } from "#api/resource/resourceclaim.ts";
import { ResourceSlice } from "#api/resource/resourceslice.ts";
import { minutes, seconds } from "#base/clock.ts";
import type { Client } from "#client/client.ts";
import { startTestCluster, type TestCluster } from "./testing.ts";

const namespace = "default";
const driver = "gpu.example.com";

async function addNode({ client }: TestCluster, name: string, devices: readonly string[]) {
  const allocatable = { cpu: "4", memory: "8Gi", pods: "110" };
  await client.create(Node, {
    metadata: { name, labels: { "kubernetes.io/hostname": name } },
    status: { capacity: allocatable, allocatable },
  });
  await client.create(ResourceSlice, {
    metadata: { name: `${name}-gpus` },
    spec: {
      driver,
      nodeName: name,
      pool: { name, generation: 1, resourceSliceCount: 1 },
      devices: devices.map((device) => ({ name: device })),
    },
  });
}

const addClass = ({ client }: TestCluster) =>
  client.create(DeviceClass, {
    metadata: { name: "gpu" },
    spec: { selectors: [{ cel: { expression: `device.driver == "${driver}"` } }] },
  });

interface PodParts {
  readonly claim?: string;
  readonly spec?: object;
}

interface ClaimParts {
  /** Of the only request. */
  readonly request?: object;
  readonly metadata?: object;
}

const addClaim = (
  { client }: TestCluster,
  name: string,
  { request: more, metadata }: ClaimParts = {},
) =>
  client.create(ResourceClaim, {
    metadata: { namespace, name, ...metadata },
    spec: { devices: { requests: [{ name: "r", exactly: { deviceClassName: "gpu", ...more } }] } },
  });

const addPod = ({ client }: TestCluster, name: string, { claim, spec }: PodParts = {}) =>
  client.create(Pod, {
    metadata: { namespace, name },
    spec: {
      containers: [{ name: "main", image: "main:1", resources: { claims: [{ name: "gpu" }] } }],
      resourceClaims: [{ name: "gpu", resourceClaimName: claim }],
      ...spec,
    },
  });

const podNamed = ({ client }: TestCluster, name: string) => client.get(Pod, { namespace, name });
const claimNamed = ({ client }: TestCluster, name: string) =>
  client.get(ResourceClaim, { namespace, name });

const nodeOfPod = async (cluster: TestCluster, name: string): Promise<string> =>
  (await podNamed(cluster, name)).spec.nodeName ?? "-";

const why = async (cluster: TestCluster, name: string): Promise<string> =>
  conditionOf(await podNamed(cluster, name), "PodScheduled")?.message ?? "";

/** `pool/device` of each; `for` whom. */
async function has(cluster: TestCluster, name: string): Promise<string> {
  const { allocation, reservedFor = [] } = (await claimNamed(cluster, name)).status;
  const devices = (allocation?.devices?.results ?? []).map((one) => `${one.pool}/${one.device}`);
  return `${devices.join(" ")} for ${reservedFor.map((consumer) => consumer.name).join(" ")}`;
}

/** As the controller of claims does when the last pod has ended. */
async function free(cluster: TestCluster, name: string): Promise<void> {
  const claim = await claimNamed(cluster, name);
  await cluster.client.updateStatus(ResourceClaim, { ...claim, status: {} });
}

async function oneNode(devices: readonly string[] = ["a"], through?: (client: Client) => Client) {
  const cluster = await startTestCluster(through ? { through } : {});
  await addClass(cluster);
  await addNode(cluster, "n1", devices);
  return cluster;
}

test("a pod gets a device, which is written into its claim before the pod is bound", async () => {
  await using cluster = await oneNode();
  await addClaim(cluster, "c");
  await addPod(cluster, "p", { claim: "c" });
  await cluster.settle();
  equal(await nodeOfPod(cluster, "p"), "n1");
  const { metadata, status } = await claimNamed(cluster, "c");
  deepEqual(metadata.finalizers, ["resource.kubernetes.io/delete-protection"]);
  deepEqual(status, {
    allocation: {
      devices: { results: [{ request: "r", driver, pool: "n1", device: "a" }] },
      nodeSelector: {
        nodeSelectorTerms: [
          { matchFields: [{ key: "metadata.name", operator: "In", values: ["n1"] }] },
        ],
      },
    },
    reservedFor: [
      { resource: "pods", name: "p", uid: (await podNamed(cluster, "p")).metadata.uid },
    ],
  });
  deepEqual(cluster.complaints, []);
});

test("a pod for which there is no device says so, and is tried when one becomes free", async () => {
  await using cluster = await oneNode();
  for (const name of ["first", "second"]) {
    await addClaim(cluster, name);
    await addPod(cluster, name, { claim: name });
    await cluster.settle();
  }
  equal(await nodeOfPod(cluster, "second"), "-");
  const text =
    "0/1 nodes are available: 1 cannot allocate all claims. still not schedulable, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.";
  equal(await why(cluster, "second"), text);
  const events = (await cluster.client.list(Event)).items;
  ok(events.some(({ reason, message }) => reason === "FailedScheduling" && message === text));
  await free(cluster, "first");
  await cluster.clock.advance(seconds(3));
  equal(await nodeOfPod(cluster, "second"), "n1");
  equal(await has(cluster, "second"), "n1/a for second");
});

test("pods that come together never get the same device", async () => {
  await using cluster = await oneNode(["a", "b", "c"]);
  for (let i = 0; i < 5; i++) await addClaim(cluster, `c${i}`);
  for (let i = 0; i < 5; i++) await addPod(cluster, `p${i}`, { claim: `c${i}` });
  await cluster.settle();
  const all = await Promise.all([0, 1, 2, 3, 4].map((i) => has(cluster, `c${i}`)));
  const devices = all.map((text) => text.split(" ")[0]).filter((device) => device !== "");
  deepEqual(new Set(devices), new Set(["n1/a", "n1/b", "n1/c"]));
  equal((await cluster.client.list(Pod)).items.filter(({ spec }) => spec.nodeName).length, 3);
});

test("pods that share a claim go to the node that has its devices", async () => {
  await using cluster = await oneNode();
  await addNode(cluster, "n2", ["a"]);
  await addClaim(cluster, "shared");
  for (const name of ["p", "q", "r"]) await addPod(cluster, name, { claim: "shared" });
  await cluster.clock.advance(seconds(5));
  const nodes = await Promise.all(["p", "q", "r"].map((name) => nodeOfPod(cluster, name)));
  equal(new Set(nodes).size, 1);
  ok(nodes[0] !== "-");
  equal((await claimNamed(cluster, "shared")).status.reservedFor?.length, 3);
});

test("a claim that as many use as may is in use", async () => {
  await using cluster = await oneNode();
  await addClaim(cluster, "full");
  await addPod(cluster, "p", { claim: "full" });
  await cluster.settle();
  const claim = await claimNamed(cluster, "full");
  const others = Array.from({ length: 255 }, (_, i) => ({
    resource: "pods",
    name: `o${i}`,
    uid: `o${i}`,
  }));
  const reservedFor = [...(claim.status.reservedFor ?? []), ...others];
  const status = { ...claim.status, reservedFor };
  await cluster.client.updateStatus(ResourceClaim, { ...claim, status });
  await addPod(cluster, "q", { claim: "full" });
  await cluster.settle();
  match(await why(cluster, "q"), /^0\/1 nodes are available: resourceclaim in use\. no new claims/);
});

test("a pod waits outside until its claim is there, and is its own", async () => {
  await using cluster = await oneNode();
  const resourceClaims = [{ name: "gpu", resourceClaimTemplateName: "t" }];
  await addPod(cluster, "p", { spec: { resourceClaims } });
  await addPod(cluster, "q", { claim: "later" });
  await cluster.clock.advance(minutes(6));
  equal(await why(cluster, "p"), "", "no attempt was made");
  await addClaim(cluster, "later");
  await cluster.settle();
  equal(await nodeOfPod(cluster, "q"), "n1");
  const { uid = "" } = (await podNamed(cluster, "p")).metadata;
  const owner = { apiVersion: "v1", kind: "Pod", name: "p", uid, controller: true };
  await addClaim(cluster, "p-gpu-x", { metadata: { ownerReferences: [owner] } });
  await free(cluster, "later");
  const change = {
    status: { resourceClaimStatuses: [{ name: "gpu", resourceClaimName: "p-gpu-x" }] },
  };
  const at = { namespace, name: "p", subresource: "status" };
  await cluster.client.patch(Pod, at, { is: "strategic", change });
  await cluster.clock.advance(seconds(3));
  equal(await has(cluster, "p-gpu-x"), "n1/a for p");
});

test("a class that is not there, and then is", async () => {
  await using cluster = await startTestCluster();
  await addNode(cluster, "n1", ["a"]);
  await addClaim(cluster, "c");
  await addPod(cluster, "p", { claim: "c" });
  await cluster.settle();
  match(
    await why(cluster, "p"),
    /^0\/1 nodes are available: request r: device class gpu does not exist\./,
  );
  await addClass(cluster);
  await cluster.clock.advance(seconds(3));
  equal(await nodeOfPod(cluster, "p"), "n1");
});

test("devices that are published later help", async () => {
  await using cluster = await oneNode([]);
  await addClaim(cluster, "c");
  await addPod(cluster, "p", { claim: "c" });
  await cluster.settle();
  equal(await nodeOfPod(cluster, "p"), "-");
  const slice = await cluster.client.get(ResourceSlice, { name: "n1-gpus" });
  const pool = { ...slice.spec.pool, generation: 2 };
  const spec = { ...slice.spec, pool, devices: [{ name: "new" }] };
  await cluster.client.update(ResourceSlice, { ...slice, spec });
  await cluster.clock.advance(seconds(3));
  equal(await has(cluster, "c"), "n1/new for p");
});

test("who was overtaken by another writer of the claim looks again", async () => {
  let overtaken = 0;
  await using cluster = await oneNode(["a"], (client) => ({
    ...client,
    updateStatus: async (kind, object, options) => {
      if (kind.plural === "resourceclaims" && overtaken++ < 2) {
        const { name = "" } = object.metadata;
        const change = { metadata: { annotations: { seen: String(overtaken) } } };
        await client.patch(ResourceClaim, { namespace, name }, { is: "merge", change });
      }
      return client.updateStatus(kind, object, options);
    },
  }));
  await addClaim(cluster, "c");
  await addPod(cluster, "p", { claim: "c" });
  await cluster.clock.advance(seconds(1));
  equal(overtaken, 3);
  equal(await nodeOfPod(cluster, "p"), "n1");
  equal(await has(cluster, "c"), "n1/a for p");
  equal((await claimNamed(cluster, "c")).metadata.annotations?.["seen"], "2");
});

test("a claim that is deleted in the middle fails the attempt, and its device is free again", async () => {
  let isFirst = true;
  await using cluster = await oneNode(["a"], (client) => ({
    ...client,
    update: async (kind, object, options) => {
      if (kind.plural === "resourceclaims" && isFirst) {
        isFirst = false;
        await client.delete(ResourceClaim, { namespace, name: object.metadata.name ?? "" });
      }
      return client.update(kind, object, options);
    },
  }));
  await addClaim(cluster, "gone");
  await addPod(cluster, "p", { claim: "gone" });
  await cluster.settle();
  equal(await nodeOfPod(cluster, "p"), "-");
  match(
    await why(cluster, "p"),
    /^running PreBind plugin "DynamicResources": add finalizer to claim default\/gone: /,
  );
  await addClaim(cluster, "c");
  await addPod(cluster, "q", { claim: "c" });
  await cluster.clock.advance(seconds(1));
  equal(await has(cluster, "c"), "n1/a for q");
});

test("a pod that is not bound after all lets go of its claim, and gets the device again", async () => {
  let failures = 1;
  await using cluster = await oneNode(["a", "b"], (client) => ({
    ...client,
    createSub: async (...call) => {
      if (failures-- > 0) throw new Error("no binding today");
      return client.createSub(...call);
    },
  }));
  await addClaim(cluster, "c");
  await addPod(cluster, "p", { claim: "c" });
  await cluster.settle();
  equal(await has(cluster, "c"), "n1/a for ");
  await cluster.clock.advance(seconds(15));
  equal(await nodeOfPod(cluster, "p"), "n1");
  equal(await has(cluster, "c"), "n1/a for p");
});

test("a scheduler that dies between the claim and the binding goes on where it was", async () => {
  let isStuck = true;
  await using cluster = await oneNode(["a", "b"], (client) => ({
    ...client,
    createSub: async (kind, at, call) => {
      if (!isStuck) return client.createSub(kind, at, call);
      // As a server that does not answer before the caller gives up.
      return new Promise((_resolve, reject) => {
        call.signal?.addEventListener("abort", () => reject(new Error("aborted")));
      });
    },
  }));
  await addNode(cluster, "n2", ["a", "b"]);
  await addClaim(cluster, "c");
  await addPod(cluster, "p", { claim: "c" });
  await cluster.settle();
  const before = await has(cluster, "c");
  equal(await nodeOfPod(cluster, "p"), "-");
  isStuck = false;
  await cluster.restart();
  await cluster.clock.advance(seconds(1));
  equal(await has(cluster, "c"), before);
  equal(await nodeOfPod(cluster, "p"), before.split("/")[0]);
});

test("a scheduler that dies before it told anybody leaves nothing behind", async () => {
  let isStuck = true;
  await using cluster = await oneNode(["a"], (client) => ({
    ...client,
    update: async (kind, object, options) =>
      isStuck && kind.plural === "resourceclaims"
        ? new Promise((_resolve, reject) => {
            options?.signal?.addEventListener("abort", () => reject(new Error("aborted")));
          })
        : client.update(kind, object, options),
  }));
  await addClaim(cluster, "c");
  await addPod(cluster, "p", { claim: "c" });
  await cluster.settle();
  equal(await has(cluster, "c"), " for ");
  isStuck = false;
  await cluster.restart();
  await cluster.clock.advance(seconds(1));
  equal(await has(cluster, "c"), "n1/a for p");
});

test("an idle claim in the wrong place gets another device", async () => {
  await using cluster = await oneNode();
  await addNode(cluster, "n2", ["z"]);
  await addClaim(cluster, "c");
  await addPod(cluster, "p", {
    claim: "c",
    spec: { nodeSelector: { "kubernetes.io/hostname": "n1" } },
  });
  await cluster.settle();
  equal(await has(cluster, "c"), "n1/a for p");
  const claim = await claimNamed(cluster, "c");
  const { allocation } = claim.status;
  await cluster.client.updateStatus(ResourceClaim, {
    ...claim,
    status: { allocation },
  });
  await cluster.client.delete(Pod, { namespace, name: "p" }, { gracePeriodSeconds: 0 });
  await addPod(cluster, "q", {
    claim: "c",
    spec: { nodeSelector: { "kubernetes.io/hostname": "n2" } },
  });
  await cluster.clock.advance(seconds(5));
  equal(await nodeOfPod(cluster, "q"), "n2");
  equal(await has(cluster, "c"), "n2/z for q");
});

test("an expression that fails is in the pod's condition, and others are scheduled", async () => {
  await using cluster = await oneNode();
  const selectors = [{ cel: { expression: `device.attributes["${driver}"].none == 1` } }];
  await addClaim(cluster, "bad", { request: { selectors } });
  await addPod(cluster, "p", { claim: "bad" });
  await addClaim(cluster, "good");
  await addPod(cluster, "q", { claim: "good" });
  await cluster.settle();
  equal(
    await why(cluster, "p"),
    `running "DynamicResources" filter plugin: claim default/bad: selector #0 on device ${driver}/n1/a: CEL runtime error: no such key: none`,
  );
  equal(await nodeOfPod(cluster, "q"), "n1");
  const placement = cluster.scheduler.explain(await podNamed(cluster, "p"));
  deepEqual(placement?.counts, [
    { plugin: "DynamicResources", reason: await why(cluster, "p"), nodes: 1 },
  ]);
});

test("why: the numbers of devices, node by node, add up", async () => {
  await using cluster = await oneNode(["a", "b"]);
  await addNode(cluster, "n2", []);
  await addClaim(cluster, "one");
  await addPod(cluster, "p", { claim: "one" });
  await cluster.settle();
  await addClaim(cluster, "two", { request: { count: 2 } });
  await addPod(cluster, "q", { claim: "two" });
  await cluster.settle();
  const placement = cluster.scheduler.explain(await podNamed(cluster, "q"));
  deepEqual(placement?.counts, [
    { plugin: "DynamicResources", reason: "cannot allocate all claims", nodes: 2 },
  ]);
  const details = placement?.nodes.flatMap(({ refusals }) =>
    refusals.flatMap((one) => one.details),
  );
  const asks = "claim default/two, request r asks for 2 device(s) of class gpu";
  deepEqual(details?.toSorted(), [
    `${asks}: 2 of 2 are of that kind, 1 in use`,
    `${asks}: no devices can be reached from here`,
  ]);
});
