/** A plugin that throws, at every extension point: it is named, and everybody else gets a node. */
import { deepEqual, match } from "node:assert/strict";
import { test } from "node:test";
import { Node } from "#api/core/node.ts";
import { conditionOf } from "#api/core/pod-conditions.ts";
import { Pod } from "#api/core/pod.ts";
import { seconds } from "#base/clock.ts";
import { definePlugin, type Plugin, refuse } from "./plugin.ts";
import { defaultPlugins, defaultProfile } from "./profile.ts";
import type { PodInfo } from "./snapshot/pod-info.ts";
import { startTestCluster, type TestCluster } from "./testing.ts";

const namespace = "default";

function fail(pod: PodInfo): void {
  if (pod.name === "bad") throw new Error("oops");
}

/** What throws, and what the pod is told; undefined where nothing hangs on the plugin and the pod gets its node. */
const points: readonly [point: string, parts: Partial<Plugin>, told: string | undefined][] = [
  [
    "preEnqueue",
    { preEnqueue: (pod) => (fail(pod), undefined) },
    'running PreEnqueue plugin "Broken": oops',
  ],
  ["preFilter", { preFilter: (pod) => fail(pod) }, 'running PreFilter plugin "Broken": oops'],
  ["filter", { filter: (pod) => (fail(pod), undefined) }, 'running "Broken" filter plugin: oops'],
  [
    "postFilter",
    {
      filter: (pod) => (pod.name === "bad" ? refuse("no") : undefined),
      postFilter: (pod) => (fail(pod), undefined),
    },
    'running PostFilter plugin "Broken": oops',
  ],
  [
    "preScore",
    { preScore: (pod) => fail(pod), score: () => 0 },
    'running PreScore plugin "Broken": oops',
  ],
  [
    "score",
    { score: (pod) => (fail(pod), 0) },
    'running Score plugins: plugin "Broken" failed with: oops',
  ],
  [
    "normalize",
    {
      preScore: (pod) => pod,
      score: () => 0,
      normalize: (_scores, _nodes, pod) => fail(pod as PodInfo),
    },
    'running Normalize on Score plugins: plugin "Broken" failed with: oops',
  ],
  [
    "reserve",
    { reserve: ({ pod }) => (fail(pod), undefined) },
    'running Reserve plugin "Broken": oops',
  ],
  [
    "unreserve",
    {
      permit: ({ pod }) =>
        pod.name === "bad" ? { is: "refused", refusal: refuse("not now") } : { is: "allowed" },
      unreserve: ({ pod }) => fail(pod),
    },
    "0/1 nodes are available: 1 not now.",
  ],
  [
    "permit",
    { permit: ({ pod }) => (fail(pod), { is: "allowed" }) },
    'running Permit plugin "Broken": oops',
  ],
  ["preBind", { preBind: async ({ pod }) => fail(pod) }, 'running PreBind plugin "Broken": oops'],
  [
    "bind",
    {
      bind: async ({ pod }) => {
        fail(pod);
        return false;
      },
    },
    'running Bind plugin "Broken": oops',
  ],
  ["postBind", { postBind: ({ pod }) => fail(pod) }, undefined],
];

async function addNode({ client }: TestCluster, name: string): Promise<void> {
  const allocatable = { cpu: "4", memory: "8Gi", pods: "110" };
  await client.create(Node, {
    metadata: { name, labels: { "kubernetes.io/hostname": name } },
    status: { capacity: allocatable, allocatable },
  });
}

const addPod = ({ client }: TestCluster, name: string): Promise<Pod> =>
  client.create(Pod, {
    metadata: { namespace, name },
    spec: { containers: [{ name: "main", image: "main:1" }] },
  });

async function nodesOf({ client }: TestCluster): Promise<Record<string, string>> {
  const { items } = await client.list(Pod, { namespace });
  return Object.fromEntries(
    items.map(({ metadata, spec }) => [metadata.name ?? "", spec.nodeName ?? "-"]),
  );
}

