import { deepEqual, equal, match } from "node:assert/strict";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { ConfigMap } from "#api/core/configmap.ts";
import { BodyTooLarge, type HttpHeaders, type HttpResponse } from "#base/http.ts";
import { parseYaml } from "#base/yaml.ts";
import { decodeProto, encodeProto, unwrapUnknown, wrapUnknown } from "#schema/protobuf.ts";
import { sized } from "./encoding/sized.ts";
import { configMap, type Loose, startTestServer, type TestServer } from "./testing.ts";

const maps = "/api/v1/namespaces/default/configmaps";
const protobuf = "application/vnd.kubernetes.protobuf";
const asTable = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";

interface Call {
  readonly body?: Uint8Array | string;
  readonly headers?: HttpHeaders;
  readonly address?: string;
  readonly signal?: AbortSignal;
}

const send = (
  server: TestServer,
  ...[method, target, call = {}]: [method: string, target: string, call?: Call]
): ReturnType<typeof exchange> => exchange(server, { method, target, ...call });

async function exchange(
  server: TestServer,
  { method, target, body = "", headers = {}, address = "10.0.0.9", signal }: Exchange,
): Promise<HttpResponse & { bytes: Buffer }> {
  const bytes = typeof body === "string" ? Buffer.from(body) : body;
  const response = await server.http({
    method,
    target,
    headers: { authorization: "Bearer admin", ...headers },
    peer: { address },
    signal: signal ?? new AbortController().signal,
    body: async (bytesMax) => {
      if (bytes.length > bytesMax) throw new BodyTooLarge();
      return bytes;
    },
    bodyStream: () => {
      throw new Error("not streamed");
    },
  });
  if (!response) throw new Error("upgraded");
  return { ...response, bytes: await collect(response.body) };
}

async function collect(body: HttpResponse["body"]): Promise<Buffer> {
  if (body === undefined) return Buffer.alloc(0);
  if (body instanceof Uint8Array) return Buffer.from(body);
  return Buffer.concat(await Array.fromAsync(body as AsyncIterable<Uint8Array>));
}

interface Exchange extends Call {
  readonly method: string;
  readonly target: string;
}

const jsonOf = ({ bytes }: { bytes: Buffer }): Loose => JSON.parse(bytes.toString());

const create = (server: TestServer, name: string, data: object = { x: "1" }): Promise<Loose> =>
  send(server, "POST", maps, {
    body: JSON.stringify(configMap(name, data as Record<string, string>)),
    headers: { "content-type": "application/json" },
  });

test("an object in JSON, YAML, protobuf and indented", async () => {
  await using server = await startTestServer();
  equal((await create(server, "a")).status, 201);
  const json = await send(server, "GET", `${maps}/a`);
  equal(json.headers["content-type"], "application/json");
  const object = jsonOf(json);
  const yaml = await send(server, "GET", `${maps}/a`, { headers: { accept: "application/yaml" } });
  deepEqual(parseYaml(yaml.bytes.toString()), object);
  const proto = await send(server, "GET", `${maps}/a`, {
    headers: { accept: `${protobuf},application/json` },
  });
  equal(proto.headers["content-type"], protobuf);
  const { apiVersion, kind, raw } = unwrapUnknown(proto.bytes);
  deepEqual({ kind, apiVersion, ...(decodeProto(ConfigMap.schema, raw) as object) }, object);
  for (const [target, headers] of [
    [`${maps}/a?pretty=true`, {}],
    [`${maps}/a`, { "user-agent": "curl/8.0" }],
  ] as const) {
    const pretty = await send(server, "GET", target, { headers });
    equal(pretty.bytes.toString(), `${JSON.stringify(object, null, 2)}\n`);
  }
});

test("an object can come in protobuf", async () => {
  await using server = await startTestServer();
  await create(server, "a");
  const { bytes } = await send(server, "GET", `${maps}/a`, { headers: { accept: protobuf } });
  await send(server, "DELETE", `${maps}/a`);
  const { raw } = unwrapUnknown(bytes);
  const headers = { "content-type": protobuf };
  const refused = await send(server, "POST", maps, { body: bytes, headers });
  equal(jsonOf(refused).message, "resourceVersion should not be set on objects to be created");
  const draft = decodeProto(ConfigMap.schema, raw) as Loose;
  delete draft.metadata.resourceVersion;
  const body = wrapUnknown(
    { apiVersion: "v1", kind: "ConfigMap" },
    encodeProto(ConfigMap.schema, draft),
  );
  equal((await send(server, "POST", maps, { body, headers })).status, 201);
  equal((await send(server, "POST", maps, { body: "nonsense", headers })).status, 400);
});

