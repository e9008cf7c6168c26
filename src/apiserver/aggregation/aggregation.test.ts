import { deepEqual, equal, match, ok } from "node:assert/strict";
import { test } from "node:test";
import { silent } from "#base/log.ts";
import { pump } from "#base/stream.ts";
import { ManualClock } from "#base/testing.ts";
import { httpClient } from "#host/http-client.ts";
import { bodyOf, type Loose, testRequest } from "../testing.ts";
import { Switchman } from "./passing-on.ts";
import {
  addEndpoints,
  addService,
  apiServices,
  type Extended,
  flunders,
  flunderService,
  loopback,
  reaches,
  register,
  startAggregated,
  startExtended,
} from "./testing.ts";

const flunder = (name: string, reference = "") => ({
  apiVersion: "wardle.example.com/v1alpha1",
  kind: "Flunder",
  metadata: { name },
  spec: { reference },
});

/** Over the socket, as any client. */
async function call(
  { port, ca, admin }: Extended,
  target: string,
  { method = "GET", body, headers = {} }: Loose = {},
): Promise<{ status: number; headers: Loose; text: string }> {
  const http = httpClient();
  const answer = await http.call({
    method,
    url: `https://${loopback}:${port}${target}`,
    headers: { "content-type": "application/json", ...headers },
    tls: { ca, identity: admin, serverName: "localhost" },
    ...(body ? { body: Buffer.from(JSON.stringify(body)) } : {}),
  });
  const chunks: Uint8Array[] = [];
  for await (const chunk of answer.body) chunks.push(chunk);
  http[Symbol.dispose]();
  const { status, headers: answered } = answer;
  return { status, headers: answered, text: Buffer.concat(chunks).toString() };
}

test("every verb reaches the extension server, and its answers come back", async () => {
  await using extended = await startAggregated();
  const made = await call(extended, flunders, { method: "POST", body: flunder("a", "x") });
  equal(made.status, 201);
  equal(JSON.parse(made.text).metadata.name, "a");
  const patched = await call(extended, `${flunders}/a`, {
    method: "PATCH",
    headers: { "content-type": "application/merge-patch+json" },
    body: { spec: { reference: "y" } },
  });
  equal(JSON.parse(patched.text).spec.reference, "y");
  const list = JSON.parse((await call(extended, flunders)).text);
  deepEqual(
    list.items.map((item: Loose) => item.metadata.name),
    ["a"],
  );
  equal((await call(extended, `${flunders}/a`, { method: "DELETE" })).status, 200);
  const gone = await call(extended, `${flunders}/a`);
  equal(gone.status, 404);
  match(JSON.parse(gone.text).message, /flunders.wardle.example.com "a" not found/);
  const table = await call(extended, flunders, {
    headers: { accept: "application/json;as=Table;v=v1;g=meta.k8s.io" },
  });
  equal(JSON.parse(table.text).kind, "Table");
});

test("the extension server is told who asks, by the front proxy, and no credentials", async () => {
  await using extended = await startAggregated();
  const { main, asked, extension } = extended;
  const user = {
    name: "jane",
    uid: "7",
    groups: ["dev", "ops, all"],
    extra: { "example.com/team": ["a", "b"] },
  };
  await main.ask("POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", {
    body: {
      metadata: { name: "jane" },
      roleRef: {
        apiGroup: "rbac.authorization.k8s.io",
        kind: "ClusterRole",
        name: "cluster-admin",
      },
      subjects: [{ kind: "User", name: "jane", apiGroup: "rbac.authorization.k8s.io" }],
    },
  });
  await extension.ask("POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", {
    body: {
      metadata: { name: "dev" },
      roleRef: {
        apiGroup: "rbac.authorization.k8s.io",
        kind: "ClusterRole",
        name: "cluster-admin",
      },
      subjects: [{ kind: "Group", name: "dev", apiGroup: "rbac.authorization.k8s.io" }],
    },
  });
  asked.length = 0;
  const headers = {
    authorization: "Bearer secret",
    "x-remote-user": "root",
    "x-forwarded-for": "192.0.2.9",
  };
  const answer = await main.send("GET", `${flunders}?limit=1`, { as: user, headers });
  equal(answer.status, 200);
  const [request] = asked;
  equal(request?.target, `${flunders}?limit=1`);
  equal(request?.peer.certificate?.commonName, "front-proxy-client");
  deepEqual(
    Object.entries(request?.headers ?? {}).filter(([name]) =>
      /^(x-remote|authorization)/.test(name),
    ),
    [
      ["x-remote-user", "jane"],
      ["x-remote-uid", "7"],
      ["x-remote-group", "dev, ops, all, system:authenticated"],
      ["x-remote-extra-example.com%2fteam", "a, b"],
    ],
  );
});

