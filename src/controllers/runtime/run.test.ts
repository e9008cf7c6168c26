import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { test } from "node:test";
import { ConfigMap } from "#api/core/configmap.ts";
import { Event } from "#api/core/event.ts";
import { Secret } from "#api/core/secret.ts";
import { ApiError } from "#api/errors.ts";
import { assert, AssertionFailed } from "#base/assert.ts";
import { minutes, seconds, sleep } from "#base/clock.ts";
import { type Log, silent } from "#base/log.ts";
import { Metrics } from "#base/metrics.ts";
import { seededRandom } from "#base/random.ts";
import type { Client } from "#client/client.ts";
import { InformerSet } from "#client/informer.ts";
import { createClient } from "#client/typed.ts";
import { inProcess } from "#client/transports/in-process.ts";
import { admin, startTestApi, type TestApi } from "#client/testing.ts";
import { drain } from "#sim/clock.ts";
import { type AnyController, type Controller, watching } from "./controller.ts";
import { create, type Effect, fail, note, settle, update, wakeIn } from "./effects.ts";
import { controllerReference } from "./ownership.ts";
import { runController } from "./run.ts";

const namespace = "default";

const map = (name: string, data: Record<string, string> = {}) => ({
  metadata: { namespace, name },
  data,
});

interface Bench {
  readonly api: TestApi;
  readonly client: Client;
  readonly advance: (ms: number) => Promise<void>;
  readonly logged: string[];
  readonly metrics: Metrics;
  readonly stop: () => Promise<void>;
}

interface BenchOptions {
  readonly through?: (client: Client, api: TestApi) => Client;
  readonly before?: (client: Client) => Promise<unknown>;
}

async function bench(
  controller: AnyController,
  run: (bench: Bench) => Promise<void>,
  { through = (direct) => direct, before }: BenchOptions = {},
): Promise<void> {
  const api = await startTestApi();
  const client = createClient(inProcess(api.handle, admin));
  await before?.(client);
  const stopping = new AbortController();
  const { signal } = stopping;
  const logged: string[] = [];
  const log: Log = {
    ...silent,
    warn: (message) => void logged.push(`warn ${message}`),
    error: (message) => void logged.push(`error ${message}`),
    debug: (message) => void logged.push(`debug ${message}`),
    with: () => log,
  };
  const metrics = new Metrics();
  const ports = { clock: api.clock, random: seededRandom(1), log };
  const used = through(client, api);
  const informers = new InformerSet({ client: used, ...ports, log: silent }, signal);
  const running = runController(controller, { ...ports, client: used, informers, metrics, signal });
  const ended = Promise.allSettled([running]);
  const stop = async (): Promise<void> => {
    stopping.abort();
    const [end] = await ended;
    await informers[Symbol.asyncDispose]();
    if (end.status === "rejected") throw end.reason;
  };
  await drain();
  try {
    await run({ api, client, advance: (ms) => api.clock.advance(ms), logged, metrics, stop });
    await stop();
  } finally {
    stopping.abort();
    await api[Symbol.asyncDispose]();
  }
}

const controllerOf = (more: Partial<Controller<ConfigMap>>): Controller<ConfigMap> => ({
  name: "tester",
  for: ConfigMap,
  rules: [],
  reconcile: () => [],
  ...more,
});

/** A controller that only notes at which names it looked. */
const looking = (more: Partial<Controller<ConfigMap>> = {}) => {
  const looks: string[] = [];
  const controller = controllerOf({
    ...more,
    reconcile: (object, view) => {
      looks.push(object.metadata.name ?? "");
      return more.reconcile?.(object, view) ?? [];
    },
  });
  return { controller, looks };
};

test("looks at what is there, at what comes and at what changes", async () => {
  const { controller, looks } = looking();
  const before = (client: Client): Promise<unknown> => client.create(ConfigMap, map("old"));
  await bench(
    controller,
    async ({ client }) => {
      deepEqual(looks, ["old"]);
      const made = await client.create(ConfigMap, map("new"));
      await drain();
      await client.update(ConfigMap, { ...made, data: { x: "1" } });
      await drain();
      deepEqual(looks, ["old", "new", "new"]);
    },
    { before },
  );
});

