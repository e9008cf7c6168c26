import { deepEqual, equal, match } from "node:assert/strict";
import { test } from "node:test";
import type { WatchEvent } from "#api/request.ts";
import { below, seededRandom } from "#base/random.ts";
import { minutes, seconds } from "#base/clock.ts";
import { configMap, type Loose, startTestServer, TestWatch, type TestServer } from "../testing.ts";
import { pendingMax } from "./watch-stream.ts";

const maps = "/api/v1/namespaces/default/configmaps";
const crews = "/apis/test.k8ts.io/v1/namespaces/default/crews";

/** Without a word about it, it is an app of the web. */
const put = (
  server: TestServer,
  name: string,
  { app = "web", ...data }: Record<string, string> = {},
): Promise<Loose> =>
  server.ask("PUT", `${maps}/${name}`, { body: configMap(name, data, { labels: { app } }) });

const post = (server: TestServer, name: string, app = "web"): Promise<Loose> =>
  server.ask("POST", maps, { body: configMap(name, {}, { labels: { app } }) });

const remove = (server: TestServer, name: string): Promise<Loose> =>
  server.ask("DELETE", `${maps}/${name}`);

test("without a revision the state comes first, then what happens", async () => {
  await using server = await startTestServer();
  await post(server, "a");
  const watch = await server.watch(`${maps}?watch=1`);
  deepEqual(await watch.take(1), ["ADDED a"]);
  await post(server, "b");
  await put(server, "a", { x: "1" });
  await remove(server, "b");
  deepEqual(await watch.take(3), ["ADDED b", "MODIFIED a", "DELETED b"]);
  await watch.end();
});

test("events carry the object that everybody else has, and a deletion its own revision", async () => {
  await using server = await startTestServer();
  const watch = await server.watch(`${maps}?watch=1`);
  const created = await server.send("POST", maps, { body: configMap("a", { x: "1" }) });
  const added = await watch.next();
  equal(sealedOf(added), created.body.is === "object" && created.body.sealed);
  await remove(server, "a");
  const deleted = sealedOf(await watch.next());
  equal(deleted?.revision, server.store.revision());
  const json = JSON.parse(Buffer.from(deleted?.json() ?? []).toString());
  equal(json.metadata.resourceVersion, String(server.store.revision()));
  deepEqual(json.data, { x: "1" });
  equal((deleted?.object as Loose)?.metadata.resourceVersion, json.metadata.resourceVersion);
  await watch.end();
});

const sealedOf = (event: WatchEvent | undefined) =>
  event && "sealed" in event ? event.sealed : undefined;

test("with a revision only what came after it", async () => {
  await using server = await startTestServer();
  const { metadata } = await post(server, "a");
  await post(server, "b");
  await remove(server, "a");
  const watch = await server.watch(`${maps}?watch=1&resourceVersion=${metadata.resourceVersion}`);
  deepEqual(await watch.take(2), ["ADDED b", "DELETED a"]);
  await post(server, "c");
  deepEqual(await watch.take(1), ["ADDED c"]);
  await watch.end();
});

test("moving into a selection is ADDED, out of it is DELETED with the last state inside", async () => {
  await using server = await startTestServer();
  const watch = await server.watch(`${maps}?watch=1&labelSelector=app%3Dweb`);
  await post(server, "a", "db");
  await put(server, "a", { inside: "yes" });
  await put(server, "a", { inside: "still" });
  await put(server, "a", { app: "db", inside: "no" });
  await put(server, "a", { app: "db", inside: "no more" });
  deepEqual(await watch.take(2), ["ADDED a", "MODIFIED a"]);
  const left = sealedOf(await watch.next());
  deepEqual((left?.object as Loose)?.data, { inside: "still" });
  equal(left?.revision, server.store.revision() - 1);
  await watch.end();
});

test("watchers of one value of a field hear of that value only", async () => {
  await using server = await startTestServer();
  const anna = await server.watch(`${crews}?watch=1&fieldSelector=spec.leader%3Danna`);
  const bob = await server.watch(`${crews}?watch=1&fieldSelector=spec.leader%3Dbob`);
  const one = await server.watch(`${crews}?watch=1&fieldSelector=metadata.name%3Dc2`);
  for (const [name, leader] of [
    ["c1", "anna"],
    ["c2", "bob"],
    ["c3", "anna"],
  ] as const) {
    await server.ask("POST", crews, { body: { metadata: { name }, spec: { leader } } });
  }
  deepEqual(await anna.take(2), ["ADDED c1", "ADDED c3"]);
  deepEqual(await bob.take(1), ["ADDED c2"]);
  deepEqual(await one.take(1), ["ADDED c2"]);
  await server.ask("DELETE", `${crews}/c1?propagationPolicy=Background&gracePeriodSeconds=0`);
  deepEqual(await anna.take(1), ["DELETED c1"]);
  await Promise.all([anna.end(), bob.end(), one.end()]);
});

