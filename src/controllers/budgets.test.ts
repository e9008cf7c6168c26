/** PodDisruptionBudgets in a whole control plane, together with the eviction API. */
import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { test } from "node:test";
import { Deployment } from "#api/apps/deployment.ts";
import { StatefulSet } from "#api/apps/statefulset.ts";
import { Event } from "#api/core/event.ts";
import { isPodReady } from "#api/core/pod-conditions.ts";
import { Pod } from "#api/core/pod.ts";
import { ApiError, isReason } from "#api/errors.ts";
import { PodDisruptionBudget } from "#api/policy/poddisruptionbudget.ts";
import { formatTime, minutes, seconds } from "#base/clock.ts";
import { startTestCluster, type TestCluster } from "./testing.ts";

const namespace = "default";
const at = { namespace, name: "web" };

const workload = (replicas: number) => ({
  metadata: at,
  spec: {
    replicas,
    selector: { matchLabels: { app: "web" } },
    template: {
      metadata: { labels: { app: "web" } },
      spec: { containers: [{ name: "c", image: "web:1" }] },
    },
  },
});

const budget = (spec: object) => ({
  metadata: at,
  spec: { selector: { matchLabels: { app: "web" } }, ...spec },
});

const statusOf = async ({ client }: TestCluster): Promise<PodDisruptionBudget["status"]> =>
  (await client.get(PodDisruptionBudget, at)).status;

/** Healthy, wanted, expected, to spare. */
async function counts(cluster: TestCluster): Promise<readonly number[]> {
  const { currentHealthy, desiredHealthy, expectedPods, disruptionsAllowed } =
    await statusOf(cluster);
  return [currentHealthy, desiredHealthy, expectedPods, disruptionsAllowed];
}

const pods = async ({ client }: TestCluster): Promise<readonly Pod[]> =>
  (await client.list(Pod, { namespace })).items;

const evict = ({ client }: TestCluster, name: string): Promise<unknown> =>
  client.createSub(
    Pod,
    { namespace, name, subresource: "eviction" },
    { object: { apiVersion: "policy/v1", kind: "Eviction", metadata: { name } } },
  );

for (const [what, spec, expected] of [
  ["a number of pods to keep", { minAvailable: 2 }, [4, 2, 4, 2]],
  ["a share of pods to keep, rounded up", { minAvailable: "60%" }, [4, 3, 4, 1]],
  ["a number of pods to spare", { maxUnavailable: 1 }, [4, 3, 4, 1]],
  ["a share of pods to spare, rounded up", { maxUnavailable: "30%" }, [4, 2, 4, 2]],
  ["more to keep than there are", { minAvailable: 9 }, [4, 9, 4, 0]],
] as const) {
  test(`a budget with ${what}`, async () => {
    await using cluster = await startTestCluster({ podsReadyAfterMs: 0 });
    await cluster.client.create(Deployment, workload(4));
    await cluster.client.create(PodDisruptionBudget, budget(spec));
    await cluster.advance(seconds(5));
    deepEqual(await counts(cluster), expected);
    const [condition] = (await statusOf(cluster)).conditions ?? [];
    const isAllowed = (expected[3] ?? 0) > 0;
    deepEqual(
      [condition?.type, condition?.status, condition?.reason, condition?.message],
      isAllowed
        ? ["DisruptionAllowed", "True", "SufficientPods", ""]
        : ["DisruptionAllowed", "False", "InsufficientPods", ""],
    );
    deepEqual(cluster.complaints, []);
  });
}

test("a share is one of what the controllers ask for, also while pods are missing", async () => {
  await using cluster = await startTestCluster({
    podsReadyAfterMs: 0,
    neverReady: ({ metadata }) => metadata.name === "web-2",
  });
  const { spec, metadata } = workload(4);
  const set = { ...spec, serviceName: "web", podManagementPolicy: "OrderedReady" as const };
  await cluster.client.create(StatefulSet, { metadata, spec: set });
  await cluster.client.create(PodDisruptionBudget, budget({ minAvailable: "50%" }));
  await cluster.advance(seconds(10));
  equal((await pods(cluster)).length, 3);
  deepEqual(await counts(cluster), [2, 2, 4, 0]);
});