test("what it leaves alone because nothing of concern has changed is not looked at again", async () => {
  const { controller, looks } = looking({
    leavesAlone: ({ data = {} }, old) => old !== undefined && old.data?.["busy"] === data["busy"],
  });
  await bench(controller, async ({ client }) => {
    const made = await client.create(ConfigMap, map("idle"));
    await drain();
    deepEqual(looks, ["idle"]);
    const other = await client.update(ConfigMap, { ...made, data: { other: "yes" } });
    await drain();
    deepEqual(looks, ["idle"]);
    await client.update(ConfigMap, { ...other, data: { busy: "yes" } });
    await drain();
    deepEqual(looks, ["idle", "idle"]);
  });
});

test("what it leaves alone is not looked at, until it changes or goes", async () => {
  const gone: string[] = [];
  const { controller, looks } = looking({
    leavesAlone: ({ data = {} }) => data["busy"] === undefined,
    gone: (key) => {
      gone.push(key);
      return [];
    },
  });
  await bench(controller, async ({ client }) => {
    const made = await client.create(ConfigMap, map("idle"));
    await drain();
    deepEqual(looks, []);
    await client.update(ConfigMap, { ...made, data: { busy: "yes" } });
    await drain();
    deepEqual(looks, ["idle"]);
    await client.delete(ConfigMap, { namespace, name: "idle" });
    await drain();
    deepEqual(gone, ["default/idle"]);
  });
});

test("a swarm of changes costs one look now, and one after a pause", async () => {
  const { controller, looks } = looking({ owns: [Secret], pauseMs: 250 });
  await bench(controller, async ({ client, advance }) => {
    const owner = await client.create(ConfigMap, map("queen"));
    await drain();
    deepEqual(looks, ["queen"]);
    const ownerReferences = [controllerReference(ConfigMap, owner)];
    for (let i = 0; i < 10; i++) {
      await client.create(Secret, { metadata: { namespace, name: `bee-${i}`, ownerReferences } });
      await advance(20);
    }
    deepEqual(looks, ["queen"]);
    await advance(50);
    deepEqual(looks, ["queen", "queen"]);
    await advance(1_000);
    await client.create(Secret, { metadata: { namespace, name: "late", ownerReferences } });
    await drain();
    deepEqual(looks, ["queen", "queen", "queen"]);
  });
});

test("a change of what it owns, or watches, wakes it", async () => {
  const { controller, looks } = looking({
    owns: [Secret],
    watches: [watching(Event, ({ involvedObject }) => [`default/${involvedObject.name ?? ""}`])],
  });
  await bench(controller, async ({ client }) => {
    const owner = await client.create(ConfigMap, map("owner"));
    await client.create(ConfigMap, map("watched"));
    await drain();
    looks.length = 0;
    const ownerReferences = [controllerReference(ConfigMap, owner)];
    await client.create(Secret, { metadata: { namespace, name: "s", ownerReferences } });
    await drain();
    await client.create(Event, {
      metadata: { namespace, name: "e" },
      involvedObject: { name: "watched" },
    });
    await drain();
    deepEqual(looks, ["owner", "watched"]);
  });
});

test("is told once of what appeared, and whenever a woken object is not there", async () => {
  const told: string[] = [];
  const controller = controllerOf({
    appeared: ({ metadata }) => (told.push(`appeared ${metadata.name}`), []),
    gone: (key, _view, last) => (told.push(`gone ${key} ${last?.data?.["x"]}`), []),
    watches: [watching(Secret, ({ metadata }) => [`default/${metadata.name}`])],
  });
  await bench(controller, async ({ client }) => {
    const made = await client.create(ConfigMap, map("a", { x: "1" }));
    await drain();
    await client.update(ConfigMap, { ...made, data: { x: "2" } });
    await drain();
    await client.delete(ConfigMap, { namespace, name: "a" });
    await drain();
    await client.create(Secret, { metadata: { namespace, name: "left-over" } });
    await drain();
    deepEqual(told, ["appeared a", "gone default/a 2", "gone default/left-over undefined"]);
  });
});

