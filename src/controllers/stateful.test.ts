/** StatefulSets in a whole control plane, in virtual time. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { ControllerRevision } from "#api/apps/controllerrevision.ts";
import { StatefulSet } from "#api/apps/statefulset.ts";
import { Event } from "#api/core/event.ts";
import { PersistentVolume } from "#api/core/persistentvolume.ts";
import { PersistentVolumeClaim } from "#api/core/persistentvolumeclaim.ts";
import { isPodReady } from "#api/core/pod-conditions.ts";
import { Pod } from "#api/core/pod.ts";
import { ApiError } from "#api/errors.ts";
import { minutes, seconds, sleep } from "#base/clock.ts";
import { chance, type Random, seededRandom } from "#base/random.ts";
import type { Client } from "#client/client.ts";
import type { VirtualClock } from "#sim/clock.ts";
import { startTestCluster, type TestCluster } from "./testing.ts";

const at = { namespace: "default", name: "db" };

const db = (replicas: number, spec: object = {}) => ({
  metadata: at,
  spec: {
    replicas,
    serviceName: "db",
    selector: { matchLabels: { app: "db" } },
    template: {
      metadata: { labels: { app: "db" } },
      spec: { containers: [{ name: "c", image: "db:1" }] },
    },
    ...spec,
  },
});

const claims = {
  volumeClaimTemplates: [
    {
      metadata: { name: "data" },
      spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
    },
  ],
};

const pods = async ({ client }: TestCluster): Promise<readonly Pod[]> =>
  (await client.list(Pod)).items.toSorted((a, b) => ordinalOf(a) - ordinalOf(b));

const ordinalOf = ({ metadata }: Pod): number => Number(metadata.name?.split("-").at(-1));

/** As in `db-0=db:1`, those that are not ready with a question mark. */
const summary = async (cluster: TestCluster): Promise<string> =>
  (await pods(cluster))
    .map((pod) => {
      const image = pod.spec.containers[0]?.image ?? "";
      return `${ordinalOf(pod)}=${image.slice(3)}${isPodReady(pod) ? "" : "?"}`;
    })
    .join(" ");

const change = ({ client }: TestCluster, spec: object): Promise<StatefulSet> =>
  client.patch(StatefulSet, at, { is: "merge", change: { spec } });

const setImage = (cluster: TestCluster, image: string): Promise<StatefulSet> =>
  change(cluster, { template: { spec: { containers: [{ name: "c", image }] } } });

const statusOf = async ({ client }: TestCluster): Promise<StatefulSet["status"]> =>
  (await client.get(StatefulSet, at)).status;

const claimNames = async ({ client }: TestCluster): Promise<string[]> =>
  (await client.list(PersistentVolumeClaim)).items
    .map(({ metadata }) => metadata.name ?? "")
    .toSorted((a, b) => (a < b ? -1 : 1));

/** What was done to pods, in order: as in `create db-0`. */
const deeds = async ({ client }: TestCluster): Promise<readonly string[]> =>
  (await client.list(Event)).items
    .toSorted((a, b) => revisionOf(a) - revisionOf(b))
    .flatMap(({ message = "" }) => /^(\w+) Pod (\S+) in/.exec(message)?.slice(1).join(" ") ?? []);

const revisionOf = ({ metadata }: Event): number => Number(metadata.resourceVersion);

test("pods start one after the other and stop in reverse", async () => {
  await using cluster = await startTestCluster({ podsReadyAfterMs: seconds(1) });
  await cluster.client.create(StatefulSet, db(3));
  await cluster.advance(seconds(0.5));
  equal(await summary(cluster), "0=1?");
  await cluster.advance(seconds(10));
  equal(await summary(cluster), "0=1 1=1 2=1");
  await change(cluster, { replicas: 1 });
  await cluster.advance(seconds(5));
  equal(await summary(cluster), "0=1");
  deepEqual(await deeds(cluster), [
    "create db-0",
    "create db-1",
    "create db-2",
    "delete db-2",
    "delete db-1",
  ]);
  const { currentRevision, updateRevision, ...counts } = await statusOf(cluster);
  equal(currentRevision, updateRevision);
  deepEqual(counts, {
    observedGeneration: 2,
    replicas: 1,
    readyReplicas: 1,
    currentReplicas: 1,
    updatedReplicas: 1,
    collisionCount: 0,
    availableReplicas: 1,
  });
  deepEqual(cluster.complaints, []);
});

