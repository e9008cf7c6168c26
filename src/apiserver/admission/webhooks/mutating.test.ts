import { deepEqual, equal, match } from "node:assert/strict";
import { test } from "node:test";
import {
  adding,
  configMap,
  configMaps,
  configurations,
  hook,
  rule,
  startHooked,
} from "./testing.ts";
import type { WebhookFunction } from "./functions.ts";

const pods = "/api/v1/namespaces/default/pods";
const pod = (name: string, more: object = {}) => ({
  body: { metadata: { name }, spec: { containers: [{ name: "c", image: "i" }], ...more } },
});
const podRule = rule({ resources: ["pods"] });

test("webhooks change the object one after the other, in the order of their names", async () => {
  const seen: unknown[] = [];
  const looking =
    (key: string): WebhookFunction =>
    (request, signal) => {
      seen.push(Object.keys(request.object.data ?? {}));
      return adding(key)(request, signal);
    };
  const { configure, ask } = await startHooked({ one: looking("one"), two: looking("two") });
  await configure("mutating", "two");
  await configure("mutating", "one");
  const { data } = await ask("POST", configMaps, configMap("a", { data: { zero: "0" } }));
  deepEqual(data, { one: "yes", two: "yes", zero: "0" });
  deepEqual(seen, [["zero"], ["one", "zero"]]);
});

test("mutation begins and ends with the rules, and with the configuration", async () => {
  const { configure, ask } = await startHooked({ one: adding("one") });
  const dataOf = async (name: string) => (await ask("POST", configMaps, configMap(name))).data;
  await configure("mutating", "one");
  deepEqual(await dataOf("a"), { one: "yes" });
  const one = `${configurations("mutating")}/one`;
  const found = await ask("GET", one);
  found.webhooks[0].rules[0].operations = ["UPDATE"];
  await ask("PUT", one, { body: found });
  equal(await dataOf("b"), undefined);
  await ask("PATCH", one, {
    headers: { "content-type": "application/json-patch+json" },
    body: [{ op: "replace", path: "/webhooks/0/rules/0/operations", value: ["CREATE"] }],
  });
  deepEqual(await dataOf("c"), { one: "yes" });
  await ask("DELETE", configurations("mutating"));
  equal(await dataOf("d"), undefined);
});

test("webhooks of one configuration are asked as they are listed", async () => {
  const { ask } = await startHooked({ z: adding("z"), a: adding("a") });
  const webhooks = [hook("z"), { ...hook("a"), objectSelector: { matchLabels: { no: "way" } } }];
  await ask("POST", configurations("mutating"), { body: { metadata: { name: "w" }, webhooks } });
  deepEqual((await ask("POST", configMaps, configMap("a"))).data, { z: "yes" });
});

test("what a webhook adds gets defaults, and what it makes up is left out", async () => {
  const { configure, ask } = await startHooked({
    inject: () => ({
      allowed: true,
      patch: [
        { op: "add", path: "/spec/initContainers", value: [{ name: "init", image: "i" }] },
        { op: "add", path: "/spec/madeUp", value: 1 },
      ],
    }),
  });
  await configure("mutating", "inject", { rules: [podRule] });
  const { spec } = await ask("POST", pods, pod("p"));
  equal(spec.initContainers[0].terminationMessagePolicy, "File");
  equal(spec.madeUp, undefined);
});

test("what a webhook makes of an object is validated", async () => {
  const { configure, refused } = await startHooked({
    spoil: () => ({ allowed: true, patch: [{ op: "remove", path: "/spec/containers/0/image" }] }),
  });
  await configure("mutating", "spoil", { rules: [podRule] });
  match((await refused("POST", pods, pod("p"))).message, /spec\.containers\[0\]\.image/);
});

test("what the server derives of an object follows from what webhooks made of it", async () => {
  const resources = { limits: { cpu: "1", memory: "1Gi" } };
  const { configure, ask } = await startHooked({
    limit: () => ({
      allowed: true,
      patch: [{ op: "add", path: "/spec/containers/0/resources", value: resources }],
    }),
  });
  await configure("mutating", "limit", { rules: [podRule] });
  const { spec, status } = await ask("POST", pods, pod("p"));
  deepEqual(
    [spec.containers[0].resources.requests, status.qosClass],
    [resources.limits, "Guaranteed"],
  );
});

