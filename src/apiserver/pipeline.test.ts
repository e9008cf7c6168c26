import { deepEqual, equal, match } from "node:assert/strict";
import { test } from "node:test";
import type { AnyKind } from "#api/kind.ts";
import { ConfigMap } from "#api/core/configmap.ts";
import type { Log } from "#base/log.ts";
import { silent } from "#base/log.ts";
import { defineAdmission } from "./admission/admission.ts";
import type { Attributes } from "./authz/authorizer.ts";
import { seatsMax } from "./fairness/numbers.ts";
import { allKinds, bodyOf, configMap, startTestServer } from "./testing.ts";

const maps = "/api/v1/namespaces/default/configmaps";
const jane = { name: "jane", groups: ["system:authenticated"] };

const denials: readonly [target: string, message: string][] = [
  [
    "/api/v1/namespaces/default/pods",
    'pods is forbidden: User "jane" cannot list resource "pods" in API group "" in the namespace "default"',
  ],
  [
    "/api/v1/namespaces/default/pods/web",
    'pods "web" is forbidden: User "jane" cannot get resource "pods" in API group "" in the namespace "default"',
  ],
  [
    "/apis/apps/v1/deployments",
    'deployments.apps is forbidden: User "jane" cannot list resource "deployments" in API group "apps" at the cluster scope',
  ],
  [
    "/api/v1/namespaces/default/pods/web/log",
    'pods "web" is forbidden: User "jane" cannot get resource "pods/log" in API group "" in the namespace "default"',
  ],
  ["/secret/place", 'forbidden: User "jane" cannot get path "/secret/place"'],
];

for (const [target, message] of denials) {
  test(`403 for ${target}`, async () => {
    await using server = await startTestServer({ mayDo: () => false });
    const status = await server.refused("GET", target, { as: jane });
    deepEqual([status.code, status.reason, status.message], [403, "Forbidden", message]);
  });
}

test("the authorizer is told what the request is about", async () => {
  const seen: Partial<Attributes>[] = [];
  await using server = await startTestServer({
    mayDo: ({ user: _user, ...rest }) => {
      seen.push(rest);
      return true;
    },
  });
  await server.send("GET", `${maps}?watch=true&fieldSelector=metadata.name%3Dx&timeoutSeconds=1`);
  await server.send("PATCH", "/apis/apps/v1/namespaces/n/deployments/d/status");
  await server.send("DELETE", "/apis/apps/v1/namespaces/n/deployments");
  await server.send("GET", "/api/v1/namespaces/n");
  await server.send("GET", "/version");
  const brief = seen.map(({ verb, resource, subresource, namespace, name }) =>
    [verb, resource, subresource, namespace, name].join("|"),
  );
  deepEqual(brief, [
    "watch|configmaps||default|x",
    "patch|deployments|status|n|d",
    "deletecollection|deployments||n|",
    "get|namespaces||n|n",
    "get||||",
  ]);
  equal(seen[0]?.fieldSelector, "metadata.name=x");
});

test("who brings no credentials is 401", async () => {
  await using server = await startTestServer();
  const { handle } = server;
  const response = await handle({
    method: "GET",
    path: maps,
    query: new URLSearchParams(),
    headers: {},
    body: { is: "none" },
    caller: { is: "peer", peer: { address: "1.2.3.4" } },
    signal: new AbortController().signal,
  });
  equal(response.status, 401);
  equal(bodyOf(response).message, "Unauthorized");
});

test("impersonation needs permission for each thing, then acts with those rights", async () => {
  const asked: string[] = [];
  await using server = await startTestServer({
    mayDo: ({ verb, user, resource, name, subresource }) => {
      if (verb === "impersonate") asked.push(`${resource}/${subresource}=${name}`);
      return verb === "impersonate" ? name !== "root" : user.groups.includes("devs");
    },
  });
  const headers = {
    "impersonate-user": "system:serviceaccount:ns:bot",
    "impersonate-group": "devs, ops",
    "impersonate-extra-reason": "test",
  };
  equal((await server.send("GET", maps, { headers })).status, 200);
  deepEqual(asked, [
    "serviceaccounts/=bot",
    "groups/=devs",
    "groups/=ops",
    "userextras/reason=test",
  ]);
  const root = await server.refused("GET", maps, { headers: { "impersonate-user": "root" } });
  equal(
    root.message,
    'users "root" is forbidden: User "admin" cannot impersonate resource "users" in API group "" at the cluster scope',
  );
  const nobody = await server.refused("GET", maps, { headers: { "impersonate-group": "devs" } });
  deepEqual(
    [nobody.code, nobody.message],
    [
      400,
      'requested &user.DefaultInfo{Name:"", UID:"", Groups:[]string{"devs"}, Extra:map[string][]string(nil)} without impersonating a user name',
    ],
  );
});

