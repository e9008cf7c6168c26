import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { Event } from "#api/core/event.ts";
import { Node } from "#api/core/node.ts";
import { Pod } from "#api/core/pod.ts";
import { ResourceClaim } from "#api/resource/resourceclaim.ts";
import { ResourceSlice } from "#api/resource/resourceslice.ts";
import { seconds } from "#base/clock.ts";
import { deviceTaintEvictionController } from "./device-taint-eviction.ts";
import { made, testNow, told, viewOf } from "./runtime/testing.ts";
import { startTestCluster } from "./testing.ts";

const timeAgo = (ago: number): string => new Date(testNow - seconds(ago)).toISOString();

const pod = (more: object = {}): Pod =>
  made(Pod, {
    metadata: { name: "web" },
    spec: {
      nodeName: "n",
      containers: [],
      resourceClaims: [{ name: "gpu", resourceClaimName: "c" }],
    },
    ...more,
  });

const claim = (tolerations: readonly object[] = [], uid = "uid-of-web"): ResourceClaim =>
  made(ResourceClaim, {
    metadata: { name: "c" },
    spec: {},
    status: {
      reservedFor: [{ resource: "pods", name: "web", uid }],
      allocation: {
        devices: {
          results: [{ request: "r", driver: "example.com", pool: "p", device: "a", tolerations }],
        },
      },
    },
  });

const slice = (taints: readonly object[], generation = 1): ResourceSlice =>
  made(ResourceSlice, {
    metadata: { name: `s${generation}` },
    spec: {
      driver: "example.com",
      nodeName: "n",
      pool: { name: "p", generation, resourceSliceCount: 1 },
      devices: [
        { name: "b", taints: [broken(0)] },
        { name: "a", taints },
      ],
    },
  });

const broken = (secondsAgo: number, more: object = {}): object => ({
  key: "broken",
  effect: "NoExecute",
  timeAdded: timeAgo(secondsAgo),
  ...more,
});

const evicted = [
  "event Normal DeviceTaintManagerEviction: Marking for deletion",
  "patch Pod web",
  "delete Pod web",
];

const whole = { key: "broken", operator: "Exists", effect: "NoExecute" };
const untoleratedUse = [claim()] as const;

for (const [why, objects, expected] of [
  ["a device without taints is left to its pod", [...untoleratedUse, slice([])], []],
  [
    "other effects are no reason",
    [
      ...untoleratedUse,
      slice([broken(5, { effect: "NoSchedule" }), broken(5, { effect: "None" })]),
    ],
    [],
  ],
  [
    "a taint that is not tolerated evicts at once",
    [...untoleratedUse, slice([broken(5)])],
    evicted,
  ],
  ["one that is tolerated for ever never does", [claim([whole]), slice([broken(5)])], []],
  [
    "a toleration without an effect is one of all of them",
    [claim([{ key: "broken", operator: "Exists" }]), slice([broken(5)])],
    [],
  ],
  [
    "another value is another taint",
    [claim([{ key: "broken", value: "x", effect: "NoExecute" }]), slice([broken(5)])],
    evicted,
  ],
  [
    "tolerated for a while, from when it was added",
    [claim([{ ...whole, tolerationSeconds: 300 }]), slice([broken(100)])],
    ["wakeIn 200s"],
  ],
  [
    "the while is over",
    [claim([{ ...whole, tolerationSeconds: 300 }]), slice([broken(300)])],
    evicted,
  ],
  [
    "the shortest of several tolerations decides",
    [
      claim([
        { ...whole, tolerationSeconds: 300 },
        { ...whole, tolerationSeconds: 60 },
      ]),
      slice([broken(50)]),
    ],
    ["wakeIn 10s"],
  ],
  [
    "what an older generation of the pool says no longer counts",
    [...untoleratedUse, slice([broken(5)], 1), slice([], 2)],
    [],
  ],
  [
    "a claim that is reserved for another pod of that name does not count",
    [claim([], "uid-of-another"), slice([broken(5)])],
    [],
  ],
] as const) {
  test(why, () => {
    const object = pod();
    const view = viewOf([object, ...objects]);
    deepEqual(told(deviceTaintEvictionController.reconcile(object, view)), expected);
  });
}

for (const [why, object] of [
  ["a pod without a node", pod({ spec: { containers: [], resourceClaims: [] } })],
  ["a pod that has ended", pod({ status: { phase: "Succeeded" } })],
  ["a pod on its way out", pod({ metadata: { name: "web", deletionTimestamp: timeAgo(1) } })],
] as const) {
  test(`${why} is not evicted`, () => {
    const view = viewOf([object, claim(), slice([broken(5)])]);
    deepEqual(deviceTaintEvictionController.reconcile(object, view), []);
  });
}

test("pods without claims are no business of it; tainted pools and claims wake those that use them", () => {
  const { leavesAlone, watches = [] } = deviceTaintEvictionController;
  equal(leavesAlone?.(made(Pod, { spec: { containers: [] } }), undefined), true);
  const [ofClaims, ofSlices] = watches;
  const view = viewOf([pod(), claim(), slice([broken(5)])]);
  deepEqual([...(ofClaims?.wakes(claim(), undefined, view) ?? [])], ["default/web"]);
  deepEqual([...(ofSlices?.wakes(slice([broken(5)]), slice([]), view) ?? [])], ["default/web"]);
  const healthy = made(ResourceSlice, {
    spec: {
      driver: "example.com",
      nodeName: "n",
      pool: { name: "q", generation: 1, resourceSliceCount: 1 },
      devices: [{ name: "a" }],
    },
  });
  deepEqual([...(ofSlices?.wakes(healthy, undefined, viewOf([claim(), healthy])) ?? [])], []);
});

test("in a cluster: a device breaks, and its pod goes when it tolerated that long enough", async () => {
  await using cluster = await startTestCluster();
  const { client, advance } = cluster;
  const at = { namespace: "default", name: "web" };
  await client.create(Node, { metadata: { name: "n" } });
  const pool = { name: "p", generation: 1, resourceSliceCount: 1 };
  await client.create(ResourceSlice, {
    metadata: { name: "gpus" },
    spec: { driver: "example.com", nodeName: "n", pool, devices: [{ name: "a" }] },
  });
  await client.create(ResourceClaim, {
    metadata: { namespace: "default", name: "c" },
    spec: { devices: { requests: [{ name: "r", exactly: { deviceClassName: "gpu" } }] } },
  });
  const { metadata } = await client.create(Pod, {
    metadata: at,
    spec: {
      nodeName: "n",
      containers: [{ name: "c", image: "i" }],
      resourceClaims: [{ name: "gpu", resourceClaimName: "c" }],
    },
  });
  const { status } = claim([{ ...whole, tolerationSeconds: 60 }], metadata.uid);
  const where = { namespace: "default", name: "c", subresource: "status" };
  await client.patch(ResourceClaim, where, { is: "merge", change: { status } });
  const devices = [{ name: "a", taints: [{ key: "broken", effect: "NoExecute" }] }];
  await client.patch(
    ResourceSlice,
    { name: "gpus" },
    { is: "merge", change: { spec: { devices } } },
  );
  await advance(seconds(50));
  equal((await client.get(Pod, at)).metadata.deletionTimestamp, undefined);
  await advance(seconds(20));
  const { items } = await client.list(Event);
  deepEqual(
    items.filter(({ reason }) => reason === "DeviceTaintManagerEviction").map((one) => one.message),
    ["Marking for deletion"],
  );
  const left = (await client.list(Pod)).items.filter(({ metadata: of }) => !of.deletionTimestamp);
  deepEqual(left, []);
});
