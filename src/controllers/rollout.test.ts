import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { Deployment } from "#api/apps/deployment.ts";
import { ReplicaSet } from "#api/apps/replicaset.ts";
import { Event } from "#api/core/event.ts";
import { isPodReady } from "#api/core/pod-conditions.ts";
import { Pod } from "#api/core/pod.ts";
import { ApiError } from "#api/errors.ts";
import { minutes, seconds, sleep } from "#base/clock.ts";
import { chance, type Random, seededRandom } from "#base/random.ts";
import type { Client } from "#client/client.ts";
import type { VirtualClock } from "#sim/clock.ts";
import { startTestCluster, type TestCluster } from "./testing.ts";

const at = { namespace: "default", name: "web" };

const web = (replicas: number, image = "web:1", strategy: object = rolling(1, 0)) => ({
  metadata: at,
  spec: {
    replicas,
    progressDeadlineSeconds: 600,
    selector: { matchLabels: { app: "web" } },
    template: {
      metadata: { labels: { app: "web" } },
      spec: { containers: [{ name: "c", image }] },
    },
    strategy,
  },
});

const rolling = (maxSurge: number, maxUnavailable: number): object => ({
  type: "RollingUpdate",
  rollingUpdate: { maxSurge, maxUnavailable },
});

const readyPods = async ({ client }: TestCluster): Promise<number> =>
  (await client.list(Pod)).items.filter(isPodReady).length;

const images = async ({ client }: TestCluster): Promise<(string | undefined)[]> =>
  (await client.list(Pod)).items.map(({ spec }) => spec.containers[0]?.image);

const setImage = ({ client }: TestCluster, image: string): Promise<Deployment> =>
  client.patch(Deployment, at, {
    is: "strategic",
    change: { spec: { template: { spec: { containers: [{ name: "c", image }] } } } },
  });

const scale = ({ client }: TestCluster, replicas: number): Promise<Deployment> =>
  client.patch(Deployment, at, { is: "merge", change: { spec: { replicas } } });

const events = async ({ client }: TestCluster): Promise<string[]> =>
  (await client.list(Event)).items.map(
    ({ reason, message, count }) => `${reason}: ${message} x${count}`,
  );

test("a deployment gets its pods, and everybody agrees about it", async () => {
  await using cluster = await startTestCluster({ podsReadyAfterMs: seconds(1) });
  await cluster.client.create(Deployment, web(3));
  await cluster.advance(seconds(10));
  equal(await readyPods(cluster), 3);
  const { status, metadata } = await cluster.client.get(Deployment, at);
  const { conditions, observedGeneration: _generation, ...counts } = status;
  deepEqual(counts, {
    replicas: 3,
    updatedReplicas: 3,
    readyReplicas: 3,
    availableReplicas: 3,
    terminatingReplicas: 0,
  });
  deepEqual(
    conditions?.map(({ type, status: is, reason }) => [type, is, reason]),
    [
      ["Available", "True", "MinimumReplicasAvailable"],
      ["Progressing", "True", "NewReplicaSetAvailable"],
    ],
  );
  equal(metadata.annotations?.["deployment.kubernetes.io/revision"], "1");
  equal((await events(cluster)).filter((line) => line.startsWith("SuccessfulCreate")).length, 3);
  deepEqual(cluster.complaints, []);
});

test("a rolling update never leaves fewer pods ready than asked for", async () => {
  await using cluster = await startTestCluster({ podsReadyAfterMs: seconds(2) });
  await cluster.client.create(Deployment, web(4));
  await cluster.advance(seconds(10));
  await setImage(cluster, "web:2");
  for (let step = 0; step < 60; step++) {
    await cluster.advance(seconds(1));
    const pods = (await cluster.client.list(Pod)).items;
    ok(pods.filter(isPodReady).length >= 4, `${pods.length} pods at step ${step}`);
    ok(pods.length <= 6, `${pods.length} pods at step ${step}`);
  }
  deepEqual(await images(cluster), ["web:2", "web:2", "web:2", "web:2"]);
  deepEqual(cluster.complaints, []);
});

test("going back to an earlier template takes its ReplicaSet out again", async () => {
  await using cluster = await startTestCluster({ podsReadyAfterMs: seconds(1) });
  await cluster.client.create(Deployment, web(2));
  await cluster.advance(seconds(10));
  await setImage(cluster, "web:2");
  await cluster.advance(seconds(20));
  await setImage(cluster, "web:1");
  await cluster.advance(seconds(20));
  const { items } = await cluster.client.list(ReplicaSet);
  deepEqual(
    items
      .toSorted((a, b) => (a.spec.replicas ?? 0) - (b.spec.replicas ?? 0))
      .map(({ metadata, spec }) => [
        spec.replicas,
        metadata.annotations?.["deployment.kubernetes.io/revision"],
        metadata.annotations?.["deployment.kubernetes.io/revision-history"],
      ]),
    [
      [0, "2", undefined],
      [2, "3", "1"],
    ],
  );
  const { metadata } = await cluster.client.get(Deployment, at);
  equal(metadata.annotations?.["deployment.kubernetes.io/revision"], "3");
});

test("Recreate never runs old and new pods together", async () => {
  await using cluster = await startTestCluster({ podsReadyAfterMs: seconds(2) });
  await cluster.client.create(Deployment, web(3, "web:1", { type: "Recreate" }));
  await cluster.advance(seconds(10));
  await setImage(cluster, "web:2");
  for (let step = 0; step < 40; step++) {
    await cluster.advance(seconds(0.5));
    const present = new Set(await images(cluster));
    ok(present.size <= 1, `${[...present].join(" and ")} at step ${step}`);
  }
  deepEqual(await images(cluster), ["web:2", "web:2", "web:2"]);
});