const boom = defineAdmission<ConfigMap>({
  name: "Boom",
  on: [ConfigMap as AnyKind],
  when: ["CREATE"],
  validate: () => {
    throw new TypeError("a bug");
  },
});

test("a bug is a 500 in the answer and an error in the log, not the end", async () => {
  const logged: string[] = [];
  const log: Log = { ...silent, error: (message) => void logged.push(message) };
  await using server = await startTestServer({ admission: [boom], log });
  const status = await server.refused("POST", maps, { body: configMap("a") });
  deepEqual([status.code, status.reason], [500, "InternalError"]);
  equal(status.message, "Internal error occurred: a bug");
  equal(logged.length, 1);
  equal((await server.send("GET", maps)).status, 200);
});

test("a flood is turned away, but the administrators get through", async () => {
  const gate = Promise.withResolvers<void>();
  const slow = defineAdmission<ConfigMap>({
    name: "Slow",
    when: ["CREATE"],
    validate: () => gate.promise,
  });
  await using server = await startTestServer({ admission: [slow] });
  const flood = Array.from({ length: seatsMax }, (_, i) =>
    server.send("POST", maps, { body: configMap(`m${i}`), as: jane }),
  );
  const turnedAway = await server.send("POST", maps, { body: configMap("x"), as: jane });
  equal(turnedAway.status, 429);
  equal(turnedAway.headers?.["retry-after"], "1");
  equal(bodyOf(turnedAway).details.retryAfterSeconds, 1);
  const help = server.send("POST", maps, { body: configMap("help") });
  gate.resolve();
  equal((await help).status, 201);
  deepEqual([...new Set((await Promise.all(flood)).map(({ status }) => status))], [201]);
});

test("what takes for ever is answered, reading or writing", async () => {
  const stuck = defineAdmission<ConfigMap>({
    name: "Stuck",
    when: ["CREATE"],
    validate: () => new Promise<void>(() => {}),
  });
  const endpoints = [{ path: "/stuck", serve: () => new Promise<never>(() => {}) }];
  await using server = await startTestServer({ admission: [stuck], endpoints });
  const writing = server.refused("POST", maps, { body: configMap("a") });
  const reading = server.refused("GET", "/stuck");
  for (let i = 0; i < 20; i++) await Promise.resolve();
  server.clock.advance(59_999);
  let isAnswered = false;
  void Promise.race([reading, writing]).then(() => (isAnswered = true));
  for (let i = 0; i < 20; i++) await Promise.resolve();
  equal(isAnswered, false);
  server.clock.advance(1);
  for (const { code, reason, message } of [await writing, await reading])
    deepEqual(
      [code, reason, message],
      [504, "Timeout", "Timeout: request did not complete within the allotted timeout"],
    );
});

test("who waits no longer than he says is told so, reading or writing", async () => {
  const signals: AbortSignal[] = [];
  const stuck = defineAdmission<ConfigMap>({
    name: "Stuck",
    when: ["CREATE"],
    validate: (_object, { waiting }) => {
      if (waiting) signals.push(waiting.signal);
      return new Promise<void>(() => {});
    },
  });
  await using server = await startTestServer({ admission: [stuck] });
  const writing = server.refused("POST", `${maps}?timeout=2s`, { body: configMap("a") });
  const reading = server.refused("GET", `${maps}?timeout=1s&resourceVersion=99999`);
  for (let i = 0; i < 20; i++) await Promise.resolve();
  server.clock.advance(1_000);
  deepEqual([(await reading).code, (await reading).reason], [504, "Timeout"]);
  server.clock.advance(1_000);
  deepEqual([(await writing).code, (await writing).reason], [504, "Timeout"]);
  deepEqual(
    signals.map(({ aborted }) => aborted),
    [true],
  );
  const wrong = await server.refused("GET", `${maps}?timeout=soon`);
  deepEqual(
    [wrong.code, wrong.message],
    [400, 'invalid timeout specified in the request URL - time: invalid duration "soon"'],
  );
  for (const fine of ["0s", "2h", "30s"]) await server.ask("GET", `${maps}?timeout=${fine}`);
});