test("a list in JSON is put together of its items, and is what parsing says", async () => {
  await using server = await startTestServer();
  for (const name of ["a", "b", "ü"]) await create(server, name, { name });
  for (let i = 0; i < 2; i++) {
    const list = jsonOf(await send(server, "GET", maps));
    deepEqual([list.kind, list.apiVersion], ["ConfigMapList", "v1"]);
    equal(list.metadata.resourceVersion, String(server.store.revision()));
    deepEqual(Object.keys(list.items[0]), ["metadata", "data"]);
    deepEqual(
      list.items.map(({ data }: Loose) => data.name),
      ["a", "b"],
    );
  }
  const empty = jsonOf(await send(server, "GET", "/api/v1/namespaces/none/configmaps"));
  deepEqual(empty.items, []);
});

test("a large list comes in pieces and is whole all the same", async () => {
  await using server = await startTestServer();
  const big = "x".repeat(900_000);
  for (let i = 0; i < 6; i++) await create(server, `m${i}`, { big });
  const list = jsonOf(await send(server, "GET", maps));
  equal(list.items.length, 6);
  equal(list.items[5].data.big.length, big.length);
});

test("a list in protobuf", async () => {
  await using server = await startTestServer();
  await create(server, "a");
  const { bytes } = await send(server, "GET", maps, { headers: { accept: protobuf } });
  const { kind, raw } = unwrapUnknown(bytes);
  equal(kind, "ConfigMapList");
  equal(raw[0], 0x0a);
});

test("tables have columns, cells and, as asked, the object", async () => {
  await using server = await startTestServer();
  await create(server, "a");
  const table = jsonOf(await send(server, "GET", maps, { headers: { accept: asTable } }));
  deepEqual([table.kind, table.apiVersion], ["Table", "meta.k8s.io/v1"]);
  equal(table.metadata.resourceVersion, String(server.store.revision()));
  equal(table.columnDefinitions[0].name, "Name");
  equal(table.rows[0].cells[0], "a");
  equal(table.rows[0].object.kind, "PartialObjectMetadata");
  const include = async (what: string): Promise<Loose> =>
    jsonOf(
      await send(server, "GET", `${maps}/a?includeObject=${what}`, {
        headers: { accept: asTable },
      }),
    ).rows[0].object;
  equal(await include("None"), null);
  deepEqual((await include("Object")).data, { x: "1" });
  const bad = await send(server, "GET", `${maps}?includeObject=Half`, {
    headers: { accept: asTable },
  });
  equal(bad.status, 400);
  const refusal = await send(server, "GET", `${maps}/none`, { headers: { accept: asTable } });
  equal(jsonOf(refusal).kind, "Status");
});

test("metadata only", async () => {
  await using server = await startTestServer();
  await create(server, "a");
  const one = await send(server, "GET", `${maps}/a`, {
    headers: { accept: "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1" },
  });
  deepEqual(Object.keys(jsonOf(one)), ["kind", "apiVersion", "metadata"]);
  const list = await send(server, "GET", maps, {
    headers: { accept: "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1" },
  });
  equal(jsonOf(list).kind, "PartialObjectMetadataList");
  equal(jsonOf(list).items[0].metadata.name, "a");
});

test("tables and metadata are in the version that is asked for", async () => {
  await using server = await startTestServer();
  await create(server, "a");
  for (const version of ["v1", "v1beta1"]) {
    const apiVersion = `meta.k8s.io/${version}`;
    const accept = (view: string) => ({
      headers: { accept: `application/json;as=${view};g=meta.k8s.io;v=${version}` },
    });
    const table = jsonOf(await send(server, "GET", maps, accept("Table")));
    const list = jsonOf(await send(server, "GET", maps, accept("PartialObjectMetadataList")));
    const one = jsonOf(await send(server, "GET", `${maps}/a`, accept("PartialObjectMetadata")));
    const found = [table, table.rows[0].object, list, one];
    deepEqual(
      found.map((object) => object.apiVersion),
      found.map(() => apiVersion),
    );
  }
});

