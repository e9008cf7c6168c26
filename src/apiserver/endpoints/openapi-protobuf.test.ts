import { deepEqual, equal, notEqual, ok } from "node:assert/strict";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import type { ApiResponse } from "#api/request.ts";
import { decodeProto } from "#schema/protobuf.ts";
import { ProtoReader } from "#schema/protobuf/reader.ts";
import { type Loose, startTestServer } from "../testing.ts";
import { Document } from "./openapi-messages.ts";
import { documentToProto } from "./openapi-protobuf.ts";

const gnostic = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";
const gnosticOnce = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";

/** What stands under these field numbers, each time the first. */
function textAt(bytes: Uint8Array, ...numbers: readonly number[]): string {
  const reader = new ProtoReader(bytes);
  for (const number of numbers) {
    for (let key = reader.varint(); key !== number * 8 + 2; key = reader.varint())
      reader.skip(key % 8);
    reader.enter();
  }
  return Buffer.from(bytes.subarray(reader.at, reader.end)).toString();
}

const sailing = {
  swagger: "2.0",
  info: { title: "Sailing", version: "v1" },
  paths: {
    "/boats/{name}": {
      patch: {
        operationId: "patchBoat",
        "x-kubernetes-action": "patch",
        consumes: ["text/a"],
        produces: ["text/b"],
        parameters: [
          { name: "dryRun", in: "query", type: "string", uniqueItems: true },
          { name: "name", in: "path", type: "string", uniqueItems: true, required: true },
          { name: "body", in: "body", required: true, schema: { $ref: "#/definitions/Boat" } },
        ],
        responses: { 200: { description: "OK", schema: { $ref: "#/definitions/Boat" } } },
      },
    },
  },
  definitions: {
    Boat: {
      type: "object",
      description: "It floats.",
      required: ["crew"],
      properties: {
        crew: {
          type: "array",
          items: { type: "string", maxLength: 9, enum: ["Ann", "Bob"] },
          "x-kubernetes-list-type": "set",
          default: ["Ann"],
        },
        sails: { type: "object", additionalProperties: { type: "number", multipleOf: 0.5 } },
        deck: { type: "object", additionalProperties: true, allOf: [{ minProperties: 0 }] },
      },
      externalDocs: { url: "http://boats", "x-lang": "en" },
      example: { crew: [] },
      "x-kubernetes-group-version-kind": [{ group: "", version: "v1", kind: "Boat" }],
    },
  },
  securityDefinitions: { BearerToken: { type: "apiKey", in: "header", name: "authorization" } },
  security: [{ BearerToken: [] }],
};

test("each member goes under the number that gnostic has for it", () => {
  const bytes = documentToProto(sailing);
  const patch = [8, 2, 2, 8];
  const boat = [9, 1, 2];
  for (const [numbers, text] of [
    [[1], "2.0"],
    [[2, 1], "Sailing"],
    [[8, 2, 1], "/boats/{name}"],
    [[...patch, 5], "patchBoat"],
    [[...patch, 6], "text/b"],
    [[...patch, 7], "text/a"],
    [[...patch, 8, 1, 2, 3, 4], "dryRun"],
    [[...patch, 9, 1, 1], "200"],
    [[...patch, 9, 1, 2, 1, 1], "OK"],
    [[...patch, 9, 1, 2, 1, 2, 1, 1], "#/definitions/Boat"],
    [[...patch, 13, 1], "x-kubernetes-action"],
    [[...patch, 13, 2, 2], '"patch"\n'],
    [[9, 1, 1], "Boat"],
    [[...boat, 4], "It floats."],
    [[...boat, 19], "crew"],
    [[...boat, 22, 1], "object"],
    [[...boat, 25, 1, 1], "crew"],
    [[...boat, 25, 1, 2, 5, 2], '["Ann"]\n'],
    [[...boat, 25, 1, 2, 23, 1, 20, 2], '"Ann"\n'],
    [[...boat, 29, 2], "http://boats"],
    [[...boat, 31, 2, 2], '[{"group":"","version":"v1","kind":"Boat"}]\n'],
    [[12, 1, 1], "BearerToken"],
    [[13, 1, 2, 2, 2], "authorization"],
  ] as const) {
    equal(textAt(bytes, ...numbers), text, numbers.join());
  }
});

test("a document comes back from protobuf as it was", () => {
  deepEqual(fromProto(documentToProto(sailing)), sailing);
});

test("members without a place in protobuf, as custom schemas may have them, are left out", () => {
  const Boat = { type: "object", nullable: true, oneOf: [{ required: ["a"] }] };
  const { definitions } = fromProto(documentToProto({ ...sailing, definitions: { Boat } }));
  deepEqual(definitions, { Boat: { type: "object" } });
});

test("every definition and every path is in the protobuf, whole", async () => {
  await using server = await startTestServer();
  const document = await server.ask("GET", "/openapi/v2");
  for (const accept of [gnostic, gnosticOnce]) {
    const answer = await server.send("GET", "/openapi/v2", { headers: { accept } });
    equal(answer.body.is === "bytes" && answer.body.contentType, gnostic);
    deepEqual(fromProto(bytesOf(answer)), document);
  }
});