test("an update replaces pods from the last to the first, and going back reuses the revision", async () => {
  await using cluster = await startTestCluster({ podsReadyAfterMs: seconds(1) });
  await cluster.client.create(StatefulSet, db(3));
  await cluster.advance(seconds(10));
  const before = await statusOf(cluster);
  await setImage(cluster, "db:2");
  await cluster.advance(seconds(15));
  equal(await summary(cluster), "0=2 1=2 2=2");
  deepEqual(
    (await deeds(cluster)).filter((deed) => deed.startsWith("delete")),
    ["delete db-2", "delete db-1", "delete db-0"],
  );
  await setImage(cluster, "db:1");
  await cluster.advance(seconds(15));
  equal(await summary(cluster), "0=1 1=1 2=1");
  equal((await statusOf(cluster)).currentRevision, before.currentRevision);
  const { items } = await cluster.client.list(ControllerRevision);
  deepEqual(
    items.map(({ revision }) => revision).toSorted((a, b) => a - b),
    [2, 3],
  );
});

test("only pods from the partition on are updated, and others come back as they were", async () => {
  await using cluster = await startTestCluster({ podsReadyAfterMs: seconds(1) });
  const updateStrategy = { type: "RollingUpdate" as const, rollingUpdate: { partition: 2 } };
  await cluster.client.create(StatefulSet, db(3, { updateStrategy }));
  await cluster.advance(seconds(10));
  await setImage(cluster, "db:2");
  await cluster.advance(seconds(10));
  equal(await summary(cluster), "0=1 1=1 2=2");
  await cluster.client.delete(Pod, { namespace: "default", name: "db-0" });
  await cluster.client.delete(Pod, { namespace: "default", name: "db-2" });
  await cluster.advance(seconds(10));
  equal(await summary(cluster), "0=1 1=1 2=2");
  const { currentRevision, updateRevision, updatedReplicas } = await statusOf(cluster);
  ok(currentRevision !== updateRevision);
  equal(updatedReplicas, 1);
});

test("an update that is stuck goes no further; going back frees it once its pod is deleted", async () => {
  await using cluster = await startTestCluster({
    podsReadyAfterMs: seconds(1),
    neverReady: ({ spec }) => spec.containers[0]?.image === "db:bad",
  });
  await cluster.client.create(StatefulSet, db(3));
  await cluster.advance(seconds(10));
  await setImage(cluster, "db:bad");
  await cluster.advance(minutes(10));
  equal(await summary(cluster), "0=1 1=1 2=bad?");
  await setImage(cluster, "db:1");
  await cluster.advance(minutes(1));
  equal(await summary(cluster), "0=1 1=1 2=bad?");
  await cluster.client.delete(Pod, { namespace: "default", name: "db-2" });
  await cluster.advance(seconds(10));
  equal(await summary(cluster), "0=1 1=1 2=1");
});

test("claims outlive their pods, unless the set says that they go when it shrinks", async () => {
  await using cluster = await startTestCluster({ podsReadyAfterMs: 0 });
  await cluster.client.create(StatefulSet, db(3, claims));
  await cluster.advance(seconds(10));
  const all = ["data-db-0", "data-db-1", "data-db-2"];
  deepEqual(await claimNames(cluster), all);
  await change(cluster, { replicas: 2 });
  await cluster.advance(seconds(10));
  deepEqual(await claimNames(cluster), all);
  await change(cluster, {
    replicas: 1,
    persistentVolumeClaimRetentionPolicy: { whenScaled: "Delete", whenDeleted: "Delete" },
  });
  await cluster.advance(seconds(20));
  deepEqual(await claimNames(cluster), ["data-db-0", "data-db-2"]);
  await change(cluster, { replicas: 3 });
  await cluster.advance(seconds(10));
  equal(await summary(cluster), "0=1 1=1 2=1");
  await cluster.client.delete(StatefulSet, at);
  await cluster.advance(minutes(1));
  deepEqual(await claimNames(cluster), []);
  equal((await cluster.client.list(ControllerRevision)).items.length, 0);
});