test("a failure is logged and tried again, later each time", async () => {
  const { controller, looks } = looking({ reconcile: () => [fail(new Error("broken"))] });
  await bench(controller, async ({ client, advance, logged }) => {
    await client.create(ConfigMap, map("a"));
    await drain();
    equal(looks.length, 1);
    await advance(minutes(1));
    ok(looks.length > 8 && looks.length < 20, `${looks.length} attempts in a minute`);
    equal(
      logged.every((line) => line === "error reconcile failed"),
      true,
    );
  });
});

test("a lost race is tried again without a word", async () => {
  let races = 2;
  const { controller, looks } = looking({
    reconcile: () => (races-- > 0 ? [fail(new ApiError("Conflict", "changed"))] : []),
  });
  await bench(controller, async ({ client, advance, logged }) => {
    await client.create(ConfigMap, map("a"));
    await advance(seconds(1));
    deepEqual([looks.length, new Set(logged)], [3, new Set(["debug lost a race"])]);
  });
});

test("what is refused as invalid waits for the object to change", async () => {
  const { controller, looks } = looking({
    reconcile: () => [fail(new ApiError("Invalid", "no such thing"))],
  });
  await bench(controller, async ({ client, advance, logged }) => {
    const made = await client.create(ConfigMap, map("a"));
    await advance(minutes(60));
    deepEqual([looks.length, logged], [1, ["warn refused as invalid"]]);
    await client.update(ConfigMap, { ...made, data: { x: "1" } });
    await advance(seconds(1));
    equal(looks.length, 2);
  });
});

test("a bug in a controller ends it", async () => {
  const controller = controllerOf({ reconcile: () => assert(false, "impossible") as never });
  await rejects(
    bench(controller, async ({ client, advance, stop }) => {
      await client.create(ConfigMap, map("a"));
      await advance(seconds(1));
      await stop();
    }),
    AssertionFailed,
  );
});

test("a change that makes no sense to one listener is told to the others all the same", async () => {
  const { controller, looks } = looking({
    watches: [
      watching(Secret, ({ metadata }) => {
        if (metadata.name === "odd") throw new ApiError("BadRequest", "an invalid selector");
        return [`default/${metadata.name}`];
      }),
    ],
  });
  await bench(controller, async ({ client, logged }) => {
    await client.create(ConfigMap, map("even"));
    await drain();
    looks.length = 0;
    await client.create(Secret, { metadata: { namespace, name: "odd" } });
    await client.create(Secret, { metadata: { namespace, name: "even" } });
    await drain();
    deepEqual([looks, logged], [["even"], ["error cannot tell whom a change concerns"]]);
  });
});

test("a bug in a listener ends the controller too", async () => {
  const controller = controllerOf({
    watches: [watching(Secret, () => assert(false, "impossible") as never)],
  });
  await rejects(
    bench(controller, async ({ client, stop }) => {
      await client.create(Secret, { metadata: { namespace, name: "s" } });
      await drain();
      await stop();
    }),
    AssertionFailed,
  );
});

/** Everything that is watched comes three seconds late. */
const late = (client: Client, { clock }: TestApi): Client => ({
  ...client,
  watch: async function* (kind, options) {
    for await (const batch of client.watch(kind, options)) {
      await sleep(clock, seconds(3), options.signal ?? new AbortController().signal);
      yield batch;
    }
  },
});

test("a key is never looked at before its own writes are seen", async () => {
  const numbers: string[] = [];
  const count = ({ data, ...object }: ConfigMap): readonly Effect[] => {
    const number = Number(data?.["x"] ?? 0);
    numbers.push(String(number));
    return [update(ConfigMap, { ...object, data: { x: String(number + 1) } }), wakeIn(100)];
  };
  await bench(
    controllerOf({ reconcile: count }),
    async ({ client, advance }) => {
      await client.create(ConfigMap, map("a"));
      await advance(seconds(20));
      deepEqual(numbers, ["0", "1", "2", "3", "4", "5"]);
    },
    { through: late },
  );
});