test("what cannot be had is 406, before anything is done", async () => {
  await using server = await startTestServer();
  const headers = { accept: "text/html", "content-type": "application/json" };
  const response = await send(server, "POST", maps, {
    body: JSON.stringify(configMap("a")),
    headers,
  });
  equal(response.status, 406);
  equal(
    jsonOf(response).message,
    "only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf",
  );
  equal((await send(server, "GET", `${maps}/a`)).status, 404);
});

test("too large a body is 413", async () => {
  await using server = await startTestServer();
  const response = await send(server, "POST", maps, { body: Buffer.alloc(3 * 1024 * 1024 + 1) });
  deepEqual([response.status, jsonOf(response).reason], [413, "RequestEntityTooLarge"]);
  equal(jsonOf(response).message, "Request entity too large: limit is 3145728");
});

test("large answers are compressed for those far away who ask", async () => {
  await using server = await startTestServer();
  for (let i = 0; i < 3; i++) await create(server, `m${i}`, { big: "x".repeat(100_000) });
  const headers = { "accept-encoding": "gzip, deflate" };
  const far = await send(server, "GET", maps, { headers });
  equal(far.headers["content-encoding"], "gzip");
  equal(JSON.parse(gunzipSync(far.bytes).toString()).items.length, 3);
  const near = await send(server, "GET", maps, { headers, address: "127.0.0.1" });
  equal(near.headers["content-encoding"], undefined);
  equal(
    (await send(server, "GET", `${maps}/m0`, { headers })).headers["content-encoding"],
    undefined,
  );
});

/** Watches until `until` has happened and the timeout is over. */
async function watched(
  server: TestServer,
  query: string,
  { accept, until }: { readonly accept?: string; readonly until: () => Promise<unknown> },
): Promise<Buffer> {
  const watching = server.http({
    method: "GET",
    target: `${maps}?watch=1&timeoutSeconds=5&${query}`,
    headers: { authorization: "Bearer admin", ...(accept ? { accept } : {}) },
    peer: { address: "10.0.0.9" },
    signal: new AbortController().signal,
    body: async () => new Uint8Array(),
    bodyStream: () => {
      throw new Error("not streamed");
    },
  });
  const { body } = (await watching) ?? {};
  await until();
  server.clock.advance(5_000);
  return collect(body);
}

test("a watch is lines of JSON", async () => {
  await using server = await startTestServer();
  await create(server, "a");
  const query = "allowWatchBookmarks=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan";
  const bytes = await watched(server, query, {
    until: () => send(server, "DELETE", `${maps}/a`),
  });
  const events = bytes
    .toString()
    .trimEnd()
    .split("\n")
    .map((line): Loose => JSON.parse(line));
  deepEqual(
    events.map(({ type, object }) => [type, object.kind, object.metadata.name]),
    [
      ["ADDED", "ConfigMap", "a"],
      ["BOOKMARK", "ConfigMap", undefined],
      ["DELETED", "ConfigMap", "a"],
    ],
  );
  equal(events[1].object.metadata.annotations["k8s.io/initial-events-end"], "true");
});

test("a watch in protobuf is frames with their length in front", async () => {
  await using server = await startTestServer();
  await create(server, "a");
  const accept = `${protobuf};stream=watch,application/json`;
  const bytes = await watched(server, "", { accept, until: () => create(server, "b") });
  const names: string[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = bytes.readUInt32BE(at);
    const frame = bytes.subarray(at + 4, at + 4 + length);
    const { raw } = unwrapUnknown(frame.subarray(frame.indexOf("k8s\0")));
    names.push((decodeProto(ConfigMap.schema, raw) as Loose).metadata.name);
    at += 4 + length;
  }
  deepEqual(names, ["a", "b"]);
});

test("a watch as tables says the columns once", async () => {
  await using server = await startTestServer();
  await create(server, "a");
  const bytes = await watched(server, "", { accept: asTable, until: () => create(server, "b") });
  const events = bytes
    .toString()
    .trimEnd()
    .split("\n")
    .map((line): Loose => JSON.parse(line));
  deepEqual(
    events.map(({ object }) => [
      object.kind,
      object.columnDefinitions.length > 0,
      object.rows[0].cells[0],
    ]),
    [
      ["Table", true, "a"],
      ["Table", false, "b"],
    ],
  );
});

