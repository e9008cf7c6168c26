import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import {
  crontab,
  crontabs,
  define,
  definition,
  startCustomServer,
  version,
} from "./extension/testing.ts";
import { bodyOf, type Loose, type TestServer } from "./testing.ts";

const plain = [404, "text/plain; charset=utf-8", "404 page not found\n"];
const group = "/apis/stable.example.com";

async function withCrontabs(): Promise<TestServer> {
  const server = await startCustomServer();
  await define(server, definition([version({ type: "object" })]));
  await server.ask("POST", crontabs, { body: crontab({}) });
  return server;
}

test("what nobody knows gets a plain page, whatever is to be done with it", async () => {
  await using server = await withCrontabs();
  const unknown = [
    ["GET", "/foo"],
    ["POST", "/foo"],
    ["GET", "/apix"],
    ["GET", "//api"],
    ["GET", "/healthz/nope"],
    ["GET", "/healthz/"],
    ["GET", "/openapi/v4"],
    ["GET", "/metrics/more"],
    ["GET", "/apis/nope.io"],
    ["DELETE", "/apis/nope.io/v1"],
    ["GET", "/apis/nope.io/v1/things"],
    ["GET", `${group}/v9`],
    ["GET", `${group}/v9/crontabs`],
    ["GET", `${group}/v1/things`],
    ["POST", `${group}/v1/crontabs`],
  ] as const;
  for (const [method, path] of unknown) {
    const response = await server.send(method, path);
    const type = response.body.is === "bytes" ? response.body.contentType : response.body.is;
    deepEqual([response.status, type, bodyOf(response)], plain, `${method} ${path}`);
    equal(response.headers?.["x-content-type-options"], "nosniff");
  }
  const document = await server.send("GET", "/openapi/v3/apis/nope.io/v1");
  deepEqual([document.status, document.body.is], [404, "none"]);
});

test("parts and methods that a custom resource does not have are refused by its name", async () => {
  await using server = await withCrontabs();
  const details = { group: "stable.example.com", kind: "crontabs" };
  const refused = async (method: "GET" | "PUT", path: string): Promise<Loose> => {
    const { code, reason, message, details: about } = await server.refused(method, path);
    return [code, reason, message, about];
  };
  deepEqual(await refused("GET", `${crontabs}/mine/scale`), [
    404,
    "NotFound",
    'crontabs.stable.example.com "mine" not found',
    { ...details, name: "mine" },
  ]);
  deepEqual(await refused("PUT", crontabs), [
    405,
    "MethodNotAllowed",
    'update is not supported on resources of kind "crontabs.stable.example.com"',
    details,
  ]);
});

test("a method that is not allowed names no kind, where the server itself has the route", async () => {
  await using server = await withCrontabs();
  const text = "the server does not allow this method on the requested resource";
  for (const path of ["/version", "/apis/apps", "/api/v1/pods"]) {
    const { code, message, details } = await server.refused("PUT", path);
    deepEqual([code, message, details], [405, text, {}], path);
  }
  equal((await server.send("POST", "/healthz")).status, 200);
});