test("deletions are writes too", async () => {
  let deletions = 0;
  const controller = controllerOf({
    reads: [Secret],
    reconcile: (_object, view) => [
      ...view.list(Secret).map((secret): Effect => {
        deletions++;
        return { do: "delete", kind: Secret, object: secret, options: {} };
      }),
      wakeIn(100),
    ],
  });
  await bench(
    controller,
    async ({ client, advance }) => {
      await client.create(Secret, { metadata: { namespace, name: "s" } });
      await client.create(ConfigMap, map("a"));
      await advance(seconds(20));
      equal(deletions, 1);
    },
    { through: late },
  );
});

test("a cache that never catches up is not waited for for ever", async () => {
  const { controller, looks } = looking({
    reconcile: (object) => [
      ...(object.data?.["done"] ? [] : [update(ConfigMap, { ...object, data: { done: "yes" } })]),
      wakeIn(seconds(1)),
    ],
  });
  const deaf = (client: Client): Client => ({
    ...client,
    // oxlint-disable-next-line require-yield -- nothing ever comes.
    watch: async function* (_kind, { signal }) {
      await new Promise<void>((resolve) => signal?.addEventListener("abort", () => resolve()));
    },
  });
  await bench(
    controller,
    async ({ advance, logged }) => {
      await advance(seconds(25));
      equal(looks.length, 1);
      await advance(seconds(20));
      ok(looks.length >= 2, "looks again");
      equal(logged.includes("warn the cache does not show what was written"), true);
    },
    { through: deaf, before: (client) => client.create(ConfigMap, map("a")) },
  );
});

/** Gives every object the next number; two must never get the same. */
const numbering = (more: Partial<Controller<ConfigMap>>): Controller<ConfigMap> =>
  controllerOf({
    ...more,
    reconcile: (object, view) => {
      if (object.data?.["number"]) return [];
      const taken = view.list(ConfigMap).flatMap(({ data }) => data?.["number"] ?? []);
      return [update(ConfigMap, { ...object, data: { number: String(taken.length) } })];
    },
  });

const numbersGiven = async (more: Partial<Controller<ConfigMap>>): Promise<number> => {
  let given = 0;
  await bench(
    numbering(more),
    async ({ client, advance }) => {
      for (const name of ["a", "b", "c"]) await client.create(ConfigMap, map(name));
      await advance(seconds(60));
      const { items } = await client.list(ConfigMap);
      given = new Set(items.map(({ data }) => data?.["number"])).size;
    },
    { through: late },
  );
  return given;
};

test("one at a time, each sees what the one before did", async () => {
  equal(await numbersGiven({ oneAtATime: true }), 3);
  equal(await numbersGiven({}), 1);
});

test("writes carry the revisions that led to them", async () => {
  const causes: (string | undefined)[] = [];
  const through = (client: Client): Client => ({
    ...client,
    create: (kind, object, options) => {
      causes.push(options?.cause);
      return client.create(kind, object, options);
    },
  });
  const controller = controllerOf({
    reconcile: ({ metadata }) => [
      create(Secret, { metadata: { namespace, name: `of-${metadata.name}` } }),
    ],
  });
  await bench(
    controller,
    async ({ client }) => {
      const made = await client.create(ConfigMap, map("a"));
      await drain();
      deepEqual(causes, [made.metadata.resourceVersion]);
    },
    { through },
  );
});

