import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { minutes, seconds } from "#base/clock.ts";
import { Crew, type Loose, startTestServer, type TestServer } from "./testing.ts";

const crews = "/apis/test.k8ts.io/v1/namespaces/default/crews";

const fleeting = { ...Crew, storage: { prefix: "/registry/fleeting", hash: "f", ttlSeconds: 600 } };

const create = (server: TestServer, name: string): Promise<Loose> =>
  server.ask("POST", crews, { body: { metadata: { name } } });

async function names(server: TestServer): Promise<string[]> {
  for (let i = 0; i < 50; i++) await Promise.resolve();
  const { items } = await server.ask("GET", crews);
  return items.map(({ metadata }: Loose) => metadata.name);
}

test("objects of a kind with a time to live go when it is over, counted from the last write", async () => {
  await using server = await startTestServer({ kinds: [fleeting] });
  await create(server, "a");
  const b = await create(server, "b");
  await names(server);
  server.clock.advance(minutes(5));
  await server.ask("PUT", `${crews}/b`, { body: { ...b, spec: { size: 1 } } });
  await create(server, "c");
  await names(server);
  server.clock.advance(minutes(5) - seconds(1));
  deepEqual(await names(server), ["a", "b", "c"]);
  server.clock.advance(seconds(1));
  deepEqual(await names(server), ["b", "c"]);
  server.clock.advance(minutes(5));
  deepEqual(await names(server), []);
});

test("after a restart what is there counts from its creation", async () => {
  const before = await startTestServer({ kinds: [fleeting] });
  await create(before, "a");
  await before[Symbol.asyncDispose]();
  await using server = await startTestServer({ kinds: [fleeting], store: before.store });
  server.clock.advance(minutes(9));
  deepEqual(await names(server), ["a"]);
  server.clock.advance(minutes(1));
  deepEqual(await names(server), []);
});
