import { deepEqual, equal, match } from "node:assert/strict";
import { test } from "node:test";
import { silent } from "#base/log.ts";
import { Metrics } from "#base/metrics.ts";
import { seededRandom } from "#base/random.ts";
import { configMap, type Loose, startTestServer, type TestServerOptions } from "../testing.ts";
import { createAuditor } from "./auditor.ts";
import { parsePolicy } from "./policy.ts";

const head = "apiVersion: audit.k8s.io/v1\nkind: Policy\n";
const everything = `${head}rules: [{level: RequestResponse}]`;
const maps = "/api/v1/namespaces/blue/configmaps";

async function setUp(policy: string, options: TestServerOptions = {}) {
  const events: Loose[] = [];
  const metrics = new Metrics();
  const server = await startTestServer({
    ...options,
    auditor: (clock) =>
      createAuditor({
        policy: parsePolicy(policy),
        backends: [
          {
            write: (more) => void events.push(...(JSON.parse(JSON.stringify(more)) as Loose[])),
            [Symbol.asyncDispose]: async () => undefined,
          },
        ],
        clock,
        random: seededRandom(1),
        log: silent,
        metrics,
      }),
  });
  return {
    server,
    metrics,
    /** Those that were written since. */
    kept: (): Loose[] => {
      server.clock.advance(1_000);
      return events.splice(0);
    },
  };
}

const brief = ({ level, stage, verb, user, objectRef, responseStatus, annotations }: Loose) => [
  level,
  stage,
  verb,
  user.username,
  objectRef?.name,
  responseStatus?.code,
  annotations?.["authorization.k8s.io/decision"],
];

test("a write is kept when it came and when it was answered, bodies and all", async () => {
  const { server, kept } = await setUp(everything);
  await using _server = server;
  const headers = { "audit-id": "my-own", "x-forwarded-for": "192.0.2.7, 192.0.2.8" };
  const response = await server.send("POST", `${maps}?fieldManager=me`, {
    body: configMap("a", { x: "1" }),
    headers,
  });
  equal(response.headers?.["audit-id"], "my-own");
  const [first, second, ...others] = kept();
  deepEqual(others, []);
  deepEqual(brief(first), [
    "RequestResponse",
    "RequestReceived",
    "create",
    "admin",
    undefined,
    undefined,
    undefined,
  ]);
  const { responseObject, ...rest } = second;
  equal(responseObject.metadata.managedFields[0].manager, "me");
  deepEqual(rest, {
    kind: "Event",
    apiVersion: "audit.k8s.io/v1",
    level: "RequestResponse",
    auditID: "my-own",
    stage: "ResponseComplete",
    requestURI: `${maps}?fieldManager=me`,
    verb: "create",
    user: { username: "admin", groups: ["system:masters", "system:authenticated"] },
    sourceIPs: ["192.0.2.7", "192.0.2.8", "::1"],
    userAgent: "test/1.0",
    objectRef: { resource: "configmaps", namespace: "blue", name: "a", apiVersion: "v1" },
    responseStatus: { metadata: {}, code: 201 },
    requestObject: configMap("a", { x: "1" }),
    requestReceivedTimestamp: "2026-01-01T00:00:00.000000Z",
    stageTimestamp: "2026-01-01T00:00:00.000000Z",
    annotations: {
      "authorization.k8s.io/decision": "allow",
      "authorization.k8s.io/reason": "",
    },
  });
});

test("which object and which state of it a write meant is kept, at any level", async () => {
  const { server, kept } = await setUp(`${head}rules: [{level: Metadata}]`);
  await using _server = server;
  const { metadata } = await server.ask("POST", maps, { body: configMap("a") });
  const { uid, resourceVersion } = metadata;
  const body = configMap("a", { x: "1" }, { uid, resourceVersion });
  await server.ask("PUT", `${maps}/a`, { body });
  await server.ask("PUT", `${maps}/a`, { body: configMap("a", { x: "2" }) });
  const refs = kept()
    .filter(({ stage }) => stage === "ResponseComplete")
    .map(({ objectRef }) => objectRef);
  const plain = { resource: "configmaps", namespace: "blue", name: "a", apiVersion: "v1" };
  deepEqual(refs, [plain, { ...plain, uid, resourceVersion }, plain]);
});