test("headers of whoever is no front proxy name nobody", async () => {
  await using extended = await startExtended();
  const { extension, port, ca } = extended;
  const http = httpClient();
  const bare = await http.call({
    method: "GET",
    url: `https://${loopback}:${port}${flunders}`,
    headers: { "x-remote-user": "admin", "x-remote-group": "system:masters" },
    tls: { ca, serverName: "localhost" },
  });
  equal(bare.status, 401);
  http[Symbol.dispose]();
  equal(extension.server.kinds.hasVersion("wardle.example.com/v1alpha1"), true);
});

test("who may not read a group here is not passed on", async () => {
  await using extended = await startAggregated();
  extended.asked.length = 0;
  const answer = await extended.main.send("GET", flunders, { as: { name: "joe", groups: [] } });
  equal(answer.status, 403);
  equal(extended.asked.length, 0);
});

test("a watch is passed on event by event", async () => {
  await using extended = await startAggregated();
  const { main, extension } = extended;
  const { body } = await main.send("GET", `${flunders}?watch=true`);
  if (body.is !== "stream") throw new Error(`not a stream but ${body.is}`);
  const lines = body.chunks[Symbol.asyncIterator]();
  const next = async () => JSON.parse(Buffer.from((await lines.next()).value).toString());
  await extension.ask("POST", flunders, { body: flunder("a") });
  const added = await next();
  deepEqual([added.type, added.object.metadata.name], ["ADDED", "a"]);
  await extension.ask("DELETE", `${flunders}/a`);
  equal((await next()).type, "DELETED");
  await lines.return?.();
});

test("a body is passed on as it comes, however long it is", async () => {
  await using extended = await startAggregated();
  let first = "";
  extended.answer = async (request) => {
    const [part, whole] = [4 * 1024 * 1024, []] as [number, Uint8Array[]];
    for await (const chunk of request.bodyStream()) whole.push(chunk);
    first = `${Buffer.concat(whole).length > part}`;
    return {
      status: 200,
      headers: { "content-type": "text/plain", "x-own": "1" },
      body: Buffer.from("ok"),
    };
  };
  const body = { data: "x".repeat(5 * 1024 * 1024) };
  const answer = await call(extended, flunders, { method: "POST", body });
  deepEqual([answer.status, answer.text, answer.headers["x-own"], first], [200, "ok", "1", "true"]);
});

test("a server that never answers keeps nobody waiting, and hears that nobody waits", async () => {
  await using extended = await startAggregated();
  const asked = Promise.withResolvers<void>();
  const gone = Promise.withResolvers<void>();
  extended.answer = ({ signal }) => {
    signal.addEventListener("abort", () => gone.resolve());
    asked.resolve();
    return new Promise(() => {});
  };
  const answer = call(extended, flunders);
  await asked.promise;
  extended.main.clock.advance(60_000);
  const { status, text } = await answer;
  deepEqual([status, JSON.parse(text).reason], [504, "Timeout"]);
  await gone.promise;
});

test("connections that leave HTTP are joined", async () => {
  await using extended = await startAggregated();
  extended.answer = async (request) => {
    const stream = request.upgrade?.accept({ connection: "Upgrade", upgrade: "echo" });
    if (!stream) return { status: 400, headers: {} };
    pump(stream.incoming, stream).catch(() => stream.destroy());
    return undefined;
  };
  const http = httpClient();
  const { answer, stream } = await http.upgrade({
    method: "GET",
    url: `https://${loopback}:${extended.port}${flunders}/a/echo`,
    headers: { connection: "Upgrade", upgrade: "echo" },
    tls: { ca: extended.ca, identity: extended.admin, serverName: "localhost" },
  });
  equal(answer.status, 101);
  await stream?.write(Buffer.from("hello"));
  for await (const chunk of stream?.incoming ?? []) {
    equal(Buffer.from(chunk).toString(), "hello");
    break;
  }
  stream?.destroy();
  http[Symbol.dispose]();
});

