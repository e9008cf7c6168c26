import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { defineKind } from "#api/kind.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, typeMeta } from "#schema/struct.ts";
import { type Loose, startTestServer } from "../testing.ts";

const Seat = s.struct("test/v1.Seat", {
  row: s.int32(1, { optional: true }),
  holder: s.string(2),
});

/** Its seats are known by a field that they may leave out. */
const Hall = defineKind({
  group: "test.k8ts.io",
  version: "v1",
  kind: "Hall",
  plural: "halls",
  scope: "Cluster",
  storage: { prefix: "/registry/test.k8ts.io/halls", hash: "hall" },
  schema: s.struct("test/v1.Hall", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    seats: s.list(2, Seat, { listType: "map", keys: ["row"] }),
  }),
});

const halls = "/apis/test.k8ts.io/v1/halls";

const owned = ({ metadata }: Loose): unknown =>
  (metadata.managedFields ?? []).map(({ fieldsV1 }: Loose) => fieldsV1);

test("items that cannot be told apart change nobody's ownership, and are no failure", async () => {
  await using server = await startTestServer({ kinds: [Hall] });
  const send = (method: "POST" | "PUT", target: string, seats: object[]) =>
    server.ask(method, target, { body: { metadata: { name: "a" }, seats } });
  const first = await send("POST", halls, [{ row: 1, holder: "anna" }]);
  const mine = {
    "f:seats": { ".": {}, 'k:{"row":1}': { ".": {}, "f:holder": {}, "f:row": {} } },
  };
  deepEqual(owned(first), [mine]);
  const second = await send("PUT", `${halls}/a`, [{ holder: "bert" }]);
  deepEqual([second.seats, owned(second)], [[{ holder: "bert" }], [mine]]);
});

test("neither are they in a new object: nobody owns it then", async () => {
  await using server = await startTestServer({ kinds: [Hall] });
  const body = { metadata: { name: "a" }, seats: [{ holder: "bert" }] };
  deepEqual(owned(await server.ask("POST", halls, { body })), []);
});
