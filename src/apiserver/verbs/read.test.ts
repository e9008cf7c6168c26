import { deepEqual, equal, match, ok } from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { configMap, type Loose, startTestServer, type TestServer } from "../testing.ts";

const maps = "/api/v1/namespaces/default/configmaps";
const crews = "/apis/test.k8ts.io/v1/namespaces/default/crews";

const names = ({ items }: Loose): string[] => items.map((item: Loose) => item.metadata.name);

async function fill(server: TestServer, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const labels = { parity: i % 2 === 0 ? "even" : "odd" };
    await server.ask("POST", maps, { body: configMap(`m${i}`, {}, { labels }) });
  }
}

test("lists are in the order of their keys, of one namespace or of all", async () => {
  await using server = await startTestServer();
  for (const [namespace, name] of [
    ["b", "x"],
    ["a", "z"],
    ["a-b", "w"],
    ["a", "y"],
  ] as const) {
    await server.ask("POST", `/api/v1/namespaces/${namespace}/configmaps`, {
      body: configMap(name),
    });
  }
  deepEqual(names(await server.ask("GET", "/api/v1/configmaps")), ["w", "y", "z", "x"]);
  deepEqual(names(await server.ask("GET", "/api/v1/namespaces/a/configmaps")), ["y", "z"]);
  deepEqual(names(await server.ask("GET", "/api/v1/namespaces/none/configmaps")), []);
});

test("selectors", async () => {
  await using server = await startTestServer();
  await fill(server, 4);
  const select = async (query: string): Promise<string[]> =>
    names(await server.ask("GET", `${maps}?${new URLSearchParams(query).toString()}`));
  deepEqual(await select("labelSelector=parity in (even)"), ["m0", "m2"]);
  deepEqual(await select("labelSelector=parity!=even"), ["m1", "m3"]);
  deepEqual(await select("fieldSelector=metadata.name=m3"), ["m3"]);
  deepEqual(await select("fieldSelector=metadata.name!=m3,metadata.namespace=default"), [
    "m0",
    "m1",
    "m2",
  ]);
  deepEqual(await select("fieldSelector=metadata.name=m3&labelSelector=parity=even"), []);
  const everywhere = `/api/v1/configmaps?fieldSelector=metadata.name%3Dm1`;
  deepEqual(names(await server.ask("GET", everywhere)), ["m1"]);
});

