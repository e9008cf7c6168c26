import { deepEqual, equal, rejects } from "node:assert/strict";
import { test } from "node:test";
import { ConfigMap } from "#api/core/configmap.ts";
import type { ApiError } from "#api/errors.ts";
import type { HttpCall, HttpClient } from "#base/http.ts";
import type { Client } from "../client.ts";
import { clientSuite } from "../suite.ts";
import { adminToken } from "../testing.ts";
import { createClient } from "../typed.ts";
import { https } from "./https.ts";

const url = "https://10.0.0.1:6443";

clientSuite("https", ({ wire }) =>
  createClient(https(wire, { url, credentials: () => ({ token: adminToken }) }), {
    fieldManager: "suite",
  }),
);

/** A server that says what it is told to, chunk by chunk. */
const saying = (status: number, contentType: string, ...chunks: string[]) => {
  const calls: HttpCall[] = [];
  const http: HttpClient = {
    call: async (call) => {
      calls.push(call);
      const headers = { "content-type": contentType };
      return { status, headers, body: bytesOf(chunks) };
    },
    upgrade: () => Promise.reject(new Error("not part of this test")),
  };
  return { http, calls };
};

async function* bytesOf(chunks: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield Buffer.from(chunk, "latin1");
}

const clientOf = (http: HttpClient, token = "t"): Client =>
  createClient(https(http, { url: `${url}/`, credentials: () => ({ token, tls: { ca: "CA" } }) }));

const event = (type: string, name: string): string =>
  JSON.stringify({ type, object: { kind: "ConfigMap", apiVersion: "v1", metadata: { name } } });

const watched = async (...chunks: string[]): Promise<string[][]> => {
  const { http } = saying(200, "application/json", ...chunks);
  const batches = await Array.fromAsync(clientOf(http).watch(ConfigMap, {}));
  return batches.map((batch) =>
    batch.map((each) => (each.type === "BOOKMARK" ? each.type : (each.object.metadata.name ?? ""))),
  );
};

test("watch events are put together however the bytes come", async () => {
  const [first, second] = [event("ADDED", "one"), event("ADDED", "two")];
  deepEqual(await watched(`${first}\n${second}\n`), [["one", "two"]]);
  deepEqual(await watched(`${first}\n${second.slice(0, 9)}`, `${second.slice(9)}\n`), [
    ["one"],
    ["two"],
  ]);
  deepEqual(await watched(first.slice(0, 5), first.slice(5, 20), `${first.slice(20)}\n`), [
    ["one"],
  ]);
});

test("a character may be split between two chunks", async () => {
  const bytes = Buffer.from(`${event("ADDED", "é")}\n`).toString("latin1");
  const middle = bytes.indexOf("Ã") + 1;
  deepEqual(await watched(bytes.slice(0, middle), bytes.slice(middle)), [["é"]]);
});

test("an error in a watch is thrown with its reason", async () => {
  const status = { kind: "Status", reason: "Expired", message: "too old", code: 410 };
  const line = `${JSON.stringify({ type: "ERROR", object: status })}\n`;
  await rejects(watched(line), (failure: ApiError) => failure.reason === "Expired");
});

test("a failure without a Status still has a reason", async () => {
  const { http } = saying(503, "text/plain", "no backend\n");
  await rejects(
    clientOf(http).get(ConfigMap, { namespace: "d", name: "a" }),
    (failure: ApiError) => {
      deepEqual(
        [failure.reason, failure.code, failure.message],
        ["ServiceUnavailable", 503, "no backend"],
      );
      return true;
    },
  );
});

test("requests carry credentials, names are escaped, no slash is doubled", async () => {
  const { http, calls } = saying(200, "application/json", '{"kind":"ConfigMap"}');
  await clientOf(http).get(ConfigMap, { namespace: "d", name: "a/b" });
  equal(calls[0]?.url, `${url}/api/v1/namespaces/d/configmaps/a%2Fb`);
  equal(calls[0]?.headers?.["authorization"], "Bearer t");
  deepEqual(calls[0]?.tls, { ca: "CA" });
});

test("credentials are asked for before every request", async () => {
  const { http, calls } = saying(200, "application/json", '{"kind":"ConfigMap"}');
  let count = 0;
  const credentials = () => ({ token: `t${++count}` });
  const client = createClient(https(http, { url, credentials }));
  await client.get(ConfigMap, { namespace: "d", name: "a" });
  await client.get(ConfigMap, { namespace: "d", name: "a" });
  deepEqual(
    calls.map(({ headers }) => headers?.["authorization"]),
    ["Bearer t1", "Bearer t2"],
  );
});

test("why the caller acts travels with what it writes", async () => {
  const { http, calls } = saying(200, "application/json", '{"kind":"ConfigMap"}');
  const manifest = { metadata: { namespace: "d", name: "a" } };
  await clientOf(http).create(ConfigMap, manifest, { cause: "7,9" });
  equal(calls[0]?.headers?.["k8ts-cause"], "7,9");
});