for (const [method, target, code, reason] of [
  ["GET", "/api/v2", 404, "NotFound"],
  ["GET", "/api/v1/namespaces/default/things", 404, "NotFound"],
  ["GET", "/api/v1/namespaces/default/namespaces", 404, "NotFound"],
  ["GET", `${maps}/a/status`, 404, "NotFound"],
  ["GET", `${maps}/a/nope`, 404, "NotFound"],
  ["POST", `${maps}/a`, 405, "MethodNotAllowed"],
  ["POST", "/api/v1/configmaps", 405, "MethodNotAllowed"],
  ["PUT", maps, 405, "MethodNotAllowed"],
  ["DELETE", "/api/v1/namespaces", 405, "MethodNotAllowed"],
  ["POST", "/version", 405, "MethodNotAllowed"],
  ["GET", "/api/v1/namespaces/%zz/configmaps", 400, "BadRequest"],
] as const) {
  test(`${method} ${target} is ${code}`, async () => {
    await using server = await startTestServer();
    const status = await server.refused(method, target);
    deepEqual([status.code, status.reason], [code, reason]);
  });
}

test("who asks for what is deprecated can be found", async () => {
  await using server = await startTestServer({ kinds: allKinds });
  const metrics = async (): Promise<string> => bodyOf(await server.send("GET", "/metrics"));
  const old =
    /apiserver_requested_deprecated_apis\{group="",removed_release="",resource="endpoints",subresource="",version="v1"\} 1/;
  equal(old.test(await metrics()), false);
  await server.send("GET", "/api/v1/namespaces/default/endpoints");
  match(await metrics(), old);
});

test("how checks went is told beside the other metrics", async () => {
  let problem: string | undefined;
  const check = { name: "moon", problem: () => problem };
  await using server = await startTestServer({ checks: [check] });
  await server.ask("GET", "/livez");
  problem = "it is cheese";
  await server.send("GET", "/livez");
  const text: string = bodyOf(await server.send("GET", "/metrics/slis"));
  match(text, /kubernetes_healthcheck\{name="moon",type="livez"\} 0/);
  match(text, /kubernetes_healthchecks_total\{name="moon",status="success",type="livez"\} 1/);
  match(text, /kubernetes_healthchecks_total\{name="moon",status="error",type="livez"\} 1/);
  equal(bodyOf(await server.send("GET", "/metrics")).includes("healthcheck"), false);
});

test("requests are counted under names that nobody from outside can invent", async () => {
  await using server = await startTestServer();
  await server.send("GET", maps);
  await server.send("GET", "/api/v1/namespaces/default/made-up");
  await server.send("GET", "/made/up");
  const text: string = bodyOf(await server.send("GET", "/metrics"));
  match(
    text,
    /apiserver_request_total\{code="200",component="apiserver",dry_run="",group="",resource="configmaps",scope="namespace",subresource="",verb="LIST",version="v1"\} 1/,
  );
  match(text, /apiserver_request_duration_seconds_bucket\{.*resource="configmaps"/);
  match(text, /apiserver_current_inflight_requests\{request_kind="readOnly"\} 1/);
  equal(/made[-/]up/.test(text), false);
  const watch = await server.watch(`${maps}?watch=1`);
  const open = /apiserver_longrunning_requests\{.*resource="configmaps".*verb="WATCH"/;
  match(bodyOf(await server.send("GET", "/metrics")), open);
  await watch.end();
  equal(open.test(bodyOf(await server.send("GET", "/metrics"))), false);
});
