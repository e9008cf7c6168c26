import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { Event } from "#api/core/event.ts";
import { Node } from "#api/core/node.ts";
import { Pod } from "#api/core/pod.ts";
import { made, testNow, told, viewOf } from "./runtime/testing.ts";
import { startTestCluster } from "./testing.ts";
import { taintEvictionController } from "./taint-eviction.ts";

const seconds = (n: number): number => n * 1_000;
const timeAgo = (n: number): string => new Date(testNow - seconds(n)).toISOString();

const node = (...taints: object[]): Node =>
  made(Node, { metadata: { name: "n" }, spec: { taints } });

const gone = (more: object = {}): object => ({ key: "gone", effect: "NoExecute", ...more });

const pod = (...tolerations: object[]): Pod =>
  made(Pod, {
    metadata: { name: "web" },
    spec: { nodeName: "n", containers: [], tolerations },
  });

const evicted = [
  "event Normal TaintManagerEviction: Marking for deletion Pod default/web",
  "patch Pod web",
  "delete Pod web",
];

const noticedAgo = (n: number) => ({
  since: { "its node has NoExecute taints": testNow - seconds(n) },
});

for (const [why, object, place, moment, expected] of [
  ["an untainted node keeps its pods", pod(), node(), {}, []],
  ["NoSchedule is no reason", pod(), node({ key: "x", effect: "NoSchedule" }), {}, []],
  ["a taint that is not tolerated evicts at once", pod(), node(gone()), {}, evicted],
  [
    "one that is tolerated for ever never does",
    pod({ key: "gone", operator: "Exists" }),
    node(gone()),
    {},
    [],
  ],
  [
    "tolerated for a while, from when it was added",
    pod({ key: "gone", operator: "Exists", tolerationSeconds: 300 }),
    node(gone({ timeAdded: timeAgo(100) })),
    {},
    ["wakeIn 200s"],
  ],
  [
    "the while is over",
    pod({ key: "gone", operator: "Exists", tolerationSeconds: 300 }),
    node(gone({ timeAdded: timeAgo(300) })),
    {},
    evicted,
  ],
  [
    "a taint without a time counts from when it was noticed",
    pod({ key: "gone", operator: "Exists", tolerationSeconds: 30 }),
    node(gone()),
    noticedAgo(10),
    ["wakeIn 20s"],
  ],
  [
    "the shortest toleration decides",
    pod(
      { key: "gone", operator: "Exists", tolerationSeconds: 30 },
      { key: "slow", operator: "Exists", tolerationSeconds: 90 },
    ),
    node(gone(), { key: "slow", effect: "NoExecute" }),
    {},
    ["wakeIn 30s"],
  ],
  [
    "a negative time is none",
    pod({ key: "gone", operator: "Exists", tolerationSeconds: -5 }),
    node(gone()),
    {},
    evicted,
  ],
] as const) {
  test(why, () => {
    deepEqual(
      told(taintEvictionController().reconcile(object, viewOf([object, place], moment))),
      expected,
    );
  });
}

test("a pod on its way out is not evicted again", () => {
  const object = pod();
  const going = { ...object, metadata: { ...object.metadata, deletionTimestamp: timeAgo(1) } };
  deepEqual(taintEvictionController().reconcile(going, viewOf([going, node(gone())])), []);
});

test("only changed NoExecute taints concern the pods of a node", () => {
  const wakes = taintEvictionController().watches?.[0]?.wakes;
  const view = viewOf([pod()]);
  deepEqual([...(wakes?.(node(gone()), node(), view) ?? [])], ["default/web"]);
  deepEqual([...(wakes?.(node(gone()), node(gone()), view) ?? [])], []);
});

const forAWhile = { key: "gone", operator: "Exists", tolerationSeconds: 300 };
const cancelled = "event Normal TaintManagerEviction: Cancelling deletion of Pod default/web";

for (const [why, after, expected] of [
  ["when the taint is gone", [pod(forAWhile), node()], [cancelled]],
  [
    "when it is tolerated for ever",
    [pod({ key: "gone", operator: "Exists" }), node(gone())],
    [cancelled],
  ],
  [
    "not when its time has come",
    [pod(forAWhile), node(gone({ timeAdded: timeAgo(300) }))],
    evicted,
  ],
  [
    "not while it is still to come",
    [pod(forAWhile), node(gone({ timeAdded: timeAgo(1) }))],
    ["wakeIn 299s"],
  ],
] as const) {
  test(`a deletion is called off ${why}`, () => {
    const { reconcile } = taintEvictionController();
    const before = pod(forAWhile);
    deepEqual(told(reconcile(before, viewOf([before, node(gone())]))), ["wakeIn 300s"]);
    deepEqual(told(reconcile(after[0], viewOf(after))), expected);
    const untainted = [pod(), node()] as const;
    // Said once, and only of what was to come.
    const isStillPending = expected[0].startsWith("wakeIn");
    deepEqual(told(reconcile(untainted[0], viewOf(untainted))), isStillPending ? [cancelled] : []);
  });
}

test("in a cluster: a node is tainted and untainted again in time, then it is too late", async () => {
  await using cluster = await startTestCluster();
  const { client, advance } = cluster;
  const at = { namespace: "default", name: "web" };
  const taint = async (...taints: object[]): Promise<void> => {
    await client.patch(Node, { name: "n" }, { is: "merge", change: { spec: { taints } } });
    await advance(seconds(1));
  };
  const said = async (): Promise<readonly string[]> =>
    (await client.list(Event)).items
      .filter(({ reason }) => reason === "TaintManagerEviction")
      .map(({ message = "" }) => message);
  await client.create(Node, { metadata: { name: "n" } });
  await client.create(Pod, {
    metadata: at,
    spec: {
      nodeName: "n",
      containers: [{ name: "c", image: "i" }],
      tolerations: [
        { key: "slow", operator: "Exists", effect: "NoExecute", tolerationSeconds: 60 },
      ],
    },
  });
  await taint({ key: "slow", effect: "NoExecute" });
  await advance(seconds(30));
  await taint();
  await advance(seconds(60));
  deepEqual(await said(), ["Cancelling deletion of Pod default/web"]);
  equal((await client.get(Pod, at)).metadata.deletionTimestamp, undefined);
  await taint({ key: "slow", effect: "NoExecute" });
  await advance(seconds(60));
  deepEqual(await said(), [
    "Cancelling deletion of Pod default/web",
    "Marking for deletion Pod default/web",
  ]);
});
