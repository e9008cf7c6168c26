import { deepEqual, equal, notEqual, rejects } from "node:assert/strict";
import { test } from "node:test";
import { ConfigMap } from "#api/core/configmap.ts";
import type { ApiHandler } from "#api/request.ts";
import { clientSuite } from "../suite.ts";
import { admin, startTestApi } from "../testing.ts";
import { createClient } from "../typed.ts";
import { inProcess } from "./in-process.ts";
import { streamPair } from "./stream-pair.ts";

clientSuite("in-process", ({ handle }) =>
  createClient(inProcess(handle, admin), { fieldManager: "suite" }),
);

test("in-process callers share one object, and cannot change it", async () => {
  await using api = await startTestApi();
  const client = createClient(inProcess(api.handle, admin));
  const at = { namespace: "default", name: "a" };
  const manifest = { metadata: at, data: { x: "1" } };
  await client.create(ConfigMap, manifest);
  const first = await client.get(ConfigMap, at);
  equal(await client.get(ConfigMap, at), first);
  equal((await client.list(ConfigMap)).items[0], first);
  equal(Object.isFrozen(first.data), true);
  notEqual(first.data, manifest.data);
});

/** A server that leaves HTTP and answers every chunk with itself. */
const echo: ApiHandler = async ({ upgrade }) => {
  const stream = upgrade?.accept({ upgrade: "echo" });
  for await (const chunk of stream?.incoming ?? []) await stream?.write(chunk);
  stream?.end();
  return { status: 101, body: { is: "upgraded" } };
};

test("a connection leaves HTTP within the process", async () => {
  const client = createClient(inProcess(echo, admin));
  const { stream, response } = await client.connect({ method: "POST", path: "/exec" });
  deepEqual([response.status, response.headers], [101, { upgrade: "echo" }]);
  await stream?.write(Buffer.from("hello"));
  stream?.end();
  const chunks = await Array.fromAsync(stream?.incoming ?? []);
  equal(Buffer.concat(chunks).toString(), "hello");
  await stream?.closed;
});

test("a refused connection has no stream", async () => {
  const refusing: ApiHandler = async () => ({ status: 403, body: { is: "none" } });
  const client = createClient(inProcess(refusing, admin));
  const { stream, response } = await client.connect({ method: "POST", path: "/exec" });
  deepEqual([stream, response.status], [undefined, 403]);
});

test("a destroyed connection breaks off at the other end", async () => {
  const [near, far] = streamPair();
  void near.write(Buffer.from("x"));
  near.destroy();
  await rejects(Array.fromAsync(far.incoming), /broken/);
  await rejects(near.write(Buffer.from("y")), /closed/);
  await far.closed;
});