for (const [point, parts, told] of points) {
  test(`a plugin that breaks in ${point} is named, and stops nobody`, async () => {
    const plugin = definePlugin({ ...parts, name: "Broken" });
    const plugins = [plugin, ...defaultPlugins];
    await using cluster = await startTestCluster({ profiles: [{ ...defaultProfile, plugins }] });
    // Two nodes: of one only, nobody needs the scores.
    await addNode(cluster, "a");
    if (/score|normalize/i.test(point)) await addNode(cluster, "b");
    for (const name of ["first", "bad", "last"]) await addPod(cluster, name);
    await cluster.settle();
    await cluster.clock.advance(seconds(30));
    const { first, bad, last } = await nodesOf(cluster);
    deepEqual([first === "-", last === "-"], [false, false]);
    deepEqual(bad === "-", told !== undefined);
    if (told === undefined) return;
    const broken = await cluster.client.get(Pod, { namespace, name: "bad" });
    const { reason, message } = conditionOf(broken, "PodScheduled") ?? {};
    match(reason ?? "", /SchedulerError|Unschedulable/);
    deepEqual(message, told);
  });
}

test("where the plugin that sorts the queue breaks, pods come as they came, and it is told once", async () => {
  const plugin = definePlugin({
    name: "Broken",
    queueSort: () => {
      throw new Error("oops");
    },
  });
  const plugins = [plugin, ...defaultPlugins.filter(({ queueSort }) => !queueSort)];
  await using cluster = await startTestCluster({ profiles: [{ ...defaultProfile, plugins }] });
  for (const name of ["first", "second", "third"]) await addPod(cluster, name);
  await addNode(cluster, "a");
  await cluster.settle();
  await cluster.clock.advance(seconds(30));
  deepEqual(await nodesOf(cluster), { first: "a", second: "a", third: "a" });
  deepEqual(cluster.complaints.filter((line) => line.includes("Broken")).length, 1);
});

test("a plugin that broke when it was asked to let a pod in is asked again", async () => {
  let isBroken = true;
  const plugin = definePlugin({
    name: "Broken",
    preEnqueue: () => {
      if (isBroken) throw new Error("oops");
      return undefined;
    },
  });
  const plugins = [plugin, ...defaultPlugins];
  await using cluster = await startTestCluster({ profiles: [{ ...defaultProfile, plugins }] });
  await addNode(cluster, "a");
  await addPod(cluster, "web");
  await cluster.clock.advance(seconds(30));
  deepEqual(await nodesOf(cluster), { web: "-" });
  isBroken = false;
  await cluster.clock.advance(seconds(11));
  deepEqual(await nodesOf(cluster), { web: "a" });
});

for (const [point, parts, reason, details] of [
  ["preFilter", { preFilter: fail }, 'running PreFilter plugin "Broken": oops', []],
  [
    "explain",
    { filter: () => refuse("no"), explain: (pod) => (fail(pod), []) },
    "no",
    ["no explanation: oops"],
  ],
] as const satisfies readonly (readonly [string, Partial<Plugin>, string, readonly string[]])[]) {
  test(`who asks why is answered though a plugin breaks in ${point}`, async () => {
    const broken = definePlugin({ ...parts, name: "Broken" });
    const plugins = [broken, ...defaultPlugins];
    await using cluster = await startTestCluster({ profiles: [{ ...defaultProfile, plugins }] });
    await addNode(cluster, "a");
    const pod = await addPod(cluster, "bad");
    await cluster.settle();
    const { counts, nodes } = cluster.scheduler.explain(pod) ?? { counts: [], nodes: [] };
    deepEqual(
      counts.map((one) => [one.reason, one.nodes]),
      [[reason, 1]],
    );
    deepEqual(nodes[0]?.refusals[0]?.details, details);
  });
}