test("a watch from the future waits for it", async () => {
  await using server = await startTestServer();
  await post(server, "a");
  const later = server.store.revision() + 2;
  const watch = await server.watch(`${maps}?watch=1&resourceVersion=${later}`);
  await put(server, "a", { x: "1" });
  await put(server, "a", { x: "2" });
  await post(server, "b");
  deepEqual(await watch.take(1), ["ADDED b"]);
  await watch.end();
});

test("more history than the cache keeps is there all the same, in order", async () => {
  await using server = await startTestServer();
  const { metadata } = await post(server, "a");
  const count = 1_200;
  for (let i = 0; i < count; i++) await put(server, "a", { i: String(i) });
  const watch = await server.watch(`${maps}?watch=1&resourceVersion=${metadata.resourceVersion}`);
  for (let i = 0; i < count; i++) {
    const sealed = sealedOf(await watch.next());
    equal((sealed?.object as Loose)?.data.i, String(i));
  }
  await watch.end();
});

test("other namespaces are not heard of", async () => {
  await using server = await startTestServer();
  const watch = await server.watch(`${maps}?watch=1`);
  const all = await server.watch("/api/v1/configmaps?watch=1");
  await server.ask("POST", "/api/v1/namespaces/other/configmaps", { body: configMap("x") });
  await post(server, "a");
  deepEqual(await watch.take(1), ["ADDED a"]);
  deepEqual(await all.take(2), ["ADDED x", "ADDED a"]);
  await Promise.all([watch.end(), all.end()]);
});

test("the initial state ends with a bookmark for those who ask", async () => {
  await using server = await startTestServer();
  await post(server, "a");
  await post(server, "b");
  const query =
    "watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";
  const watch = await server.watch(`${maps}?${query}`);
  deepEqual(await watch.take(3), ["ADDED a", "ADDED b", "BOOKMARK initial"]);
  await post(server, "c");
  deepEqual(await watch.take(1), ["ADDED c"]);
  await watch.end();
});

test("bookmarks come now and then, and only with news", async () => {
  await using server = await startTestServer();
  const watch = await server.watch(`${maps}?watch=1&allowWatchBookmarks=true`);
  server.clock.advance(minutes(1));
  await server.ask("POST", "/api/v1/namespaces/other/configmaps", { body: configMap("x") });
  server.clock.advance(minutes(1));
  const bookmark = await watch.next();
  equal(bookmark?.type === "BOOKMARK" && bookmark.revision, server.store.revision());
  server.clock.advance(minutes(1));
  await post(server, "a");
  deepEqual(await watch.take(1), ["ADDED a"]);
  await watch.end();
});

test("where nothing changes no timer for bookmarks is set, however many watch", async () => {
  await using server = await startTestServer();
  const { clock } = server;
  clock.advance(minutes(1));
  const before = clock.pending;
  const watch = await server.watch(`${maps}?watch=1&allowWatchBookmarks=true`);
  const other = await server.watch(`${maps}?watch=1&allowWatchBookmarks=true`);
  const untilTimeouts = before + 2;
  equal(clock.pending, untilTimeouts);
  await server.ask("POST", "/api/v1/namespaces/other/configmaps", { body: configMap("x") });
  equal(clock.pending, untilTimeouts + 1);
  clock.advance(minutes(1));
  deepEqual([(await watch.next())?.type, (await other.next())?.type], ["BOOKMARK", "BOOKMARK"]);
  equal(clock.pending, untilTimeouts);
  const old = await server.watch(
    `${maps}?watch=1&allowWatchBookmarks=true&resourceVersion=${server.store.revision() - 1}`,
  );
  equal(clock.pending, untilTimeouts + 2, "who knows an old revision is told the new one");
  clock.advance(minutes(1));
  equal((await old.next())?.type, "BOOKMARK");
  await Promise.all([watch, other, old].map((each) => each.end()));
});

test("a watch ends with its timeout, and with its caller", async () => {
  await using server = await startTestServer();
  const timed = await server.watch(`${maps}?watch=1&timeoutSeconds=5`);
  server.clock.advance(seconds(5));
  deepEqual(await timed.take(1), ["END"]);
  const caller = new AbortController();
  const left = await server.watch(`${maps}?watch=1`, { signal: caller.signal });
  caller.abort();
  deepEqual(await left.take(1), ["END"]);
  const gone = await server.watch(`${maps}?watch=1`, { signal: AbortSignal.abort() });
  deepEqual(await gone.take(1), ["END"]);
});

test("watches end when the server does", async () => {
  const server = await startTestServer();
  const watch = await server.watch(`${maps}?watch=1`);
  await server[Symbol.asyncDispose]();
  deepEqual(await watch.take(1), ["END"]);
});