test("an APIService says what stands in the way, step by step", async () => {
  await using extended = await startExtended();
  await register(extended);
  equal(await reaches(extended, "False ServiceNotFound"), 'service/api in "wardle" is not present');
  const refused = await extended.main.send("GET", flunders);
  deepEqual([refused.status, bodyOf(refused)], [503, "service unavailable\n"]);
  await addService(extended);
  equal(
    await reaches(extended, "False EndpointsNotFound"),
    'cannot find endpointslices for service/api in "wardle"',
  );
  const endpoints = [{ addresses: ["10.244.0.9"], conditions: { ready: false } }];
  await addEndpoints(extended, { endpoints });
  equal(
    await reaches(extended, "False MissingEndpoints"),
    'endpointslices for service/api in "wardle" have no addresses with port name "https"',
  );
  extended.describe = async () => ({ status: 403, headers: {} });
  const slice = "/apis/discovery.k8s.io/v1/namespaces/wardle/endpointslices/api-1";
  await extended.main.ask("PATCH", slice, {
    headers: { "content-type": "application/merge-patch+json" },
    body: { endpoints: [{ addresses: ["10.244.0.9"], conditions: { ready: true } }] },
  });
  match(
    await reaches(extended, "False FailedDiscoveryCheck"),
    /^failing or missing response from (https:\/\/127.0.0.1:\d+\/apis\/wardle.example.com\/v1alpha1): bad status from \1: 403$/,
  );
  extended.describe = undefined;
  extended.main.clock.advance(1_000);
  equal(await reaches(extended, "True Passed"), "all checks passed");
  equal((await extended.main.send("GET", flunders)).status, 200);
});

test("a port that the service does not have is told", async () => {
  await using extended = await startExtended();
  await addService(extended);
  await register(extended, { service: { namespace: "wardle", name: "api", port: 8080 } });
  equal(
    await reaches(extended, "False ServicePortError"),
    'service/api in "wardle" is not listening on port 8080',
  );
});

test("a certificate of a strange authority is not believed, unless nobody shall look", async () => {
  await using extended = await startExtended();
  await addService(extended);
  await addEndpoints(extended);
  await register(extended, { caBundle: Buffer.from(extended.ca).toString("base64") });
  match(
    await reaches(extended, "False FailedDiscoveryCheck"),
    /x509: certificate signed by unknown/,
  );
  await extended.main.ask("PATCH", `${apiServices}/${flunderService}`, {
    headers: { "content-type": "application/merge-patch+json" },
    body: { spec: { caBundle: null, insecureSkipTLSVerify: true } },
  });
  await reaches(extended, "True Passed");
});

const aggregatedType = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

test("discovery shows the groups of all servers, by priority", async () => {
  await using extended = await startAggregated();
  const { main } = extended;
  const { groups } = await main.ask("GET", "/apis");
  const names = groups.map(({ name }: Loose) => name);
  equal(names[0], "apiregistration.k8s.io");
  equal(names[1], "apps");
  equal(names.at(-1), "wardle.example.com");
  const group = await main.ask("GET", "/apis/wardle.example.com");
  deepEqual(group.preferredVersion, {
    groupVersion: "wardle.example.com/v1alpha1",
    version: "v1alpha1",
  });
  const asking = { headers: { accept: aggregatedType } };
  const shown = async () =>
    (await main.ask("GET", "/apis", asking)).items.find(
      ({ metadata }: Loose) => metadata.name === "wardle.example.com",
    ).versions;
  const [version] = await shown();
  deepEqual(
    [version.version, version.freshness, version.resources[0].resource, version.resources[0].scope],
    ["v1alpha1", "Current", "flunders", "Namespaced"],
  );
  deepEqual(version.resources[0].responseKind, {
    group: "wardle.example.com",
    version: "v1alpha1",
    kind: "Flunder",
  });
  await main.ask("DELETE", "/api/v1/namespaces/wardle/services/api");
  await reaches(extended, "False ServiceNotFound");
  const [stale] = await shown();
  deepEqual([stale.freshness, stale.resources[0].resource], ["Stale", "flunders"]);
  await main.ask("PATCH", `${apiServices}/${flunderService}`, {
    headers: { "content-type": "application/merge-patch+json" },
    body: { spec: { groupPriorityMinimum: 17790 } },
  });
  const again = (await main.ask("GET", "/apis")).groups.map(({ name }: Loose) => name);
  equal(again[2], "wardle.example.com");
  await main.ask("DELETE", `${apiServices}/${flunderService}`);
  equal((await main.send("GET", "/apis/wardle.example.com")).status, 404);
  equal((await main.send("GET", flunders)).status, 404);
});

test("OpenAPI describes what all servers serve", async () => {
  await using extended = await startAggregated();
  const { main } = extended;
  const { paths } = await main.ask("GET", "/openapi/v3");
  const { serverRelativeURL } = paths["apis/wardle.example.com/v1alpha1"];
  match(serverRelativeURL, /^\/openapi\/v3\/apis\/wardle.example.com\/v1alpha1\?hash=/);
  const third = await call(extended, serverRelativeURL);
  ok(JSON.parse(third.text).paths[flunders.replace("default", "{namespace}")]);
  const second = await main.ask("GET", "/openapi/v2");
  ok(second.paths[flunders.replace("default", "{namespace}")]);
  ok(second.paths["/api/v1/pods"]);
  ok(second.definitions["com.example.wardle.v1alpha1.Flunder"] ?? namesLike(second, "Flunder"));
  const gnostic = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";
  equal((await main.send("GET", "/openapi/v2", { headers: { accept: gnostic } })).status, 200);
});

