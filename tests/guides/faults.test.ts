/** Branches, faults and replays: the examples of docs/guides/testing.md, as they stand there. */
import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { test } from "node:test";
import { Deployment, Pod } from "k8ts/kinds";
import { type Cluster, createCluster } from "k8ts/testing";

const inDefault = { namespace: "default" };

/** As cdk8s' charts are: something that turns itself into objects. */
class Shop {
  readonly #version: string;

  constructor(version: string) {
    this.#version = version;
  }

  toJson(): readonly object[] {
    return [this.#part("front", 2), this.#part("cart", 3), this.#budget("cart")];
  }

  #part(name: string, replicas: number): object {
    const labels = { app: name };
    const containers = [{ name, image: `shop/${name}:${this.#version}` }];
    const template = { metadata: { labels }, spec: { containers } };
    const spec = { replicas, selector: { matchLabels: labels }, template };
    return { apiVersion: "apps/v1", kind: "Deployment", metadata: { name }, spec };
  }

  #budget(name: string): object {
    const spec = { minAvailable: 2, selector: { matchLabels: { app: name } } };
    return { apiVersion: "policy/v1", kind: "PodDisruptionBudget", metadata: { name }, spec };
  }
}

const readyOf = async ({ client }: Cluster, name: string): Promise<number> =>
  (await client.get(Deployment, { ...inDefault, name })).status.readyReplicas ?? 0;

test("a chart is installed once, and each trial has a branch of its own", async () => {
  await using installed = await createCluster({ nodes: 3 });
  await installed.apply(new Shop("1.0.0"));
  await installed.idle();

  await using upgraded = installed.fork();
  await upgraded.apply(new Shop("1.1.0"));
  await upgraded.idle();
  deepEqual([await readyOf(upgraded, "front"), await readyOf(upgraded, "cart")], [2, 3]);

  await using drained = installed.fork();
  const evict = async (): Promise<void> => {
    const carts = { ...inDefault, labelSelector: "app=cart" };
    const { items } = await drained.client.list(Pod, carts);
    for (const { metadata } of items) {
      const at = { ...inDefault, name: metadata.name ?? "", subresource: "eviction" };
      const object = { apiVersion: "policy/v1", kind: "Eviction", metadata: at };
      await drained.client.createSub(Pod, at, { object });
    }
  };
  await rejects(evict, /Cannot evict pod as it would violate the pod's disruption budget/);
  await drained.idle();
  equal(await readyOf(drained, "cart"), 3);
});

test("a rollout survives what goes wrong", async () => {
  await using cluster = await createCluster({ nodes: 3, seed: 7, invariants: true });
  await cluster.apply(new Shop("1.0.0"));
  cluster.faults.place({ fault: "partition", args: { node: "node-2" }, lastsMs: 90_000 });
  using _slow = cluster.faults.strike("watchesDelayed", {
    component: "kube-controller-manager",
    maxMs: 5_000,
  });
  await cluster.clock.advance("10 minutes");
  deepEqual([await readyOf(cluster, "front"), await readyOf(cluster, "cart")], [2, 3]);
});

/** Takes a fifth of a minute for granted, which is not always enough. */
async function isUpInTime(seed: number): Promise<string> {
  await using cluster = await createCluster({ nodes: 3, seed, invariants: true });
  cluster.faults.storm({ count: 6, within: "20 seconds", faults: ["nodeLost", "requestsSlow"] });
  await cluster.apply(new Shop("1.0.0"));
  await cluster.clock.advance("12 seconds");
  const ready = await readyOf(cluster, "cart");
  if (ready < 3) throw new Error(`${ready} of 3 ready (seed ${seed}, trace ${cluster.trace})`);
  return cluster.trace;
}

test("a failure is replayed from its seed", async () => {
  const failed = async (): Promise<{ readonly seed: number; readonly message: string }> => {
    for (let seed = 1; ; seed++)
      try {
        await isUpInTime(seed);
      } catch (cause) {
        return { seed, message: String(cause) };
      }
  };
  const { seed, message } = await failed();
  match(message, /of 3 ready \(seed \d+, trace [0-9a-f]{16}\)/);
  // The same seed: the same failure, change for change.
  await rejects(isUpInTime(seed), (cause) => String(cause) === message);
});

test("a webhook that is a function", async () => {
  await using cluster = await createCluster();
  const rules = [{ operations: ["CREATE"], resources: ["deployments"] }] as const;
  await cluster.webhooks.validating("tags", rules, ({ object }) => {
    const isPinned = !JSON.stringify(object).includes(":latest");
    return { allowed: isPinned, status: { message: "say which version" } };
  });
  await cluster.apply(new Shop("1.0.0"));
  await cluster.client.delete(Deployment, { ...inDefault, name: "front" });
  await rejects(cluster.apply(new Shop("latest")), /denied the request: say which version/);
});
