import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { ConfigMap } from "#api/core/configmap.ts";
import { ApiError } from "#api/errors.ts";
import { minutes, seconds } from "#base/clock.ts";
import { silent } from "#base/log.ts";
import { seededRandom } from "#base/random.ts";
import { drain } from "#sim/clock.ts";
import type { Index } from "./cache.ts";
import { byController, orphansOf } from "./cache.ts";
import type { Client } from "./client.ts";
import { type Change, Informer, InformerSet } from "./informer.ts";
import { admin, startTestApi, type TestApi } from "./testing.ts";
import { inProcess } from "./transports/in-process.ts";
import { createClient } from "./typed.ts";

const namespace = "default";

const map = (name: string, data: Record<string, string> = {}, more: object = {}) => ({
  metadata: { namespace, name, ...more },
  data,
});

/** Counts calls, and breaks watches off when it is told to. */
class Line {
  readonly client: Client;
  lists = 0;
  watches = 0;
  failure: ApiError | undefined;
  #cut = new AbortController();

  constructor(direct: Client) {
    const counted: Client = {
      ...direct,
      list: (kind, options) => {
        this.lists++;
        if (this.failure) throw this.failure;
        return direct.list(kind, options);
      },
      watch: (kind, options) => {
        this.watches++;
        if (this.failure) throw this.failure;
        const signal = AbortSignal.any([this.#cut.signal, options.signal ?? this.#cut.signal]);
        return direct.watch(kind, { ...options, signal });
      },
    };
    this.client = counted;
  }

  async cut(): Promise<void> {
    this.#cut.abort();
    this.#cut = new AbortController();
    await drain();
  }
}

interface Bench {
  readonly api: TestApi;
  readonly direct: Client;
  readonly line: Line;
  readonly informer: Informer<ConfigMap>;
  readonly changes: string[];
}

async function bench(run: (bench: Bench) => Promise<void>, history?: object): Promise<void> {
  const api = await startTestApi(history ? { history } : {});
  const direct = createClient(inProcess(api.handle, admin));
  const line = new Line(direct);
  const ports = { client: line.client, clock: api.clock, random: seededRandom(1), log: silent };
  const informer = new Informer(ConfigMap, ports);
  const changes: string[] = [];
  informer.onChange((change) => changes.push(described(change)));
  await direct.create(ConfigMap, map("a", { x: "1" }));
  const stop = new AbortController();
  const running = informer.run(stop.signal);
  await informer.synced;
  await drain();
  try {
    await run({ api, direct, line, informer, changes });
  } finally {
    stop.abort();
    await running;
    await api[Symbol.asyncDispose]();
  }
}

const described = ({ object, old, isGone }: Change<ConfigMap>): string =>
  `${isGone ? "-" : "+"}${object.metadata.name} ${old?.data?.["x"] ?? ""}>${object.data?.["x"] ?? ""}`;

test("an informer knows what is there and what becomes of it", () =>
  bench(async ({ direct, informer, changes }) => {
    const a = informer.get(namespace, "a");
    equal(a?.data?.["x"], "1");
    await direct.update(ConfigMap, { ...a, data: { x: "2" } });
    await direct.create(ConfigMap, map("b"));
    await direct.delete(ConfigMap, { namespace, name: "a" });
    await drain();
    deepEqual(changes, ["+a >1", "+a 1>2", "+b >", "-a 2>2"]);
    deepEqual(
      informer.list(namespace).map(({ metadata }) => metadata.name),
      ["b"],
    );
  }));

test("its revision is that of the last change it shows", () =>
  bench(async ({ direct, informer }) => {
    const progress: number[] = [];
    informer.onProgress((revision) => progress.push(revision));
    const made = await direct.create(ConfigMap, map("b"));
    await drain();
    equal(informer.revision, Number(made.metadata.resourceVersion));
    deepEqual(progress, [informer.revision]);
  }));

test("after an interruption it goes on where it was, without another list", () =>
  bench(async ({ api, direct, line, changes }) => {
    await line.cut();
    await direct.create(ConfigMap, map("b"));
    await api.clock.advance(seconds(10));
    deepEqual(changes, ["+a >1", "+b >"]);
    equal(line.lists, 1);
    ok(line.watches > 1);
  }));

test("when history is gone it lists again, and tells only what changed", () =>
  bench(async ({ api, direct, line, informer, changes }) => {
    await direct.create(ConfigMap, map("b"));
    await direct.create(ConfigMap, map("stays"));
    await drain();
    line.failure = new ApiError("Expired", "too old resource version");
    await line.cut();
    await direct.delete(ConfigMap, { namespace, name: "b" });
    const a = informer.get(namespace, "a") as ConfigMap;
    await direct.update(ConfigMap, { ...a, data: { x: "9" } });
    await direct.create(ConfigMap, map("c"));
    await api.clock.advance(seconds(1));
    changes.length = 0;
    line.failure = undefined;
    await api.clock.advance(minutes(2));
    deepEqual(changes.toSorted(), ["+a 1>9", "+c >", "-b >"]);
    equal(line.lists > 1, true);
  }));

test("another object of the same name is the end of the first and a new beginning", () =>
  bench(async ({ api, direct, line, informer, changes }) => {
    line.failure = new ApiError("Expired", "too old resource version");
    await line.cut();
    await direct.delete(ConfigMap, { namespace, name: "a" });
    await direct.create(ConfigMap, map("a", { x: "7" }));
    changes.length = 0;
    line.failure = undefined;
    await api.clock.advance(minutes(2));
    deepEqual(changes, ["-a 1>1", "+a >7"]);
    equal(informer.size, 1);
  }));

test("failures make it wait, longer each time, and not for ever", () =>
  bench(async ({ api, line }) => {
    line.failure = new ApiError("ServiceUnavailable", "down");
    await line.cut();
    line.watches = 0;
    await api.clock.advance(seconds(10));
    const early = line.watches;
    ok(early >= 2 && early <= 6, `${early} attempts in 10 s`);
    await api.clock.advance(minutes(60));
    ok(line.watches - early < 150, `${line.watches - early} attempts in an hour`);
    ok(line.watches - early > 50, `${line.watches - early} attempts in an hour`);
  }));

test("an undisturbed informer asks for nothing", () =>
  bench(async ({ api, line }) => {
    await api.clock.advance(minutes(20));
    deepEqual([line.lists, line.watches], [1, 1]);
  }));

test("objects are found by owner and by whatever an index says", () =>
  bench(async ({ direct, informer }) => {
    const byX: Index<ConfigMap> = ({ data }) => (data?.["x"] ? [data["x"]] : []);
    const owner = { apiVersion: "v1", kind: "ConfigMap", name: "a", uid: "u1", controller: true };
    const namesBy = (index: Index<ConfigMap>, value: string): unknown =>
      informer.by(index, value).map(({ metadata }) => metadata.name);
    deepEqual(namesBy(byX, "1"), ["a"]);
    deepEqual(namesBy(byController, orphansOf(namespace)), ["a"]);
    const owned = await direct.create(
      ConfigMap,
      map("b", { x: "1" }, { ownerReferences: [owner] }),
    );
    await drain();
    deepEqual([namesBy(byX, "1"), namesBy(byController, "u1")], [["a", "b"], ["b"]]);
    await direct.update(ConfigMap, { ...owned, data: { x: "2" } });
    await direct.delete(ConfigMap, { namespace, name: "a" });
    await drain();
    deepEqual([namesBy(byX, "1"), namesBy(byX, "2")], [[], ["b"]]);
    deepEqual(namesBy(byController, orphansOf(namespace)), []);
  }));

test("large lists come in pages where the transport wants them", async () => {
  await using api = await startTestApi();
  const direct = createClient(inProcess(api.handle, admin));
  for (let i = 0; i < 7; i++) await direct.create(ConfigMap, map(`m${i}`));
  const limits: unknown[] = [];
  const client: Client = {
    ...direct,
    pageSize: 3,
    list: (kind, options) => {
      limits.push(options?.limit);
      return direct.list(kind, options);
    },
  };
  const stop = new AbortController();
  const ports = { client, clock: api.clock, random: seededRandom(1), log: silent };
  await using informers = new InformerSet(ports, stop.signal);
  const informer = informers.of(ConfigMap);
  await informers.synced();
  deepEqual([informer.size, limits], [7, [3, 3, 3]]);
});

test("everybody in a process shares one informer of a kind and selection", async () => {
  await using api = await startTestApi();
  const client = createClient(inProcess(api.handle, admin));
  const stop = new AbortController();
  const ports = { client, clock: api.clock, random: seededRandom(1), log: silent };
  await using informers = new InformerSet(ports, stop.signal);
  equal(informers.of(ConfigMap), informers.of(ConfigMap));
  const selected = informers.of(ConfigMap, { labelSelector: "a=b" });
  ok(selected !== informers.of(ConfigMap));
  await client.create(ConfigMap, map("plain"));
  await client.create(ConfigMap, map("chosen", {}, { labels: { a: "b" } }));
  await informers.synced();
  await drain();
  deepEqual([selected.size, informers.of(ConfigMap).size], [1, 2]);
});
