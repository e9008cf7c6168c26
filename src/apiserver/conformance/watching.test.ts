/** What conformance asks of watches. */
import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import {
  define,
  definition,
  crontab,
  crontabs,
  startCustomServer,
  version,
} from "../extension/testing.ts";
import { configMap, startTestServer, type TestServer } from "../testing.ts";

const maps = "/api/v1/namespaces/default/configmaps";
const merge = "application/merge-patch+json";

const label = (server: TestServer, name: string, labels: object): Promise<unknown> =>
  server.ask("PATCH", `${maps}/${name}`, { type: merge, body: { metadata: { labels } } });

const labelled = (name: string, set: string): object => configMap(name, {}, { labels: { set } });

test("several watches of labels hear all that they select, and nothing else", async () => {
  await using server = await startTestServer();
  const a = await server.watch(`${maps}?watch=true&labelSelector=set%3Da`);
  const b = await server.watch(`${maps}?watch=true&labelSelector=set%3Db`);
  const both = await server.watch(`${maps}?watch=true&labelSelector=set+in+(a,b)`);
  await server.ask("POST", maps, { body: labelled("one", "a") });
  await label(server, "one", { more: "x" });
  await server.ask("POST", maps, { body: labelled("two", "b") });
  await server.ask("POST", maps, { body: labelled("none", "c") });
  await server.ask("DELETE", `${maps}/one`);
  await server.ask("DELETE", `${maps}/two`);
  deepEqual(await a.take(3), ["ADDED one", "MODIFIED one", "DELETED one"]);
  deepEqual(await b.take(2), ["ADDED two", "DELETED two"]);
  deepEqual(await both.take(5), [
    "ADDED one",
    "MODIFIED one",
    "ADDED two",
    "DELETED one",
    "DELETED two",
  ]);
  await server.ask("POST", maps, { body: labelled("last", "a") });
  await server.ask("POST", maps, { body: labelled("last-of-b", "b") });
  deepEqual(await a.take(1), ["ADDED last"], "nothing came in between");
  deepEqual(await b.take(1), ["ADDED last-of-b"]);
});

test("a watch goes on from the revision that another one saw last", async () => {
  await using server = await startTestServer();
  const first = await server.watch(`${maps}?watch=true&labelSelector=set%3Da`);
  await server.ask("POST", maps, { body: labelled("one", "a") });
  await label(server, "one", { more: "x" });
  await first.take(1);
  const second = await first.next();
  await first.end();
  const seen =
    second && "sealed" in second ? second.sealed.object.metadata.resourceVersion : undefined;
  await label(server, "one", { more: "y" });
  await server.ask("DELETE", `${maps}/one`);
  const again = await server.watch(
    `${maps}?watch=true&labelSelector=set%3Da&resourceVersion=${seen}`,
  );
  deepEqual(await again.take(2), ["MODIFIED one", "DELETED one"]);
});

test("watches from different revisions hear the same in the same order", async () => {
  await using server = await startTestServer();
  const heard: string[] = [];
  const revisions: string[] = [];
  for (let i = 0; i < 30; i++) {
    const name = `map-${i % 5}`;
    const exists = (await server.send("GET", `${maps}/${name}`)).status === 200;
    const how = !exists ? "ADDED" : i % 3 === 0 ? "DELETED" : "MODIFIED";
    if (how === "ADDED") await server.ask("POST", maps, { body: configMap(name) });
    if (how === "MODIFIED") await label(server, name, { at: String(i) });
    if (how === "DELETED") await server.ask("DELETE", `${maps}/${name}`);
    heard.push(`${how} ${name}`);
    revisions.push((await server.ask("GET", maps)).metadata.resourceVersion);
  }
  await Promise.all(
    revisions.map(async (revision, i) => {
      const watch = await server.watch(`${maps}?watch=true&resourceVersion=${revision}`);
      deepEqual(await watch.take(heard.length - 1 - i), heard.slice(i + 1));
      await watch.end();
    }),
  );
});

test("a watch of custom resources hears of all that becomes of them", async () => {
  await using server = await startCustomServer();
  const spec = { type: "object", properties: { size: { type: "integer" } } };
  await define(server, definition([version(spec)]));
  const watch = await server.watch(`${crontabs}?watch=true`);
  for (const name of ["one", "two"])
    await server.ask("POST", crontabs, { body: crontab({ size: 1 }, name) });
  for (const name of ["one", "two"])
    await server.ask("PATCH", `${crontabs}/${name}`, { type: merge, body: { spec: { size: 2 } } });
  for (const name of ["one", "two"]) await server.ask("DELETE", `${crontabs}/${name}`);
  const events = ["ADDED", "MODIFIED", "DELETED"].flatMap((type) => [`${type} one`, `${type} two`]);
  deepEqual(await watch.take(6), events);
  equal((await server.send("GET", `${crontabs}/one`)).status, 404);
});
