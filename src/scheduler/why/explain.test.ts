/** What `pods/NAME/why` answers, through the real API server. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { test } from "node:test";
import { Node } from "#api/core/node.ts";
import type { PodPlacement } from "#api/core/pod-placement.ts";
import { Pod } from "#api/core/pod.ts";
import { seconds } from "#base/clock.ts";
import { startTestCluster, type TestCluster } from "../testing.ts";

const namespace = "default";

interface NodeParts {
  readonly cpu?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly spec?: object;
}

async function addNode({ client }: TestCluster, name: string, parts: NodeParts = {}) {
  const { cpu = "4", labels = {}, spec = {} } = parts;
  const allocatable = { cpu, memory: "8Gi", pods: "110" };
  await client.create(Node, {
    metadata: { name, labels: { "kubernetes.io/hostname": name, ...labels } },
    spec,
    status: { capacity: allocatable, allocatable },
  });
}

interface PodParts {
  readonly cpu: string;
  readonly [field: string]: unknown;
}

async function addPod({ client }: TestCluster, name: string, parts: PodParts) {
  const { cpu, ...spec } = parts;
  await client.create(Pod, {
    metadata: { namespace, name },
    spec: {
      containers: [{ name: "main", image: "main:1", resources: { requests: { cpu } } }],
      ...spec,
    },
  });
}

async function why({ client }: TestCluster, name: string): Promise<PodPlacement> {
  const path = `/api/v1/namespaces/${namespace}/pods/${name}/why`;
  const { status, body } = await client.raw({ method: "GET", path });
  equal(status, 200);
  ok(body.is === "bytes");
  const bytes = [body.bytes].flat();
  return JSON.parse(Buffer.concat(bytes).toString()) as PodPlacement;
}

const countsOf = ({ counts }: PodPlacement): Record<string, number> =>
  Object.fromEntries(counts.map(({ reason, nodes }) => [reason, nodes]));

const detailsOf = ({ nodes }: PodPlacement): Record<string, string> =>
  Object.fromEntries(
    nodes.map(({ name, refusals }) => [
      name,
      refusals.map(({ plugin, details }) => `${plugin}: ${details.join(", ")}`).join("; "),
    ]),
  );

const helpOf = ({ suggestions }: PodPlacement): string[] =>
  suggestions.map(({ changes, nodes }) => `${changes.join(" + ")} → ${nodes.join(" ")}`);

test("every node says why not, in numbers, and what would help", async () => {
  await using cluster = await startTestCluster();
  await addNode(cluster, "busy");
  await addPod(cluster, "first", {
    cpu: "3700m",
    nodeSelector: { "kubernetes.io/hostname": "busy" },
  });
  await cluster.settle();
  const taints = [{ key: "gpu", value: "yes", effect: "NoSchedule" }];
  await addNode(cluster, "tainted", { spec: { taints } });
  await addNode(cluster, "small", { cpu: "400m" });
  await addNode(cluster, "off", { spec: { unschedulable: true } });
  await addPod(cluster, "web", { cpu: "500m" });
  await cluster.clock.advance(seconds(3));
  const placement = await why(cluster, "web");
  equal(placement.state, "Unschedulable");
  deepEqual(countsOf(placement), {
    "Insufficient cpu": 2,
    "node(s) had untolerated taint(s)": 1,
    "node(s) were unschedulable": 1,
  });
  deepEqual(detailsOf(placement), {
    busy: "NodeResourcesFit: asks for 500m cpu, 300m of 4 are free",
    tainted: "TaintToleration: has the taint gpu=yes:NoSchedule",
    small: "NodeResourcesFit: asks for 500m cpu, 400m of 400m are free",
    off: "NodeUnschedulable: is cordoned",
  });
  deepEqual(helpOf(placement), [
    "lower the cpu request from 500m to 400m → small",
    "lower the cpu request from 500m to 300m → busy",
    "tolerate the taint gpu=yes:NoSchedule → tainted",
    "uncordon node off → off",
    "evict pod default/first (priority 0) → busy",
  ]);
  match(placement.message ?? "", /^0\/4 nodes are available: /);
});

test("what is suggested helps", async () => {
  await using cluster = await startTestCluster();
  await addNode(cluster, "small", { cpu: "400m" });
  await addPod(cluster, "web", { cpu: "500m" });
  await cluster.settle();
  deepEqual(helpOf(await why(cluster, "web")), ["lower the cpu request from 500m to 400m → small"]);
  await addPod(cluster, "lower", { cpu: "400m" });
  await cluster.settle();
  equal((await why(cluster, "lower")).nodeName, "small");
});

test("several things in the way take several changes", async () => {
  await using cluster = await startTestCluster();
  const taints = [{ key: "gpu", effect: "NoSchedule" }];
  await addNode(cluster, "a", { cpu: "1", spec: { taints } });
  await addPod(cluster, "web", { cpu: "1500m", nodeSelector: { disk: "ssd" } });
  await cluster.settle();
  const placement = await why(cluster, "web");
  equal(
    detailsOf(placement)["a"],
    "TaintToleration: has the taint gpu:NoSchedule; NodeAffinity: has no label disk=ssd; " +
      "NodeResourcesFit: asks for 1500m cpu, 1 of 1 are free",
  );
  deepEqual(helpOf(placement), [
    "tolerate the taint gpu:NoSchedule + " +
      "label the node disk=ssd, or drop that from the nodeSelector + " +
      "lower the cpu request from 1500m to 1 → a",
  ]);
});

test("nothing is suggested where nothing small helps", async () => {
  await using cluster = await startTestCluster();
  await addNode(cluster, "a", { cpu: "100m" });
  await addPod(cluster, "huge", { cpu: "64" });
  await cluster.settle();
  deepEqual(helpOf(await why(cluster, "huge")), []);
});

test("rules about other pods are told with their places", async () => {
  await using cluster = await startTestCluster();
  await addNode(cluster, "a", { labels: { zone: "z1" } });
  const labelSelector = { matchExpressions: [{ key: "app", operator: "DoesNotExist" }] };
  const affinity = {
    podAntiAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: [{ labelSelector, topologyKey: "zone" }],
    },
  };
  await addPod(cluster, "first", { cpu: "1", affinity });
  await cluster.settle();
  await addPod(cluster, "second", { cpu: "1", affinity });
  await cluster.settle();
  const placement = await why(cluster, "second");
  match(
    detailsOf(placement)["a"] ?? "",
    /InterPodAffinity: 1 pods that it keeps away from are in zone=z1/,
  );
  deepEqual(helpOf(placement), ["evict pod default/first (priority 0) → a"]);
});

test("a pod that has a node is compared with the other nodes", async () => {
  await using cluster = await startTestCluster();
  await addNode(cluster, "a");
  await addNode(cluster, "b", { cpu: "2" });
  await addNode(cluster, "full", { cpu: "100m" });
  await addPod(cluster, "web", { cpu: "1" });
  await cluster.settle();
  const placement = await why(cluster, "web");
  equal(placement.state, "Scheduled");
  equal(placement.nodeName, "a");
  deepEqual(countsOf(placement), { "node(s) will do": 2, "Insufficient cpu": 1 });
  const scoreOf = (name: string) => placement.nodes.find((node) => node.name === name)?.score ?? 0;
  ok(scoreOf("a") > scoreOf("b"));
  equal(placement.nodes.find(({ name }) => name === "full")?.score, undefined);
});

test("a pod with gates says what it waits for; one of another scheduler is left to it", async () => {
  await using cluster = await startTestCluster();
  await addNode(cluster, "a");
  await addPod(cluster, "gated", { cpu: "1", schedulingGates: [{ name: "example.com/wait" }] });
  await addPod(cluster, "other", { cpu: "1", schedulerName: "mine" });
  await cluster.settle();
  const gated = await why(cluster, "gated");
  deepEqual(
    [gated.state, gated.waitsFor, countsOf(gated)],
    ["Gated", ["example.com/wait"], { "node(s) will do": 1 }],
  );
  equal((await why(cluster, "other")).state, "Unknown");
});

test("asking changes nothing", async () => {
  await using cluster = await startTestCluster();
  await addNode(cluster, "a");
  await addPod(cluster, "first", { cpu: "3" });
  await cluster.settle();
  await addPod(cluster, "web", { cpu: "2" });
  await cluster.settle();
  const before = await why(cluster, "web");
  deepEqual(await why(cluster, "web"), before);
  await cluster.client.delete(Pod, { namespace, name: "first" }, { gracePeriodSeconds: 0 });
  await cluster.clock.advance(seconds(12));
  equal((await why(cluster, "web")).nodeName, "a");
});

test("a pod that is not there is not explained", async () => {
  await using cluster = await startTestCluster();
  const path = `/api/v1/namespaces/${namespace}/pods/none/why`;
  equal((await cluster.client.raw({ method: "GET", path })).status, 404);
});