test("after a change, built-in plugins see the object again", async () => {
  const { configure, ask } = await startHooked({
    sidecar: ({ object }) => ({
      allowed: true,
      patch:
        object.spec.containers.length > 1
          ? []
          : [{ op: "add", path: "/spec/containers/-", value: { name: "side", image: "i" } }],
    }),
  });
  await configure("mutating", "sidecar", { rules: [podRule] });
  const { spec } = await ask("POST", pods, pod("p"));
  const mounts = spec.containers.map(
    ({ volumeMounts }: { volumeMounts: { mountPath: string }[] }) =>
      volumeMounts.map(({ mountPath }) => mountPath),
  );
  const token = "/var/run/secrets/kubernetes.io/serviceaccount";
  deepEqual([mounts, spec.volumes.length], [[[token], [token]], 1]);
});

test("what built-in plugins change in their second look is news to webhooks", async () => {
  const mounts: number[] = [];
  const { configure, ask } = await startHooked({
    sidecar: ({ object }) => {
      const [, side] = object.spec.containers;
      mounts.push(side?.volumeMounts?.length ?? 0);
      const value = { name: "side", image: "i" };
      return {
        allowed: true,
        patch: side ? [] : [{ op: "add", path: "/spec/containers/-", value }],
      };
    },
  });
  await configure("mutating", "sidecar", { rules: [podRule], reinvocationPolicy: "IfNeeded" });
  await ask("POST", pods, pod("p"));
  deepEqual(mounts, [0, 1]);
});

test("a webhook that wants to see later changes is asked once more, others are not", async () => {
  for (const [policy, rounds] of [
    ["IfNeeded", 2],
    ["Never", 1],
  ] as const) {
    const calls: string[] = [];
    const counting =
      (name: string, decide: WebhookFunction): WebhookFunction =>
      (request, signal) => (calls.push(name), decide(request, signal));
    const { configure, ask } = await startHooked({
      early: counting("early", ({ object }) => ({
        allowed: true,
        patch: object.data?.late ? [{ op: "add", path: "/data/seen", value: "late" }] : [],
      })),
      late: counting("late", adding("late")),
    });
    await configure("mutating", "early", { reinvocationPolicy: policy });
    await configure("mutating", "late", { reinvocationPolicy: policy });
    const { data } = await ask("POST", configMaps, configMap("a"));
    equal(calls.filter((name) => name === "early").length, rounds);
    // Its own change is no news to it.
    equal(calls.filter((name) => name === "late").length, rounds);
    deepEqual(data, rounds === 2 ? { late: "yes", seen: "late" } : { late: "yes" });
  }
});

test("nobody is asked again when nothing changed", async () => {
  let calls = 0;
  const { configure, ask } = await startHooked({
    look: () => (
      calls++,
      { allowed: true, patch: [{ op: "test", path: "/kind", value: "ConfigMap" }] }
    ),
  });
  await configure("mutating", "look", { reinvocationPolicy: "IfNeeded" });
  await ask("POST", configMaps, configMap("a"));
  equal(calls, 1);
});

test("a patch that does not fit is an error of the server", async () => {
  const { configure, refused } = await startHooked({
    bad: () => ({ allowed: true, patch: [{ op: "remove", path: "/data/none" }] }),
    odd: () => ({ allowed: true, patch: [{ op: "add", path: "/data", value: 7 }] }),
  });
  await configure("mutating", "bad", { objectSelector: { matchLabels: { a: "bad" } } });
  await configure("mutating", "odd", { objectSelector: { matchLabels: { a: "odd" } } });
  const create = (a: string) =>
    refused("POST", configMaps, { body: { metadata: { name: "x", labels: { a } } } });
  for (const [label, text] of [
    [
      "bad",
      /^Internal error occurred: remove operation does not apply: doc is missing path: "\/data\/none"/,
    ],
    ["odd", /^Internal error occurred: json: cannot unmarshal number into Go struct field/],
  ] as const) {
    const { code, message } = await create(label);
    equal(code, 500);
    match(message, text);
  }
});