test("a paused deployment scales, and rolls out when it is resumed", async () => {
  await using cluster = await startTestCluster({ podsReadyAfterMs: seconds(1) });
  await cluster.client.create(Deployment, web(2));
  await cluster.advance(seconds(10));
  const pause = (paused: boolean): Promise<Deployment> =>
    cluster.client.patch(Deployment, at, { is: "merge", change: { spec: { paused } } });
  await pause(true);
  await setImage(cluster, "web:2");
  await scale(cluster, 3);
  await cluster.advance(seconds(10));
  deepEqual(await images(cluster), ["web:1", "web:1", "web:1"]);
  await pause(false);
  await cluster.advance(seconds(30));
  deepEqual(await images(cluster), ["web:2", "web:2", "web:2"]);
});

test("a rollout that gets nowhere is said to have timed out", async () => {
  await using cluster = await startTestCluster();
  const patient = web(1);
  const spec = { ...patient.spec, progressDeadlineSeconds: 60 };
  await cluster.client.create(Deployment, { ...patient, spec });
  await cluster.advance(seconds(50));
  const reason = async (): Promise<string | undefined> =>
    (await cluster.client.get(Deployment, at)).status.conditions?.find(
      ({ type }) => type === "Progressing",
    )?.reason;
  equal(await reason(), "ReplicaSetUpdated");
  await cluster.advance(seconds(20));
  equal(await reason(), "ProgressDeadlineExceeded");
});

test("pods that are refused are asked for slowly, and told of once", async () => {
  let asked = 0;
  const quota = (client: Client): Client => ({
    ...client,
    create: async (kind, object, options) => {
      if (kind.plural !== "pods") return client.create(kind, object, options);
      asked++;
      throw new ApiError("Forbidden", "exceeded quota");
    },
  });
  await using cluster = await startTestCluster({ through: quota });
  await cluster.client.create(Deployment, web(100));
  await cluster.advance(seconds(5));
  ok(asked < 15, `${asked} requests`);
  const failures = (await events(cluster)).filter((line) => line.startsWith("FailedCreate"));
  equal(failures.length, 1);
  const { items } = await cluster.client.list(ReplicaSet);
  equal(items[0]?.status.conditions?.[0]?.type, "ReplicaFailure");
});

/** Watches come late, requests and replies get lost. */
const stormy =
  (random: Random, isCalm: () => boolean) =>
  (client: Client, clock: VirtualClock): Client => {
    const lossy = async <T>(call: () => Promise<T>): Promise<T> => {
      if (!isCalm() && chance(random, 0.2))
        throw new ApiError("ServiceUnavailable", "request lost");
      const reply = await call();
      if (!isCalm() && chance(random, 0.1)) throw new ApiError("ServiceUnavailable", "reply lost");
      return reply;
    };
    return {
      ...client,
      create: (...call) => lossy(() => client.create(...call)),
      update: (...call) => lossy(() => client.update(...call)),
      updateStatus: (...call) => lossy(() => client.updateStatus(...call)),
      patch: (...call) => lossy(() => client.patch(...call)),
      delete: (...call) => lossy(() => client.delete(...call)),
      watch: async function* (kind, options) {
        for await (const batch of client.watch(kind, options)) {
          const delayMs = isCalm() ? 0 : seconds(3) * random.next();
          await sleep(clock, delayMs, options.signal ?? new AbortController().signal);
          yield batch;
          if (!isCalm() && chance(random, 0.05)) return;
        }
      },
    };
  };

/** Only watches are slow: nothing that is written can be doubted. */
const slowWatch =
  (random: Random) =>
  (client: Client, clock: VirtualClock): Client => ({
    ...client,
    watch: async function* (kind, options) {
      for await (const batch of client.watch(kind, options)) {
        await sleep(
          clock,
          seconds(3) * random.next(),
          options.signal ?? new AbortController().signal,
        );
        yield batch;
      }
    },
  });

test("a slow watch never makes a deployment overshoot", async () => {
  for (let seed = 1; seed <= 8; seed++) {
    await using cluster = await startTestCluster({ seed, through: slowWatch(seededRandom(seed)) });
    await cluster.client.create(Deployment, web(5));
    for (let step = 0; step < 40; step++) {
      await cluster.advance(seconds(0.5));
      const { length } = (await cluster.client.list(Pod)).items;
      ok(length <= 5, `${length} pods at step ${step}, seed ${seed}`);
    }
    equal((await cluster.client.list(Pod)).items.length, 5, `seed ${seed}`);
  }
});

test("whatever the network does, a rollout ends with the right pods", async () => {
  for (let seed = 1; seed <= 8; seed++) {
    let isCalm = false;
    const through = stormy(seededRandom(seed), () => isCalm);
    await using cluster = await startTestCluster({ seed, through, podsReadyAfterMs: seconds(1) });
    await cluster.client.create(Deployment, web(4));
    await cluster.advance(seconds(20));
    await setImage(cluster, "web:2");
    await scale(cluster, 6);
    await cluster.advance(seconds(30));
    isCalm = true;
    await cluster.advance(minutes(10));
    deepEqual(
      await images(cluster),
      Array.from({ length: 6 }, () => "web:2"),
      `seed ${seed}`,
    );
    equal((await cluster.client.list(ReplicaSet)).items.length, 2, `seed ${seed}`);
    equal((await cluster.client.get(Deployment, at)).status.availableReplicas, 6, `seed ${seed}`);
  }
});
