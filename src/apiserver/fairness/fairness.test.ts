import { deepEqual, equal, match, ok } from "node:assert/strict";
import { test } from "node:test";
import { FlowSchema } from "#api/flowcontrol/flowschema.ts";
import { PriorityLevelConfiguration } from "#api/flowcontrol/prioritylevelconfiguration.ts";
import { ConfigMap } from "#api/core/configmap.ts";
import type { ApiResponse, User } from "#api/request.ts";
import { ensure } from "../bootstrap/ensure.ts";
import { flowControl } from "../bootstrap/flow-control.ts";
import { type Admission, defineAdmission } from "../admission/admission.ts";
import { bodyOf, configMap, startTestServer, type TestServer } from "../testing.ts";

const kinds = [ConfigMap, FlowSchema, PriorityLevelConfiguration];
const group = "/apis/flowcontrol.apiserver.k8s.io/v1";

const someone = (name: string): User => ({ name, groups: ["system:authenticated"] });

/** Writes stop here until they are let go, by name. */
function held() {
  const holding = new Map<string, () => void>();
  const plugin = defineAdmission<ConfigMap>({
    name: "Hold",
    on: [ConfigMap],
    when: ["CREATE"],
    validate: (_, { name }) => new Promise<void>((resolve) => void holding.set(name, resolve)),
  });
  const release = async (name: string): Promise<void> => {
    holding.get(name)?.();
    holding.delete(name);
    await settled();
  };
  return { plugin, release, names: () => [...holding.keys()] };
}

const level = (name: string, limited: object): object => ({
  apiVersion: "flowcontrol.apiserver.k8s.io/v1",
  kind: "PriorityLevelConfiguration",
  metadata: { name },
  spec: { type: "Limited", limited },
});

const schema = (name: string, to: string, more: object = {}): object => ({
  apiVersion: "flowcontrol.apiserver.k8s.io/v1",
  kind: "FlowSchema",
  metadata: { name },
  spec: {
    priorityLevelConfiguration: { name: to },
    matchingPrecedence: 500,
    distinguisherMethod: { type: "ByUser" },
    rules: [
      {
        subjects: [{ kind: "Group", group: { name: "system:authenticated" } }],
        resourceRules: [
          { verbs: ["create"], apiGroups: [""], resources: ["configmaps"], namespaces: ["*"] },
        ],
      },
    ],
    ...more,
  },
});

const settled = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
};

async function withLevel(limited: object, holding?: Admission): Promise<TestServer> {
  const server = await startTestServer({ kinds, seats: 492, admission: holding ? [holding] : [] });
  const how = {
    user: someone("root"),
    fieldManager: "test",
    dryRun: false,
    warnings: [],
    waiting: new AbortController(),
  };
  await Promise.all(flowControl.map((one) => ensure(server.registry, one, how)));
  await server.ask("POST", `${group}/prioritylevelconfigurations`, { body: level("own", limited) });
  await server.ask("POST", `${group}/flowschemas`, { body: schema("own", "own") });
  await settled();
  return server;
}

const makes = (server: TestServer, name: string, user: string): Promise<ApiResponse> =>
  server.send("POST", "/api/v1/namespaces/a/configmaps", {
    body: configMap(name),
    as: someone(user),
  });

const refusing = { nominalConcurrencyShares: 1, limitResponse: { type: "Reject" } };
const queuing = (queuesOf: object) => ({
  nominalConcurrencyShares: 1,
  limitResponse: { type: "Queue", queuing: queuesOf },
});

test("an answer says which schema and level the request belonged to", async () => {
  await using server = await withLevel(refusing);
  const own = await server.ask("GET", `${group}/flowschemas/own`);
  const its = await server.ask("GET", `${group}/prioritylevelconfigurations/own`);
  const { headers } = await makes(server, "x", "bob");
  equal(headers?.["x-kubernetes-pf-flowschema-uid"], own.metadata.uid);
  equal(headers?.["x-kubernetes-pf-prioritylevel-uid"], its.metadata.uid);
  const path = "/api/v1/namespaces/a/configmaps/y";
  const failed = await server.send("GET", path, { as: someone("bob") });
  equal(failed.status, 404);
  const general = await server.ask("GET", `${group}/flowschemas/global-default`);
  equal(failed.headers?.["x-kubernetes-pf-flowschema-uid"], general.metadata.uid);
});

