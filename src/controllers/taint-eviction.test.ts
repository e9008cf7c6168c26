import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { Node } from "#api/core/node.ts";
import { Pod } from "#api/core/pod.ts";
import { made, testNow, told, viewOf } from "./runtime/testing.ts";
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
      told(taintEvictionController.reconcile(object, viewOf([object, place], moment))),
      expected,
    );
  });
}

test("a pod on its way out is not evicted again", () => {
  const object = pod();
  const going = { ...object, metadata: { ...object.metadata, deletionTimestamp: timeAgo(1) } };
  deepEqual(taintEvictionController.reconcile(going, viewOf([going, node(gone())])), []);
});

test("only changed NoExecute taints concern the pods of a node", () => {
  const wakes = taintEvictionController.watches?.[0]?.wakes;
  const view = viewOf([pod()]);
  deepEqual([...(wakes?.(node(gone()), node(), view) ?? [])], ["default/web"]);
  deepEqual([...(wakes?.(node(gone()), node(gone()), view) ?? [])], []);
});