test("HEAD is GET without a body, and other methods are not known", async () => {
  await using server = await startTestServer();
  await create(server, "a");
  const head = await send(server, "HEAD", `${maps}/a`);
  deepEqual([head.status, head.bytes.length], [200, 0]);
  equal((await send(server, "BREW", maps)).status, 405);
});

test("without credentials nothing is told", async () => {
  await using server = await startTestServer();
  const response = await send(server, "GET", maps, { headers: { authorization: "Bearer nobody" } });
  equal(response.status, 401);
  match(response.bytes.toString(), /"reason":"Unauthorized"/);
});

test("a warning of what is not ASCII goes in the header as UTF-8", async () => {
  await using server = await startTestServer();
  const body = JSON.stringify({ ...configMap("a"), "größe😀": 1 });
  const { status, headers } = await send(server, "POST", maps, {
    body,
    headers: { "content-type": "application/json" },
  });
  equal(status, 201);
  const warning = Buffer.from(headers["warning"] ?? "", "latin1");
  equal(warning.toString(), String.raw`299 - "unknown field \"größe😀\""`);
});

test("HEAD of a watch leaves no watcher behind", async () => {
  await using server = await startTestServer();
  equal((await send(server, "HEAD", `${maps}?watch=true`)).status, 200);
  const open = /apiserver_longrunning_requests\{.*configmaps/;
  equal(open.test(await server.metrics.text()), false);
  const abort = new AbortController();
  const watching = server.watch(`${maps}?watch=true`, { signal: abort.signal });
  equal(open.test((await watching, await server.metrics.text())), true);
});

test("how large answers to reading are is counted as they are sent", async () => {
  await using server = await startTestServer();
  await create(server, "a");
  const one = await send(server, "GET", `${maps}/a`);
  const all = await send(server, "GET", maps);
  const many = await send(server, "GET", maps, { headers: { accept: asTable } });
  const text = await server.metrics.text();
  const sum = (verb: string, scope: string): number =>
    Number(
      new RegExp(
        `apiserver_response_sizes_sum\\{[^}]*resource="configmaps",scope="${scope}",subresource="",verb="${verb}",version="v1"\\} (\\d+)`,
      ).exec(text)?.[1],
    );
  deepEqual(
    [sum("GET", "resource"), sum("LIST", "namespace")],
    [one.bytes.length, all.bytes.length + many.bytes.length],
  );
  match(text, /apiserver_response_sizes_bucket\{[^}]*le="1000"/);
  equal(/apiserver_response_sizes.*verb="POST"/.test(text), false);
});

test("an answer that comes bit by bit is counted at its end, and stops when nobody wants it", async () => {
  const counts: number[] = [];
  let isStopped = false;
  const source = (): AsyncIterable<Uint8Array> => {
    const chunks = [Buffer.from("he"), Buffer.from("llo")];
    return {
      [Symbol.asyncIterator]: () => ({
        next: async () => {
          const value = chunks.shift();
          return value ? { done: false, value } : { done: true, value: undefined };
        },
        return: async () => ({ done: (isStopped = true), value: undefined }),
      }),
    };
  };
  const answer = () =>
    sized({ status: 200, headers: {}, body: source() }, (bytes) => void counts.push(bytes));
  equal((await collect(answer().body)).toString(), "hello");
  deepEqual([counts, isStopped], [[5], false]);
  for await (const _chunk of answer().body as AsyncIterable<Uint8Array>) break;
  deepEqual([counts, isStopped], [[5], true]);
});

test("which Kubernetes this is can be read from the metrics", async () => {
  await using server = await startTestServer();
  const text = await server.metrics.text();
  match(
    text,
    /^kubernetes_build_info\{.*git_version="v1\.36\.0[^"]*",.*major="1",minor="36",.*\} 1$/m,
  );
  match(text, /^kubernetes_feature_enabled\{name="InPlacePodVerticalScaling",stage=""\} 1$/m);
  match(text, /^kubernetes_feature_enabled\{name="\w+",stage="ALPHA"\} 0$/m);
});