test("a level that does not queue refuses what it has no seat for, and only that", async () => {
  const { plugin, release, names } = held();
  await using server = await withLevel(refusing, plugin);
  const served = [makes(server, "a", "bob"), makes(server, "b", "eve")];
  await settled();
  deepEqual(names(), ["a", "b"]);
  const refused = await makes(server, "c", "sue");
  equal(refused.status, 429);
  equal(refused.headers?.["retry-after"], "1");
  ok(refused.headers?.["x-kubernetes-pf-prioritylevel-uid"]);
  const { reason, message } = bodyOf(refused);
  deepEqual([reason, message], ["TooManyRequests", "Too many requests, please try again later."]);
  const byAdmin = server.send("POST", "/api/v1/namespaces/a/configmaps", { body: configMap("d") });
  await settled();
  deepEqual(names(), ["a", "b", "d"], "the exempt level has seats for everybody");
  for (const name of names()) await release(name);
  equal((await byAdmin).status, 201);
  deepEqual(
    (await Promise.all(served)).map(({ status }) => status),
    [201, 201],
  );
});

test("flows that wait are served in fair turns, however much one of them wants", async () => {
  const { plugin, release, names } = held();
  const queues = { queues: 64, handSize: 4, queueLengthLimit: 50 };
  await using server = await withLevel(queuing(queues), plugin);
  const greedy = ["g1", "g2", "g3", "g4", "g5", "g6"].map((name) => makes(server, name, "greedy"));
  await settled();
  const modest = makes(server, "m1", "modest");
  await settled();
  deepEqual(names(), ["g1", "g2"]);
  await release("g1");
  await release("g2");
  ok(names().includes("m1"), `after two of the other one's: ${names().join(" ")}`);
  while (names().length > 0) await release(names()[0] ?? "");
  const all = await Promise.all([...greedy, modest]);
  deepEqual([...new Set(all.map(({ status }) => status))], [201]);
});

test("a queue takes no more than its length, and keeps nobody longer than a while", async () => {
  const { plugin, release, names } = held();
  await using server = await withLevel(
    {
      ...queuing({ queues: 1, handSize: 1, queueLengthLimit: 1 }),
      borrowingLimitPercent: 0,
    },
    plugin,
  );
  const served = [makes(server, "a", "bob"), makes(server, "b", "bob")];
  await settled();
  const waiting = makes(server, "c", "bob");
  await settled();
  equal((await makes(server, "d", "bob")).status, 429, "the queue is full");
  server.clock.advance(15_000);
  equal((await waiting).status, 429, "it waited for too long");
  const text = await server.metrics.text();
  const labels = 'flow_schema="own",priority_level="own"';
  for (const reason of ["queue-full", "time-out"])
    match(text, new RegExp(`rejected_requests_total\\{${labels},reason="${reason}"\\} 1\n`));
  match(text, new RegExp(`apiserver_flowcontrol_current_executing_seats\\{${labels}\\} 2\n`));
  match(text, /apiserver_flowcontrol_nominal_limit_seats\{priority_level="own"\} 2\n/);
  for (const name of names()) await release(name);
  await Promise.all(served);
});

test("who no longer waits for an answer leaves the queue", async () => {
  const { plugin, release, names } = held();
  await using server = await withLevel(
    queuing({ queues: 1, handSize: 1, queueLengthLimit: 1 }),
    plugin,
  );
  const served = [makes(server, "a", "bob"), makes(server, "b", "bob")];
  await settled();
  const leaving = new AbortController();
  const gone = server.send("POST", "/api/v1/namespaces/a/configmaps", {
    body: configMap("c"),
    as: someone("bob"),
    signal: leaving.signal,
  });
  await settled();
  leaving.abort();
  equal((await gone).status, 429);
  const next = makes(server, "d", "bob");
  await settled();
  while (names().length > 0) await release(names()[0] ?? "");
  equal((await next).status, 201, "its place was free again");
  await Promise.all(served);
});