test("managed fields can be left out, of lists too", async () => {
  const { server, kept } = await setUp(
    `${head}rules: [{level: RequestResponse, omitManagedFields: true, omitStages: [RequestReceived]}]`,
  );
  await using _server = server;
  await server.ask("POST", maps, { body: configMap("a") });
  await server.ask("GET", maps);
  const [made, listed] = kept();
  equal(made.responseObject.metadata.managedFields, undefined);
  equal(listed.responseObject.kind, "ConfigMapList");
  deepEqual(
    listed.responseObject.items.map((item: Loose) => [
      item.metadata.name,
      item.metadata.managedFields,
    ]),
    [["a", undefined]],
  );
});

test("at the level Metadata no body is kept, but why a request was refused", async () => {
  const { server, kept } = await setUp(
    `${head}rules: [{level: Metadata, omitStages: [RequestReceived]}]`,
    {
      mayDo: ({ verb }) => verb !== "delete",
    },
  );
  await using _server = server;
  await server.refused("PUT", `${maps}/none`, { body: configMap("other") });
  await server.refused("DELETE", `${maps}/none`);
  const [bad, forbidden] = kept();
  equal("requestObject" in bad || "responseObject" in bad, false);
  deepEqual([bad.responseStatus.reason, bad.responseStatus.code], ["BadRequest", 400]);
  deepEqual(brief(forbidden), [
    "Metadata",
    "ResponseComplete",
    "delete",
    "admin",
    "none",
    403,
    "forbid",
  ]);
});

test("what the policy does not want leaves no trace", async () => {
  const { server, kept, metrics } = await setUp(
    `${head}rules: [{level: None, verbs: [get]}, {level: Metadata}]`,
  );
  await using _server = server;
  const response = await server.send("GET", `${maps}/a`);
  equal(response.headers?.["audit-id"], undefined);
  deepEqual(kept(), []);
  await server.ask("GET", maps);
  equal(kept().length, 2);
  const text = await metrics.text();
  match(text, /apiserver_audit_level_total\{level="None"\} 1\n/);
  match(text, /apiserver_audit_level_total\{level="Metadata"\} 1\n/);
  match(text, /apiserver_audit_event_total 2\n/);
});

test("whom the caller acts as is kept beside the caller", async () => {
  const { server, kept } = await setUp(everything);
  await using _server = server;
  await server.send("GET", maps, { headers: { "impersonate-user": "jane" } });
  const [first, second] = kept();
  equal(first.impersonatedUser, undefined);
  deepEqual(
    [second.user.username, second.impersonatedUser, second.authenticationMetadata],
    [
      "admin",
      { username: "jane", groups: ["system:authenticated"] },
      { impersonationConstraint: "impersonate:user-info" },
    ],
  );
});

test("a watch is kept when it began and when it ended", async () => {
  const { server, kept } = await setUp(everything);
  await using _server = server;
  const watch = await server.watch(`${maps}?watch=1`);
  deepEqual(
    kept().map(({ stage }) => stage),
    ["RequestReceived", "ResponseStarted"],
  );
  await server.ask("POST", maps, { body: configMap("a") });
  deepEqual(await watch.take(1), ["ADDED a"]);
  kept();
  await watch.end();
  await watch.end();
  deepEqual(kept().map(brief), [
    ["RequestResponse", "ResponseComplete", "watch", "admin", undefined, 200, "allow"],
  ]);
});

test("who is not known is kept as well, under no name", async () => {
  const { server, kept } = await setUp(everything);
  await using _server = server;
  const response = await server.handle({
    method: "GET",
    path: maps,
    query: new URLSearchParams(),
    headers: {},
    body: { is: "none" },
    caller: { is: "peer", peer: { address: "::ffff:192.0.2.9" } },
    signal: new AbortController().signal,
  });
  equal(response.status, 401);
  const [event, ...others] = kept();
  deepEqual(others, []);
  deepEqual(brief(event), [
    "RequestResponse",
    "ResponseStarted",
    "list",
    undefined,
    undefined,
    401,
    undefined,
  ]);
  deepEqual(event.user, {});
  deepEqual(event.sourceIPs, ["192.0.2.9"]);
});

test("a bug of ours is kept as a panic", async () => {
  const { server, kept } = await setUp(everything, {
    mayDo: () => {
      throw new TypeError("broken");
    },
  });
  await using _server = server;
  equal((await server.send("GET", maps)).status, 500);
  const [, event] = kept();
  deepEqual([event.stage, event.responseStatus.message], ["Panic", "APIServer panic'd: broken"]);
});