test("a kind that is added later is in the next answer, under another tag", async () => {
  await using server = await startTestServer();
  const ask = async (tag = ""): ReturnType<typeof server.send> =>
    server.send("GET", "/openapi/v2", { headers: { accept: gnostic, "if-none-match": tag } });
  const { etag } = (await ask()).headers ?? {};
  equal((await ask(etag)).status, 304);
  const { kind } = server.kinds.find("test.k8ts.io/v1", "crews") ?? {};
  ok(kind);
  server.kinds.add({ ...kind, plural: "ships", kind: "Ship", listKind: "ShipList" });
  const answer = await ask(etag);
  notEqual(answer.headers?.["etag"], etag);
  ok("/apis/test.k8ts.io/v1/ships" in fromProto(bytesOf(answer)).paths);
});

test("the two forms have tags of their own, and caches are told", async () => {
  await using server = await startTestServer();
  const json = await server.send("GET", "/openapi/v2");
  const tag = json.headers?.["etag"] ?? "";
  const headers = { accept: gnostic, "if-none-match": tag };
  const proto = await server.send("GET", "/openapi/v2", { headers });
  equal(proto.status, 200);
  equal(json.headers?.["vary"], "Accept");
  equal(
    (await server.send("GET", "/openapi/v2", { headers: { "if-none-match": tag } })).status,
    304,
  );
});

test("what else is asked for is refused, and what there is is listed", async () => {
  await using server = await startTestServer();
  const headers = { accept: "application/yaml" };
  const { code, message } = await server.refused("GET", "/openapi/v2", { headers });
  equal(code, 406);
  equal(
    message,
    `only the following media types are accepted: application/json, ${gnostic}, ${gnosticOnce}`,
  );
});

test("it travels compressed when it may", async () => {
  await using server = await startTestServer();
  const request = { method: "GET", target: "/openapi/v2", headers: { accept: gnostic } };
  const answer = await server.http({
    ...request,
    headers: { ...request.headers, authorization: "Bearer admin", "accept-encoding": "gzip" },
    peer: { address: "192.0.2.9" },
    signal: AbortSignal.timeout(60_000),
    body: async () => new Uint8Array(),
    bodyStream: async function* none() {},
  });
  equal(answer?.headers["vary"], "Accept, Accept-Encoding");
  const bytes = gunzipSync(answer?.body as Uint8Array);
  equal(fromProto(bytes).swagger, "2.0");
});

function bytesOf({ body }: ApiResponse): Uint8Array {
  ok(body.is === "bytes" && body.bytes instanceof Uint8Array);
  return body.bytes;
}

/** The JSON that a document in protobuf stands for. */
function fromProto(bytes: Uint8Array): Loose {
  const message: Loose = decodeProto(Document, bytes);
  return {
    ...message,
    paths: mapped(message.paths.path, (item) => mapped(item, operationOf)),
    definitions: mapped(message.definitions.additionalProperties, schemaOf),
    security: message.security.map(({ additionalProperties }: Loose) => additionalProperties),
    securityDefinitions: mapped(
      message.securityDefinitions.additionalProperties,
      ({ apiKey }) => apiKey,
    ),
  };
}

const mapped = (members: Loose, to: (value: Loose) => unknown): Loose =>
  Object.fromEntries(Object.entries(members ?? {}).map(([name, value]) => [name, to(value)]));

const valueOf = ({ yaml }: Loose): unknown => JSON.parse(yaml);

const operationOf = ({ vendorExtension, parameters, responses, ...plain }: Loose): Loose => ({
  ...plain,
  ...mapped(vendorExtension, valueOf),
  parameters: parameters.map(({ parameter: { body, nonBody } }: Loose) =>
    body ? { ...body, schema: schemaOf(body.schema) } : (nonBody.query ?? nonBody.path),
  ),
  responses: mapped(responses.responseCode, ({ response: { schema, ...rest } }) => ({
    ...rest,
    ...(schema ? { schema: schemaOf(schema.schema) } : {}),
  })),
});

const schemaParts: Readonly<Record<string, (value: Loose) => unknown>> = {
  type: ([only]) => only,
  default: valueOf,
  example: valueOf,
  enum: (values) => values.map(valueOf),
  items: ({ schema: [only] }) => schemaOf(only),
  allOf: (schemas) => schemas.map(schemaOf),
  additionalProperties: ({ boolean, schema }) => boolean ?? schemaOf(schema),
  properties: ({ additionalProperties }) => mapped(additionalProperties, schemaOf),
  externalDocs: ({ vendorExtension, ...docs }) => ({
    ...docs,
    ...mapped(vendorExtension, valueOf),
  }),
};

function schemaOf({ vendorExtension, ...members }: Loose): Loose {
  const json = mapped(vendorExtension, valueOf);
  for (const [name, value] of Object.entries(members))
    json[name] = schemaParts[name]?.(value) ?? value;
  return json;
}