test("a set that is made anew while the old one goes gets its pods", async () => {
  await using cluster = await startTestCluster({ podsReadyAfterMs: seconds(1) });
  await cluster.client.create(StatefulSet, db(2));
  await cluster.advance(seconds(10));
  await cluster.client.delete(StatefulSet, at);
  const again = await cluster.client.create(StatefulSet, db(2));
  await cluster.advance(minutes(1));
  equal(await summary(cluster), "0=1 1=1");
  const owners = (await pods(cluster)).map(({ metadata }) => metadata.ownerReferences?.[0]?.uid);
  deepEqual(owners, [again.metadata.uid, again.metadata.uid]);
  deepEqual(
    (await cluster.client.list(ControllerRevision)).items.map(
      ({ metadata }) => metadata.ownerReferences?.[0]?.uid,
    ),
    [again.metadata.uid],
  );
});

test("pods that are left behind are taken over by the next set, as they are", async () => {
  await using cluster = await startTestCluster({ podsReadyAfterMs: seconds(1) });
  await cluster.client.create(StatefulSet, db(3));
  await cluster.advance(seconds(10));
  const uids = async () => (await pods(cluster)).map(({ metadata }) => metadata.uid);
  const before = await uids();
  await cluster.client.delete(StatefulSet, at, { propagationPolicy: "Orphan" });
  await cluster.advance(seconds(5));
  deepEqual(await uids(), before);
  await cluster.client.create(StatefulSet, db(3));
  await cluster.advance(seconds(10));
  deepEqual(await uids(), before);
  equal((await statusOf(cluster)).updatedReplicas, 3);
  equal((await cluster.client.list(ControllerRevision)).items.length, 1);
});

for (const propagationPolicy of ["Background", "Foreground"] as const) {
  test(`a set that is deleted (${propagationPolicy}) in the middle of an update goes, with everything`, async () => {
    await using cluster = await startTestCluster({ podsReadyAfterMs: seconds(5) });
    await cluster.client.create(StatefulSet, db(3));
    await cluster.advance(seconds(30));
    await setImage(cluster, "db:2");
    await cluster.advance(seconds(7));
    await cluster.client.delete(StatefulSet, at, { propagationPolicy });
    await cluster.advance(minutes(1));
    equal(await summary(cluster), "");
    equal((await cluster.client.list(StatefulSet)).items.length, 0);
    equal((await cluster.client.list(ControllerRevision)).items.length, 0);
  });
}

test("a pod that failed is replaced under its name", async () => {
  await using cluster = await startTestCluster({ podsReadyAfterMs: seconds(1) });
  await cluster.client.create(StatefulSet, db(2));
  await cluster.advance(seconds(10));
  const [before] = await pods(cluster);
  const name = "db-0";
  await cluster.client.patch(
    Pod,
    { namespace: "default", name, subresource: "status" },
    { is: "merge", change: { status: { phase: "Failed" } } },
  );
  await cluster.advance(seconds(10));
  equal(await summary(cluster), "0=1 1=1");
  const [after] = await pods(cluster);
  ok(after?.metadata.uid !== before?.metadata.uid);
});