test("a level that is short borrows seats that another one lends", async () => {
  const { plugin, release, names } = held();
  const limited = queuing({ queues: 8, handSize: 2, queueLengthLimit: 50 });
  await using server = await withLevel(limited, plugin);
  // Two seats of its own; other levels lend theirs.
  const wanted = ["a", "b", "c", "d", "e", "f"].map((name) => makes(server, name, name));
  await settled();
  equal(names().length, 2);
  server.clock.advance(10_000);
  await settled();
  equal(names().length, 6, "with those that are borrowed all are served");
  while (names().length > 0) await release(names()[0] ?? "");
  await Promise.all(wanted);
  server.clock.advance(10_000);
  server.clock.advance(10_000);
  const seats = /current_limit_seats\{priority_level="own"\} 2\n/;
  match(await server.metrics.text(), seats, "they are given back when nobody is short");
});

test("a schema says whether the level that it names is there", async () => {
  await using server = await withLevel(refusing);
  const conditionOf = async (name: string) => {
    await settled();
    const { status } = await server.ask("GET", `${group}/flowschemas/${name}`);
    const [{ type, status: value, reason, message }] = status.conditions;
    return [type, value, reason, message];
  };
  const subject = "This FlowSchema references the PriorityLevelConfiguration object named";
  deepEqual(await conditionOf("own"), [
    "Dangling",
    "False",
    "Found",
    `${subject} "own" and it exists`,
  ]);
  await server.ask("DELETE", `${group}/prioritylevelconfigurations/own`);
  const missing = `${subject} "own" but there is no such object`;
  deepEqual(await conditionOf("own"), ["Dangling", "True", "NotFound", missing]);
  const { headers } = await makes(server, "x", "bob");
  const general = await server.ask("GET", `${group}/flowschemas/global-default`);
  equal(headers?.["x-kubernetes-pf-flowschema-uid"], general.metadata.uid, "it matches nothing");
});

test("built-in objects come back when they are deleted, or changed without saying so", async () => {
  await using server = await withLevel(refusing);
  await server.ask("DELETE", `${group}/prioritylevelconfigurations/own`);
  await settled();
  const path = `${group}/prioritylevelconfigurations/workload-low`;
  const found = await server.ask("GET", path);
  equal(found.metadata.annotations["apf.kubernetes.io/autoupdate-spec"], "true");
  found.spec.limited.nominalConcurrencyShares = 7;
  await server.ask("PUT", path, { body: found });
  await settled();
  equal((await server.ask("GET", path)).spec.limited.nominalConcurrencyShares, 100);
  const mine = await server.ask("GET", path);
  mine.metadata.annotations["apf.kubernetes.io/autoupdate-spec"] = "false";
  mine.spec.limited.nominalConcurrencyShares = 7;
  await server.ask("PUT", path, { body: mine });
  await settled();
  equal((await server.ask("GET", path)).spec.limited.nominalConcurrencyShares, 7);
  await server.ask("DELETE", `${group}/flowschemas/exempt`);
  await settled();
  ok(await server.ask("GET", `${group}/flowschemas/exempt`));
});

test("dumps show levels, queues and who waits in them", async () => {
  const { plugin, release, names } = held();
  const one = { queues: 1, handSize: 1, queueLengthLimit: 5 };
  await using server = await withLevel(queuing(one), plugin);
  const all = ["a", "b", "c"].map((name) => makes(server, name, "bob"));
  await settled();
  const dump = async (name: string): Promise<readonly string[]> => {
    const text = await server.ask("GET", `/debug/api_priority_and_fairness/${name}`);
    return String(text)
      .trimEnd()
      .split("\n")
      .map((line) => line.replaceAll(/, +/g, ", "));
  };
  const levels = await dump("dump_priority_levels");
  ok(levels.includes("own, 1, false, false, 1, 2"), levels.join("\n"));
  const requests = await dump("dump_requests?includeRequestDetails=1");
  const path = "/api/v1/namespaces/a/configmaps";
  equal(
    requests[1],
    `own, own, 0, 0, bob, 2026-01-01T00:00:00Z, 1, 0, 0s, bob, create, ${path}, a, , v1, configmaps,`,
  );
  const root = await server.ask("GET", "/");
  ok(!root.paths.some((listed: string) => listed.startsWith("/debug")));
  while (names().length > 0) await release(names()[0] ?? "");
  await Promise.all(all);
});