test("a webhook may name a new object, but not move it, nor say what the server says", async () => {
  const { configure, ask, refused } = await startHooked({
    forge: ({ object }) => ({
      allowed: true,
      patch: [
        { op: "replace", path: "/metadata/name", value: "renamed" },
        { op: "replace", path: "/metadata/namespace", value: object.metadata.labels.to },
        { op: "replace", path: "/metadata/uid", value: "forged" },
        { op: "add", path: "/status", value: { phase: "Running" } },
      ],
    }),
  });
  await configure("mutating", "forge", { rules: [podRule] });
  const create = (to: string) => ({
    body: { ...pod("p").body, metadata: { name: "p", labels: { to } } },
  });
  equal(
    (await refused("POST", pods, create("kube-system"))).message,
    "the namespace of the provided object does not match the namespace sent on the request",
  );
  await ask("POST", pods, create("default"));
  const { metadata, status } = await ask("GET", `${pods}/renamed`);
  deepEqual([metadata.uid === "forged", status.phase], [false, "Pending"]);
  match(
    (await refused("PUT", `${pods}/renamed`, { body: { metadata, spec: pod("").body.spec } }))
      .message,
    /^Pod "renamed" is invalid/,
  );
});

test("a webhook that mutates is told of deletions, but has nothing to change", async () => {
  const { configure, ask, refused } = await startHooked({
    change: ({ oldObject }) =>
      oldObject.metadata.name === "kept"
        ? { allowed: true, patch: [{ op: "add", path: "/data", value: {} }] }
        : { allowed: true },
  });
  await ask("POST", configMaps, configMap("kept"));
  await ask("POST", configMaps, configMap("other"));
  await configure("mutating", "change", { rules: [rule({ operations: ["DELETE"] })] });
  await ask("DELETE", `${configMaps}/other`);
  equal(
    (await refused("DELETE", `${configMaps}/kept`)).message,
    'Internal error occurred: admission webhook "change.test.k8ts.io" attempted to modify the object, which is not supported for this operation',
  );
});

test("a binding can be changed on its way", async () => {
  const { configure, ask } = await startHooked({
    elsewhere: ({ object, kind }) => ({
      allowed: [kind.kind, object.kind].join() === "Binding,Binding",
      patch: [{ op: "replace", path: "/target/name", value: "better" }],
    }),
  });
  for (const name of ["good", "better"])
    await ask("POST", "/api/v1/nodes", { body: { metadata: { name } } });
  await ask("POST", pods, pod("p"));
  await configure("mutating", "elsewhere", { rules: [rule({ resources: ["pods/binding"] })] });
  await ask("POST", `${pods}/p/binding`, {
    body: { metadata: { name: "p" }, target: { kind: "Node", name: "good" } },
  });
  equal((await ask("GET", `${pods}/p`)).spec.nodeName, "better");
});

test("the options of a connection cannot be changed", async () => {
  const { configure, ask, refused } = await startHooked({
    quiet: () => ({ allowed: true, patch: [{ op: "remove", path: "/stdout" }] }),
  });
  await ask("POST", pods, pod("p"));
  const rules = [rule({ operations: ["CONNECT"], resources: ["pods/attach"] })];
  await configure("mutating", "quiet", { rules });
  match(
    (await refused("POST", `${pods}/p/attach?stdout=true`)).message,
    /attempted to modify the object, which is not supported for this operation$/,
  );
});

test("an eviction is one request: webhooks are not asked about the deletion in it", async () => {
  const seen: string[] = [];
  const { configure, ask } = await startHooked({
    look: ({ operation, subResource = "", kind }) => {
      seen.push(`${operation} ${kind.kind} ${subResource}`.trim());
      return { allowed: true };
    },
  });
  await ask("POST", pods, pod("p"));
  const rules = [rule({ operations: ["*"], resources: ["pods", "pods/*"] })];
  await configure("mutating", "look", { rules });
  await ask("POST", `${pods}/p/eviction`, { body: { metadata: { name: "p" } } });
  deepEqual(seen, ["CREATE Eviction eviction"]);
});