/** Watches come late, requests and replies get lost. */
const stormy =
  (random: Random, isCalm: () => boolean) =>
  (client: Client, clock: VirtualClock): Client => {
    const lossy = async <T>(call: () => Promise<T>): Promise<T> => {
      const lost = (what: string): ApiError => new ApiError("ServiceUnavailable", `${what} lost`);
      if (!isCalm() && chance(random, 0.2)) throw lost("request");
      const reply = await call();
      if (!isCalm() && chance(random, 0.1)) throw lost("reply");
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

test("whatever the network does, order is kept and the right pods are there in the end", async () => {
  for (let seed = 1; seed <= 6; seed++) {
    let isCalm = false;
    const through = stormy(seededRandom(seed), () => isCalm);
    await using cluster = await startTestCluster({ seed, through, podsReadyAfterMs: seconds(1) });
    await cluster.client.create(StatefulSet, db(4));
    for (let step = 0; step < 60; step++) {
      await cluster.advance(seconds(1));
      const present = await pods(cluster);
      deepEqual(present.map(ordinalOf), [...present.keys()], `seed ${seed}`);
      ok(present.slice(0, -1).every(isPodReady), `a pod too early, seed ${seed}`);
    }
    isCalm = true;
    await cluster.advance(minutes(5));
    isCalm = false;
    await setImage(cluster, "db:2");
    for (let step = 0; step < 60; step++) {
      await cluster.advance(seconds(1));
      const sick = 4 - (await pods(cluster)).filter(isPodReady).length;
      ok(sick <= 1, `${sick} sick at step ${step}, seed ${seed}`);
    }
    isCalm = true;
    await cluster.advance(minutes(10));
    equal(await summary(cluster), "0=2 1=2 2=2 3=2", `seed ${seed}`);
    equal((await cluster.client.list(ControllerRevision)).items.length, 2, `seed ${seed}`);
  }
});

test("controllers that end at any point, and others who write, change nothing about the order", async () => {
  for (let seed = 1; seed <= 6; seed++) {
    const random = seededRandom(seed);
    await using cluster = await startTestCluster({ seed, podsReadyAfterMs: seconds(1) });
    await cluster.client.create(StatefulSet, db(4, claims));
    for (let step = 0; step < 120; step++) {
      await cluster.advance(seconds(0.3) * random.next());
      if (step === 40) await setImage(cluster, "db:2");
      if (step === 80) await change(cluster, { replicas: 2 });
      if (chance(random, 0.3)) await cluster.restart();
      if (chance(random, 0.3)) await scribble(cluster, random);
      const present = await pods(cluster);
      const missing = present.filter((pod, i) => ordinalOf(pod) !== i).length;
      ok(missing <= 1, `seed ${seed}, step ${step}: ${await summary(cluster)}`);
    }
    await cluster.advance(minutes(5));
    equal(await summary(cluster), "0=2 1=2", `seed ${seed}`);
    equal((await cluster.client.list(ControllerRevision)).items.length, 2, `seed ${seed}`);
  }
});

/** Somebody else writes to the set and to a pod: whoever decided before has to look again. */
async function scribble(cluster: TestCluster, random: Random): Promise<void> {
  const note = { metadata: { annotations: { note: String(random.next()) } } };
  await cluster.client.patch(StatefulSet, at, { is: "merge", change: note });
  const [pod] = await pods(cluster);
  const name = pod?.metadata.name;
  if (name) await cluster.client.patch(Pod, { ...at, name }, { is: "merge", change: note });
}

const disk = (name: string) => ({
  metadata: { name },
  spec: {
    capacity: { storage: "1Gi" },
    accessModes: ["ReadWriteOnce" as const],
    hostPath: { path: `/disks/${name}` },
  },
});

test("a settled set is at rest", async () => {
  await using cluster = await startTestCluster({ podsReadyAfterMs: 0 });
  for (const name of ["a", "b", "c"]) await cluster.client.create(PersistentVolume, disk(name));
  await cluster.client.create(StatefulSet, db(3, claims));
  await cluster.advance(seconds(10));
  // Until its events are gone, too.
  await cluster.advance(minutes(62));
  const before = (await cluster.client.list(Event)).metadata.resourceVersion;
  await cluster.advance(minutes(60));
  equal((await cluster.client.list(Event)).metadata.resourceVersion, before);
});

test("a thousand pods at once cost no more than their number", async () => {
  await using cluster = await startTestCluster({ podsReadyAfterMs: 0 });
  await cluster.client.create(StatefulSet, db(1_000, { podManagementPolicy: "Parallel" }));
  await cluster.advance(seconds(10));
  equal((await statusOf(cluster)).readyReplicas, 1_000);
  // One write for each pod, and few for the set.
  const { metadata } = await cluster.client.get(StatefulSet, at);
  ok(Number(metadata.resourceVersion) < 8_000, `revision ${metadata.resourceVersion}`);
});