test("evictions go through until the budget is spent, and again when pods are back", async () => {
  await using cluster = await startTestCluster({ podsReadyAfterMs: seconds(20) });
  await cluster.client.create(Deployment, workload(3));
  await cluster.client.create(PodDisruptionBudget, budget({ minAvailable: 2 }));
  await cluster.advance(minutes(1));
  const [first, second] = await pods(cluster);
  await evict(cluster, first?.metadata.name ?? "");
  await rejects(evict(cluster, second?.metadata.name ?? ""), (cause) =>
    isReason(cause, "TooManyRequests"),
  );
  await cluster.advance(seconds(5));
  deepEqual(await counts(cluster), [2, 2, 3, 0]);
  equal((await statusOf(cluster)).disruptedPods, undefined);
  await rejects(evict(cluster, second?.metadata.name ?? ""), (cause) => {
    const causes = cause instanceof ApiError ? cause.details?.causes : [];
    equal(
      causes?.[0]?.message,
      "The disruption budget web needs 2 healthy pods and has 2 currently",
    );
    return true;
  });
  await cluster.advance(minutes(1));
  await evict(cluster, second?.metadata.name ?? "");
});

for (const [policy, isEvicted] of [
  ["AlwaysAllow", true],
  ["IfHealthyBudget", false],
  [undefined, false],
] as const) {
  test(`with ${policy ?? "no policy"} a pod that is not well ${isEvicted ? "goes" : "stays"} while others are missing`, async () => {
    await using cluster = await startTestCluster({
      podsReadyAfterMs: 0,
      neverReady: ({ metadata }) => metadata.labels?.["sick"] === "yes",
    });
    const sick = (name: string) => ({
      metadata: { namespace, name, labels: { app: "web", sick: "yes" } },
      spec: { containers: [{ name: "c", image: "web:1" }] },
    });
    const unhealthyPodEvictionPolicy = policy;
    await cluster.client.create(Pod, sick("a"));
    await cluster.client.create(
      PodDisruptionBudget,
      budget({ minAvailable: 1, ...(policy ? { unhealthyPodEvictionPolicy } : {}) }),
    );
    await cluster.client.patch(
      Pod,
      { namespace, name: "a", subresource: "status" },
      { is: "merge", change: { status: { phase: "Running" } } },
    );
    await cluster.advance(seconds(5));
    equal((await pods(cluster)).some(isPodReady), false);
    deepEqual(await counts(cluster), [0, 1, 1, 0]);
    const going = evict(cluster, "a");
    if (isEvicted) await going;
    else await rejects(going, (cause) => isReason(cause, "TooManyRequests"));
  });
}

test("a pod that was let go and stays counts again after two minutes", async () => {
  await using cluster = await startTestCluster({ podsReadyAfterMs: 0 });
  await cluster.client.create(Deployment, workload(3));
  await cluster.client.create(PodDisruptionBudget, budget({ minAvailable: 1 }));
  await cluster.advance(seconds(5));
  deepEqual(await counts(cluster), [3, 1, 3, 2]);
  const [pod] = await pods(cluster);
  const name = pod?.metadata.name ?? "";
  const disruptedPods = {
    [name]: formatTime(cluster.clock.now()),
    gone: formatTime(cluster.clock.now()),
  };
  await cluster.client.patch(
    PodDisruptionBudget,
    { ...at, subresource: "status" },
    { is: "merge", change: { status: { disruptedPods, disruptionsAllowed: 1 } } },
  );
  await cluster.advance(seconds(5));
  deepEqual(await counts(cluster), [2, 1, 3, 1]);
  deepEqual(Object.keys((await statusOf(cluster)).disruptedPods ?? {}), [name]);
  await cluster.advance(minutes(3));
  deepEqual(await counts(cluster), [3, 1, 3, 2]);
  equal((await statusOf(cluster)).disruptedPods, undefined);
  const events = (await cluster.client.list(Event)).items;
  equal(events.filter(({ reason }) => reason === "NotDeleted").length, 1);
});

