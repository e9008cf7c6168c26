import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { BodyTooLarge } from "#base/http.ts";
import { startTestServer } from "../testing.ts";
import { bad, map, maps, refuses } from "./testing.ts";

const nested = (depth: number): string => `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;
const json = "application/json-patch+json";
const data = (bytes: number) => ({ metadata: { name: "b" }, data: { x: "x".repeat(bytes) } });

refuses([
  {
    what: "deep nesting where nobody looks",
    send: ["POST", maps, { body: `{"metadata":{"name":"b"},"frob":${nested(100_000)}}` }],
    says: bad(/couldn't get version\/kind; json parse error: exceeded max depth/),
  },
  {
    what: "deep nesting in a patch",
    send: ["PATCH", map, { body: nested(5_000), type: "application/merge-patch+json" }],
    says: bad("error decoding patch: exceeded max depth"),
  },
  {
    what: "more data than a ConfigMap may have",
    send: ["POST", maps, { body: data(1024 * 1024 + 1) }],
    says: [
      422,
      "Invalid",
      'ConfigMap "b" is invalid: []: Too long: may not be more than 1048576 bytes',
    ],
  },
  {
    what: "annotations without end",
    send: [
      "POST",
      maps,
      { body: { metadata: { name: "b", annotations: { a: "x".repeat(262_144) } } } },
    ],
    says: [
      422,
      "Invalid",
      'ConfigMap "b" is invalid: metadata.annotations: Too long: may not be more than 262144 bytes',
    ],
  },
  {
    what: "operations without end",
    send: ["PATCH", map, { body: Array.from({ length: 10_001 }, () => ({})), type: json }],
    says: [
      413,
      "RequestEntityTooLarge",
      "Request entity too large: The allowed maximum operations in a JSON patch is 10000, got 10001",
    ],
  },
  {
    what: "a patch that copies itself large",
    send: [
      "PATCH",
      map,
      {
        body: [
          { op: "add", path: "/data/big", value: "x".repeat(1_000_000) },
          ...["a", "b", "c", "d"].map((to) => ({
            op: "copy",
            from: "/data/big",
            path: `/data/${to}`,
          })),
        ],
        type: json,
      },
    ],
    says: [422, "Invalid", "the server rejected our request due to an error in our request"],
  },
]);

test("a body that is larger than all bodies may be is not even read", async () => {
  await using server = await startTestServer();
  const before = server.store.revision();
  for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
    const response = await server.http({
      method,
      target: method === "POST" ? maps : map,
      headers: { authorization: "Bearer admin", "content-type": "application/json" },
      peer: { address: "192.0.2.9" },
      signal: new AbortController().signal,
      body: async (bytesMax) => {
        throw new BodyTooLarge(`more than ${bytesMax}`);
      },
      bodyStream: () => {
        throw new Error("not streamed");
      },
    });
    const { code, reason, message } = JSON.parse(String(response?.body)) as Record<string, unknown>;
    deepEqual(
      [response?.status, code, reason, message],
      [413, 413, "RequestEntityTooLarge", "Request entity too large: limit is 3145728"],
    );
  }
  equal(server.store.revision(), before);
});