const namesLike = ({ definitions }: Loose, text: string): string | undefined =>
  Object.keys(definitions).find((name) => name.endsWith(text));

test("what this server serves itself has an APIService, always available", async () => {
  await using extended = await startExtended();
  const { main } = extended;
  const { items } = await main.ask("GET", apiServices);
  const brief = items.map(({ metadata, spec, status }: Loose) => [
    metadata.name,
    metadata.labels["kube-aggregator.kubernetes.io/automanaged"],
    spec.groupPriorityMinimum,
    spec.versionPriority,
    status.conditions[0].reason,
  ]);
  equal(brief.length, 21);
  deepEqual(
    brief.find(([name]: string[]) => name === "v1."),
    ["v1.", "onstart", 18000, 1, "Local"],
  );
  deepEqual(
    brief.find(([name]: string[]) => name === "v2.autoscaling"),
    ["v2.autoscaling", "onstart", 17500, 30, "Local"],
  );
  equal(items[0].status.conditions[0].message, "Local APIServices are always available");
});

const crds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const schema = { openAPIV3Schema: { type: "object" } };

test("custom resources have APIServices as long as they are served", async () => {
  await using extended = await startExtended();
  const { main } = extended;
  const version = (name: string, storage: boolean) => ({ name, served: true, storage, schema });
  await main.ask("POST", crds, {
    body: {
      metadata: { name: "ships.test.example.com" },
      spec: {
        group: "test.example.com",
        scope: "Namespaced",
        names: { plural: "ships", kind: "Ship" },
        versions: [version("v1", true), version("v2", false)],
      },
    },
  });
  const found = async (name: string, status: number): Promise<Loose> => {
    for (let turn = 0; turn < 1_000; turn++) {
      const answer = await main.send("GET", `${apiServices}/${name}`);
      if (answer.status === status) return bodyOf(answer);
      await new Promise((resolve) => setImmediate(resolve));
    }
    throw new Error(`${name} is not answered with ${status}`);
  };
  const { metadata, spec } = await found("v1.test.example.com", 200);
  deepEqual(
    [metadata.labels, spec.groupPriorityMinimum, spec.versionPriority],
    [{ "kube-aggregator.kubernetes.io/automanaged": "true" }, 1000, 100],
  );
  await found("v2.test.example.com", 200);
  await main.ask("PATCH", `${crds}/ships.test.example.com`, {
    headers: { "content-type": "application/json-patch+json" },
    body: [{ op: "replace", path: "/spec/versions/1/served", value: false }],
  });
  await found("v2.test.example.com", 404);
  await main.ask("DELETE", `${crds}/ships.test.example.com`);
  await found("v1.test.example.com", 404);
});

test("a document that is known is asked for by its tag, and not read again", async () => {
  await using extended = await startAggregated();
  const { main, extension } = extended;
  const { definitions } = await main.ask("GET", "/openapi/v2");
  const answers = new Map<string, number | undefined>();
  const both = new Promise<void>((resolve) => {
    extended.describe = async (request) => {
      const response = await extension.server.http(request);
      if (!request.target.startsWith("/openapi")) return response;
      answers.set(request.target, response?.status);
      if (answers.size === 2) resolve();
      return response;
    };
  });
  main.clock.advance(30_000);
  await both;
  // The index of the third version has no tag, and is small.
  deepEqual(Object.fromEntries(answers), { "/openapi/v2": 304, "/openapi/v3": 200 });
  deepEqual((await main.ask("GET", "/openapi/v2")).definitions, definitions);
});

test("what is not passed on is told to the log, once in a while for each service", async () => {
  const told: string[] = [];
  const log = {
    ...silent,
    warn: (text: string, fields?: Loose) => told.push(`${text}: ${fields?.name}`),
  };
  const clock = new ManualClock(0);
  const broken = (): never => {
    throw new Error("connection refused");
  };
  const http = { call: broken, upgrade: broken };
  const switchman = new Switchman({ http, serviceUrl: async () => "https://x", clock, log });
  const service = (name: string): Loose => ({
    metadata: { name },
    spec: { service: { name, namespace: "n" } },
    status: { conditions: [{ type: "Available", status: "True" }] },
  });
  const context: Loose = { request: testRequest("GET", flunders), user: { name: "u", groups: [] } };
  for (const name of ["a", "a", "b"])
    equal((await switchman.pass(context, service(name))).status, 503);
  clock.advance(30_000);
  await switchman.pass(context, service("a"));
  const text = "a request is not passed on to an extension server";
  deepEqual(told, [`${text}: a`, `${text}: b`, `${text}: a`]);
});