test("history that the cache forgot comes from the store, until that forgot it too", async () => {
  await using first = await startTestServer();
  const { metadata } = await post(first, "a");
  await put(first, "a", { x: "1" });
  await remove(first, "a");
  // Another server over the same store: its cache knows nothing of what went before.
  await using server = await startTestServer({ store: first.store });
  const since = `watch=1&resourceVersion=${metadata.resourceVersion}`;
  const watch = await server.watch(`${maps}?${since}`);
  deepEqual(await watch.take(2), ["MODIFIED a", "DELETED a"]);
  await post(server, "b");
  deepEqual(await watch.take(1), ["ADDED b"]);
  await watch.end();
  await first.store.compact(first.store.revision());
  const late = await server.watch(`${maps}?${since}`);
  const event = await late.next();
  equal(event?.type, "ERROR");
  if (event?.type === "ERROR") {
    equal(event.error.code, 410);
    match(event.error.message, /^too old resource version: \d+ \(\d+\)$/);
  }
  deepEqual(await late.take(1), ["END"]);
});

test("who does not read is dropped before it costs too much", async () => {
  await using server = await startTestServer();
  await post(server, "a");
  const watch = await server.watch(`${maps}?watch=1`);
  deepEqual(await watch.take(1), ["ADDED a"]);
  for (let i = 0; i <= pendingMax; i++) await put(server, "a", { i: String(i) });
  deepEqual(await watch.take(2), ["ERROR Expired", "END"]);
});

test("impossible watches are refused", async () => {
  await using server = await startTestServer();
  for (const [query, code] of [
    ["resourceVersion=x", 400],
    ["labelSelector=a%20in", 400],
    ["timeoutSeconds=x", 400],
    ["sendInitialEvents=true", 422],
    ["resourceVersionMatch=NotOlderThan", 422],
  ] as const) {
    equal((await server.refused("GET", `${maps}?watch=1&${query}`)).code, code, query);
  }
});

test("the old way to watch one object", async () => {
  await using server = await startTestServer();
  await post(server, "a");
  await post(server, "b");
  const watch = await server.watch("/api/v1/watch/namespaces/default/configmaps/b");
  deepEqual(await watch.take(1), ["ADDED b"]);
  await watch.end();
});

/** The objects that a watcher knows, by name. */
class Replica {
  readonly objects = new Map<string, string>();
  revision: number;

  constructor(revision: number) {
    this.revision = revision;
  }

  see(event: WatchEvent): void {
    if (!("sealed" in event)) return;
    const { sealed } = event;
    const name = sealed.object.metadata.name ?? "";
    if (sealed.revision <= this.revision) throw new Error("an event came out of order");
    this.revision = sealed.revision;
    if (this.objects.has(name) === (event.type === "ADDED")) throw new Error(`wrong ${event.type}`);
    if (event.type === "DELETED") this.objects.delete(name);
    else this.objects.set(name, text(sealed));
  }
}

test("replaying a watch from any revision gives the list at every later one", async () => {
  for (let seed = 1; seed <= 8; seed++) {
    await using server = await startTestServer();
    const random = seededRandom(seed);
    const selector = "labelSelector=app%3Dweb";
    const states = new Map<number, Map<string, string>>();
    const listed = async (): Promise<Map<string, string>> => {
      const { body } = await server.send("GET", `${maps}?${selector}`);
      const items = body.is === "list" ? body.list.items : [];
      return new Map(items.map((s) => [s.object.metadata.name ?? "", text(s)]));
    };
    states.set(server.store.revision(), await listed());
    for (let step = 0; step < 60; step++) {
      const name = `m${below(random, 6)}`;
      const app = random.next() < 0.6 ? "web" : "db";
      const act = random.next();
      const exists = (await server.send("GET", `${maps}/${name}`)).status === 200;
      if (!exists) await post(server, name, app);
      else if (act < 0.3) await remove(server, name);
      else await put(server, name, { app, step: String(step) });
      states.set(server.store.revision(), await listed());
    }
    const last = server.store.revision();
    for (const [start, state] of states) {
      const watch = await server.send(
        "GET",
        `${maps}?watch=1&${selector}&resourceVersion=${start}&timeoutSeconds=1`,
      );
      server.clock.advance(seconds(1));
      if (watch.body.is !== "watch") throw new Error("no watch");
      await checkReplay(new TestWatch(watch.body.events), { start, state, states, last });
    }
  }
});

const text = (sealed: { json: () => Uint8Array }): string => Buffer.from(sealed.json()).toString();

interface Replay {
  readonly start: number;
  readonly state: ReadonlyMap<string, string>;
  readonly states: ReadonlyMap<number, ReadonlyMap<string, string>>;
  readonly last: number;
}

async function checkReplay(
  watch: TestWatch,
  { start, state, states, last }: Replay,
): Promise<void> {
  const replica = new Replica(start);
  for (const [name, object] of state) replica.objects.set(name, object);
  for (let event = await watch.next(); event; event = await watch.next()) {
    replica.see(event);
    deepEqual(sorted(replica.objects), sorted(states.get(replica.revision)));
  }
  deepEqual(sorted(replica.objects), sorted(states.get(last)), `from ${start}`);
}

const sorted = (objects: ReadonlyMap<string, string> = new Map()): [string, string][] =>
  [...objects].toSorted(([a], [b]) => (a < b ? -1 : 1));
