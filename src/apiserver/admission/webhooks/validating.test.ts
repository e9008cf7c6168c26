import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import type { ReviewRequest } from "../matching/review-request.ts";
import {
  configMap,
  configMaps,
  configurations,
  denying,
  hook,
  rule,
  startHooked,
} from "./testing.ts";

test("a webhook refuses a write, with its reason", async () => {
  const { configure, refused, ask } = await startHooked({ no: denying("not today") });
  await ask("POST", configMaps, configMap("before"));
  await configure("validating", "no");
  const created = await refused("POST", configMaps, configMap("a"));
  const text = 'admission webhook "no.test.k8ts.io" denied the request: not today';
  deepEqual([created.code, created.message], [400, text]);
  for (const method of ["PUT", "PATCH"] as const) {
    const type = method === "PATCH" ? { "content-type": "application/merge-patch+json" } : {};
    const change = { ...configMap("before", { data: { a: "b" } }), headers: type };
    equal((await refused(method, `${configMaps}/before`, change)).message, text);
  }
  equal((await refused("GET", `${configMaps}/a`)).code, 404);
});

test("status of a refusal is passed on: code, reason, details; or nothing is explained", async () => {
  const causes = [{ reason: "FieldValueInvalid", message: "bad", field: "data" }];
  const { configure, refused, send } = await startHooked({
    teapot: () => ({
      allowed: false,
      status: { code: 418, reason: "Teapot", details: { causes } } as object,
    }),
    silent: () => ({ allowed: false, status: { code: 200 } }),
  });
  await configure("validating", "teapot", { objectSelector: { matchLabels: { a: "teapot" } } });
  await configure("validating", "silent", { objectSelector: { matchLabels: { a: "silent" } } });
  const labelled = (a: string) => ({ body: { metadata: { name: "x", labels: { a } } } });
  const { body } = await send("POST", configMaps, labelled("teapot"));
  ok(body.is === "object");
  deepEqual(body.sealed.object, {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message: 'admission webhook "teapot.test.k8ts.io" denied the request: Teapot',
    reason: "Teapot",
    details: { causes },
    code: 418,
  });
  const silent = await refused("POST", configMaps, labelled("silent"));
  const text = 'admission webhook "silent.test.k8ts.io" denied the request without explanation';
  deepEqual([silent.code, silent.message], [400, text]);
});

test("a configuration is in force as soon as it is written, changed or gone", async () => {
  const { configure, refused, ask } = await startHooked({ no: denying("no") });
  await configure("validating", "no");
  await refused("POST", configMaps, configMap("a"));
  const patch = (operations: readonly string[]) =>
    ask("PATCH", `${configurations("validating")}/no`, {
      headers: { "content-type": "application/json-patch+json" },
      body: [{ op: "replace", path: "/webhooks/0/rules/0/operations", value: operations }],
    });
  await patch(["UPDATE"]);
  await ask("POST", configMaps, configMap("b"));
  await patch(["CREATE"]);
  await refused("POST", configMaps, configMap("c"));
  await ask("DELETE", configurations("validating"));
  await ask("POST", configMaps, configMap("c"));
});

test("deletions are shown the object as it was, with their options", async () => {
  const seen: ReviewRequest[] = [];
  const { configure, refused, ask } = await startHooked({
    keep: (request) => (seen.push(request), { allowed: false, status: { message: "keep it" } }),
  });
  await ask("POST", configMaps, configMap("a"));
  await configure("validating", "keep", { rules: [rule({ operations: ["DELETE"] })] });
  await refused("DELETE", `${configMaps}/a?gracePeriodSeconds=3`);
  await refused("DELETE", configMaps);
  const [{ object, oldObject, options, name, operation } = {}] = seen as Partial<ReviewRequest>[];
  deepEqual([object, oldObject.metadata.name, name, operation], [null, "a", "a", "DELETE"]);
  const type = { kind: "DeleteOptions", apiVersion: "meta.k8s.io/v1" };
  deepEqual(options, { ...type, gracePeriodSeconds: 3 });
  equal((await ask("GET", `${configMaps}/a`)).metadata.name, "a");
});