test("effects go in order, and what follows depends on how they went", async () => {
  const controller = controllerOf({
    reconcile: (object) => [
      settle(
        [
          create(Secret, { metadata: { namespace, name: "made" } }),
          create(Secret, { metadata: { namespace, name: "Not A Name" } }),
        ],
        (outcomes) => [
          note(
            object,
            "Done",
            outcomes.map(({ ok: isOk }) => (isOk ? "well" : "badly")).join(", "),
          ),
        ],
      ),
    ],
  });
  await bench(controller, async ({ client, advance }) => {
    await client.create(ConfigMap, map("a"));
    await advance(seconds(1));
    const [event] = (await client.list(Event)).items;
    equal(event?.message?.startsWith("well, "), true);
    equal(event?.source.component, "tester");
  });
});

test("what is performed outside is followed by another look", async () => {
  let isDone = false;
  const { controller, looks } = looking({
    reconcile: () =>
      isDone ? [] : [{ do: "perform", name: "outside", io: async () => void (isDone = true) }],
  });
  await bench(controller, async ({ client }) => {
    await client.create(ConfigMap, map("a"));
    await drain();
    deepEqual([isDone, looks.length], [true, 2]);
  });
});

test("facts are remembered as long as they are asked about", async () => {
  const ages: number[] = [];
  let asks = true;
  const controller = controllerOf({
    reconcile: (_object, view) => {
      if (asks) ages.push(view.now - view.since("it is so"));
      return [wakeIn(seconds(10))];
    },
  });
  await bench(controller, async ({ client, advance }) => {
    await client.create(ConfigMap, map("a"));
    await advance(seconds(25));
    asks = false;
    await advance(seconds(10));
    asks = true;
    await advance(seconds(10));
    deepEqual(ages, [0, 10_000, 20_000, 0]);
  });
});

test("a fact that a watched kind notes holds from then on, without a look", async () => {
  const ages: number[] = [];
  let state = "first";
  const controller = controllerOf({
    watches: [
      watching(Secret, nobody, ({ metadata: { name = "" } }) => ({
        key: "default/a",
        fact: "the newest",
        state: name,
      })),
    ],
    reconcile: (_object, view) => {
      ages.push(view.now - view.since("the newest", state));
      return [wakeIn(seconds(10))];
    },
  });
  await bench(controller, async ({ client, advance }) => {
    await client.create(ConfigMap, map("a"));
    await advance(seconds(4));
    await client.create(Secret, map("second"));
    state = "second";
    await advance(seconds(7));
    deepEqual(ages, [0, 6_000]);
  });
});

const nobody = (): readonly string[] => [];

test("facts outlast the wait for a cache that is behind", async () => {
  const ages: number[] = [];
  const controller = controllerOf({
    reconcile: (object, view) => {
      ages.push(view.now - view.since("it is so"));
      const { x = "0" } = object.data ?? {};
      return [update(ConfigMap, { ...object, data: { x: String(Number(x) + 1) } }), wakeIn(500)];
    },
  });
  await bench(
    controller,
    async ({ client, advance }) => {
      await client.create(ConfigMap, map("a"));
      await advance(seconds(10));
      deepEqual(ages, [0, 3_000, 6_000]);
    },
    { through: late },
  );
});

test("its queue shows in the metrics", async () => {
  const { controller } = looking({ queue: "testing" });
  await bench(controller, async ({ client, metrics }) => {
    await client.create(ConfigMap, map("a"));
    await drain();
    const text = await metrics.text();
    for (const line of [
      'workqueue_adds_total{name="testing"} 1',
      'workqueue_depth{name="testing"} 0',
      'workqueue_work_duration_seconds_count{name="testing"} 1',
      'workqueue_unfinished_work_seconds{name="testing"} 0',
    ]) {
      ok(text.includes(line), `${line} in\n${text}`);
    }
  });
});

test("it stops, and leaves no timer behind", async () => {
  const { controller } = looking({ reconcile: () => [wakeIn(minutes(5))] });
  await bench(controller, async ({ api, client, stop }) => {
    await client.create(ConfigMap, map("a"));
    await drain();
    equal(api.clock.pending > 0, true);
    await stop();
    await api[Symbol.asyncDispose]();
    // The server's own timers have run out by then.
    await api.clock.advance(minutes(4));
    equal(api.clock.pending, 0);
  });
});