for (const [query, says] of [
  ["labelSelector=a in", /unable to parse requirement/],
  [
    "fieldSelector=spec.x=1",
    /"spec.x" is not a known field selector: only "metadata.name", "metadata.namespace"/,
  ],
  ["fieldSelector=x", /invalid selector: 'x'; can't understand 'x'/],
  ["limit=x", /strconv.ParseInt/],
  ["resourceVersion=x", /resourceVersion: Invalid value: "x"/],
  ["continue=x", /invalid continue token/],
] as const) {
  test(`refused: ${query}`, async () => {
    await using server = await startTestServer();
    const status = await server.refused("GET", `${maps}?${new URLSearchParams(query).toString()}`);
    equal(status.code, 400);
    match(status.message ?? "", says);
  });
}

test("a kind's own fields", async () => {
  await using server = await startTestServer();
  for (const [name, leader] of [
    ["a", "anna"],
    ["b", "bob"],
  ] as const) {
    await server.ask("POST", crews, { body: { metadata: { name }, spec: { leader } } });
  }
  deepEqual(names(await server.ask("GET", `${crews}?fieldSelector=spec.leader%3Dbob`)), ["b"]);
  const status = await server.refused("GET", `${crews}?fieldSelector=spec.size%3D1`);
  equal(status.message, "field label not supported: spec.size");
});

test("pages show the state at which the list began, whatever happens in between", async () => {
  await using server = await startTestServer();
  await fill(server, 7);
  const first = await server.ask("GET", `${maps}?limit=3`);
  deepEqual(names(first), ["m0", "m1", "m2"]);
  equal(first.metadata.remainingItemCount, 4);
  await server.ask("DELETE", `${maps}/m4`);
  await server.ask("POST", maps, { body: configMap("m31") });
  const second = await server.ask("GET", `${maps}?limit=3&continue=${first.metadata.continue}`);
  deepEqual(names(second), ["m3", "m4", "m5"]);
  equal(second.metadata.resourceVersion, first.metadata.resourceVersion);
  equal(second.metadata.remainingItemCount, 1);
  const third = await server.ask("GET", `${maps}?limit=3&continue=${second.metadata.continue}`);
  deepEqual(names(third), ["m6"]);
  equal(third.metadata.continue, undefined);
  equal(third.metadata.remainingItemCount, undefined);
});

test("pages of a selection have no count of what remains", async () => {
  await using server = await startTestServer();
  await fill(server, 8);
  const query = "limit=3&labelSelector=parity%3Deven";
  const first = await server.ask("GET", `${maps}?${query}`);
  deepEqual(names(first), ["m0", "m2", "m4"]);
  equal(first.metadata.remainingItemCount, undefined);
  await server.ask("DELETE", `${maps}/m7`);
  const rest = await server.ask("GET", `${maps}?${query}&continue=${first.metadata.continue}`);
  deepEqual(names(rest), ["m6"]);
  equal(rest.metadata.continue, undefined);
});

test("a page that fits exactly is the last one", async () => {
  await using server = await startTestServer();
  await fill(server, 2);
  equal((await server.ask("GET", `${maps}?limit=2`)).metadata.continue, undefined);
  const selected = await server.ask("GET", `${maps}?limit=1&labelSelector=parity%3Dodd`);
  equal(selected.metadata.continue, undefined);
});

test("when history is gone, a list can be continued inconsistently", async () => {
  await using server = await startTestServer();
  await fill(server, 4);
  const first = await server.ask("GET", `${maps}?limit=2`);
  await server.ask("DELETE", `${maps}/m2`);
  await server.store.compact(server.store.revision());
  const status = await server.refused("GET", `${maps}?limit=2&continue=${first.metadata.continue}`);
  deepEqual([status.code, status.reason], [410, "Expired"]);
  match(
    status.message ?? "",
    /^The provided continue parameter is too old to display a consistent list result/,
  );
  const token = status.metadata.continue;
  ok(token);
  deepEqual(names(await server.ask("GET", `${maps}?limit=2&continue=${token}`)), ["m3"]);
});

test("an exact revision is shown as it was; a newer one is waited for in vain", async () => {
  await using server = await startTestServer();
  await fill(server, 2);
  const revision = server.store.revision();
  await server.ask("DELETE", `${maps}/m0`);
  await server.ask("PUT", `${maps}/m1`, { body: configMap("m1", { new: "yes" }) });
  const exact = `resourceVersion=${revision}&resourceVersionMatch=Exact`;
  const then = await server.ask("GET", `${maps}?${exact}`);
  deepEqual(names(then), ["m0", "m1"]);
  equal(then.items[1].data, undefined);
  equal(then.metadata.resourceVersion, String(revision));
  const waiting = server.refused("GET", `${maps}?resourceVersion=${revision + 100}`);
  await setImmediate();
  server.clock.advance(3_000);
  const status = await waiting;
  deepEqual([status.code, status.reason], [504, "Timeout"]);
  match(status.message ?? "", /^Timeout: Too large resource version: \d+, current: \d+$/);
  equal(status.details?.causes?.[0]?.reason, "ResourceVersionTooLarge");
});

test("a revision that is about to come is waited for", async () => {
  await using server = await startTestServer();
  await fill(server, 1);
  const next = server.store.revision() + 1;
  const waiting = server.ask("GET", `${maps}?resourceVersion=${next}`);
  await server.ask("POST", maps, { body: configMap("new") });
  deepEqual(names(await waiting), ["m0", "new"]);
});

test("options that make no sense together are Invalid", async () => {
  await using server = await startTestServer();
  for (const query of [
    "resourceVersionMatch=Exact",
    "resourceVersion=0&resourceVersionMatch=Exact",
    "resourceVersion=1&resourceVersionMatch=Perhaps",
    "sendInitialEvents=true",
  ]) {
    const status = await server.refused("GET", `${maps}?${query}`);
    equal(status.code, 422, query);
    match(status.message ?? "", /^ListOptions.meta.k8s.io "" is invalid: /);
  }
});

test("the same list asked for again is the same array", async () => {
  await using server = await startTestServer();
  await fill(server, 3);
  const list = async (): Promise<unknown> => {
    const { body } = await server.send("GET", `${maps}?limit=2`);
    return body.is === "list" && body.list.items;
  };
  const before = await list();
  equal(await list(), before);
  await server.ask("DELETE", `${maps}/m2`);
  ok((await list()) !== before);
});

test("an object in another version of its kind", async () => {
  await using server = await startTestServer();
  const metadata = { name: "e" };
  const involvedObject = { kind: "Pod", name: "p", namespace: "default" };
  const body = { metadata, involvedObject, reason: "Because", message: "said", type: "Normal" };
  await server.ask("POST", "/api/v1/namespaces/default/events", { body });
  const other = await server.ask("GET", "/apis/events.k8s.io/v1/namespaces/default/events/e");
  deepEqual([other.apiVersion, other.kind], ["events.k8s.io/v1", "Event"]);
  deepEqual([other.note, other.regarding.name], ["said", "p"]);
  equal(other.involvedObject, undefined);
  const list = await server.ask("GET", "/apis/events.k8s.io/v1/events");
  equal(list.items[0].note, "said");
});

test("a limit below zero is none, as upstream has it", async () => {
  await using server = await startTestServer();
  await fill(server, 3);
  equal(names(await server.ask("GET", `${maps}?limit=-1`)).length, 3);
});