test("a budget that cannot be told allows nothing, and says why", async () => {
  await using cluster = await startTestCluster({ podsReadyAfterMs: 0 });
  await cluster.client.create(PodDisruptionBudget, budget({ maxUnavailable: 1 }));
  await cluster.client.create(Pod, {
    metadata: {
      namespace,
      name: "a",
      labels: { app: "web" },
      finalizers: ["example.com/hold"],
      ownerReferences: [
        { apiVersion: "example.com/v1", kind: "Fleet", name: "x", uid: "1", controller: true },
      ],
    },
    spec: { containers: [{ name: "c", image: "web:1" }] },
  });
  await cluster.advance(seconds(5));
  const { conditions, disruptionsAllowed } = await statusOf(cluster);
  equal(disruptionsAllowed, 0);
  deepEqual(
    conditions?.map(({ status, reason, message }) => [status, reason, message]),
    [["False", "SyncFailed", 'no matches for kind "Fleet" in version "example.com/v1"']],
  );
});

test("pods that belong to nobody are told of, and not again while nothing changes", async () => {
  await using cluster = await startTestCluster({ podsReadyAfterMs: 0 });
  await cluster.client.create(PodDisruptionBudget, budget({ maxUnavailable: 1 }));
  for (const name of ["a", "b"]) {
    await cluster.client.create(Pod, {
      metadata: { namespace, name, labels: { app: "web" } },
      spec: { containers: [{ name: "c", image: "web:1" }] },
    });
    await cluster.advance(seconds(5));
  }
  deepEqual(await counts(cluster), [2, 0, 0, 0]);
  const events = (await cluster.client.list(Event)).items;
  const odd = events.find(({ reason }) => reason === "UnmanagedPods");
  const before = odd?.metadata.resourceVersion;
  await cluster.client.patch(
    Pod,
    { namespace, name: "a" },
    { is: "merge", change: { metadata: { labels: { tier: "x" } } } },
  );
  await cluster.advance(seconds(5));
  const after = (await cluster.client.list(Event)).items.filter(
    ({ reason }) => reason === "UnmanagedPods",
  );
  deepEqual(
    after.map(({ metadata }) => metadata.resourceVersion),
    [before],
  );
  ok(
    odd?.message?.startsWith(
      "Pods selected by this PodDisruptionBudget (selector: &LabelSelector{MatchLabels:map[string]string{app: web,},MatchExpressions:[]LabelSelectorRequirement{},}) were found to be unmanaged.",
    ),
  );
});

test("an announced disruption that does not come is taken back", async () => {
  await using cluster = await startTestCluster({ podsReadyAfterMs: 0 });
  await cluster.client.create(Pod, {
    metadata: { namespace, name: "a" },
    spec: { containers: [{ name: "c", image: "web:1" }] },
  });
  await cluster.advance(seconds(1));
  const condition = {
    type: "DisruptionTarget",
    status: "True",
    reason: "EvictionByEvictionAPI",
    lastTransitionTime: formatTime(cluster.clock.now()),
  };
  await cluster.client.patch(
    Pod,
    { namespace, name: "a", subresource: "status" },
    { is: "strategic", change: { status: { conditions: [condition] } } },
  );
  const target = async (): Promise<string | undefined> =>
    (await pods(cluster))[0]?.status.conditions?.find(({ type }) => type === "DisruptionTarget")
      ?.status;
  await cluster.advance(seconds(110));
  equal(await target(), "True");
  await cluster.advance(seconds(20));
  equal(await target(), "False");
});