test("the question says who wants what, and how", async () => {
  const seen: ReviewRequest[] = [];
  const { configure, ask } = await startHooked({
    look: (request) => (seen.push(request), { allowed: true }),
  });
  await configure("validating", "look");
  const as = { name: "eve", uid: "7", groups: ["system:masters"], extra: { a: ["b"] } };
  await ask("POST", `${configMaps}?dryRun=All&fieldManager=me`, { ...configMap("a"), as });
  const [{ uid, object, ...request } = {} as Partial<ReviewRequest>] = seen;
  ok(uid);
  deepEqual(
    [object.kind, object.apiVersion, object.metadata.namespace],
    ["ConfigMap", "v1", "default"],
  );
  const kind = { group: "", version: "v1", kind: "ConfigMap" };
  const resource = { group: "", version: "v1", resource: "configmaps" };
  deepEqual(request, {
    kind,
    resource,
    requestKind: kind,
    requestResource: resource,
    name: "a",
    namespace: "default",
    operation: "CREATE",
    userInfo: {
      username: "eve",
      uid: "7",
      groups: ["system:masters", "system:authenticated"],
      extra: { a: ["b"] },
    },
    oldObject: null,
    dryRun: true,
    options: {
      kind: "CreateOptions",
      apiVersion: "meta.k8s.io/v1",
      dryRun: ["All"],
      fieldManager: "me",
    },
  });
});

test("connections can be refused: attach", async () => {
  const seen: ReviewRequest[] = [];
  const { configure, refused, ask } = await startHooked({
    attach: (request) => (seen.push(request), { allowed: false, status: { message: "hands off" } }),
  });
  const pods = "/api/v1/namespaces/default/pods";
  const spec = { containers: [{ name: "c", image: "i" }] };
  await ask("POST", pods, { body: { metadata: { name: "p" }, spec } });
  const rules = [rule({ operations: ["CONNECT"], resources: ["pods/attach"] })];
  await configure("validating", "attach", { rules });
  const { message } = await refused("POST", `${pods}/p/attach?stdout=true`);
  equal(message, 'admission webhook "attach.test.k8ts.io" denied the request: hands off');
  const [{ object, kind, subResource, options } = {} as Partial<ReviewRequest>] = seen;
  deepEqual(
    [object.kind, object.stdout, kind?.kind, subResource, options],
    ["PodAttachOptions", true, "PodAttachOptions", "attach", null],
  );
});

test("all webhooks are asked at once; the first refusal in order is the answer", async () => {
  const both = Promise.withResolvers<void>();
  let waiting = 0;
  const meet = async (message: string) => {
    if (++waiting === 2) both.resolve();
    await both.promise;
    return { allowed: false, status: { message } };
  };
  const { configure, refused } = await startHooked({
    a: () => meet("first"),
    b: () => meet("second"),
  });
  await configure("validating", "b");
  await configure("validating", "a");
  const { message } = await refused("POST", configMaps, configMap("x"));
  equal(message, 'admission webhook "a.test.k8ts.io" denied the request: first');
});

test("a webhook warns", async () => {
  const { configure, send } = await startHooked({
    warn: () => ({ allowed: true, warnings: ["mind the gap"] }),
  });
  await configure("validating", "warn");
  const { headers } = await send("POST", configMaps, configMap("a"));
  equal(headers?.["warning"], '299 - "mind the gap"');
});

test("webhooks cannot touch configurations of webhooks", async () => {
  const { configure, ask } = await startHooked({ no: denying("mine"), also: denying("mine") });
  const rules = [
    rule({ operations: ["*"], apiGroups: ["*"], apiVersions: ["*"], resources: ["*/*"] }),
  ];
  await configure("validating", "no", { rules });
  await configure("mutating", "also", { rules });
  const other = { metadata: { name: "other" }, webhooks: [hook("no")] };
  await ask("POST", configurations("mutating"), { body: other });
  await ask("POST", configurations("validating"), { body: other });
  await ask("DELETE", configurations("mutating"));
  await ask("DELETE", configurations("validating"));
  await ask("POST", configMaps, configMap("a"));
});
