import { deepEqual, equal, match } from "node:assert/strict";
import { test } from "node:test";
import { admin } from "#apiserver/subresources/testing.ts";
import { webhookFunctions } from "../webhooks/functions.ts";
import { waysOf } from "../webhooks/testing.ts";
import {
  configMap,
  configMaps,
  deployment,
  deployments,
  type Parts,
  rule,
  startPolicies,
} from "./testing.ts";

const applying = (...expressions: string[]) => ({
  mutations: expressions.map((expression) => ({
    patchType: "ApplyConfiguration",
    applyConfiguration: { expression },
  })),
});

const patching = (expression: string) => ({
  mutations: [{ patchType: "JSONPatch", jsonPatch: { expression } }],
});

const pods = "/api/v1/namespaces/default/pods";
const aboutPods = {
  matchConstraints: { resourceRules: [rule({ operations: ["CREATE"], resources: ["pods"] })] },
};
const pod = {
  body: { metadata: { name: "p" }, spec: { containers: [{ name: "c", image: "i" }] } },
};

test("a Deployment is changed by a configuration that is merged into it", async () => {
  const { bind, ask } = await startPolicies();
  await bind("mutating", "m", {
    spec: applying("Object{spec: Object.spec{replicas: object.spec.replicas + 1}}"),
  });
  const made = await ask("POST", deployments, deployment("d", 1));
  equal(made.spec.replicas, 2);
  equal(made.spec.template.spec.containers[0].name, "c");
});

test("annotations and labels are merged key by key", async () => {
  const { bind, ask } = await startPolicies();
  await bind("mutating", "m", {
    spec: applying('Object{metadata: Object.metadata{annotations: {"by": "policy"}}}'),
  });
  const made = await ask("POST", deployments, deployment("d", 1, { annotations: { own: "yes" } }));
  deepEqual(made.metadata.annotations, { own: "yes", by: "policy" });
});

test("items of keyed lists are merged by their keys, and defaults filled in", async () => {
  const { bind, ask } = await startPolicies();
  const sidecar = `Object{
    spec: Object.spec{
      initContainers: [
        Object.spec.initContainers{name: "mesh", image: "mesh:1", restartPolicy: "Always"}
      ],
      containers: [Object.spec.containers{name: "c", imagePullPolicy: "Never"}]
    }
  }`;
  await bind("mutating", "mesh", { spec: { ...aboutPods, ...applying(sidecar) } });
  const { spec } = await ask("POST", pods, pod);
  const [{ name, restartPolicy, terminationMessagePolicy }] = spec.initContainers;
  deepEqual([name, restartPolicy, terminationMessagePolicy], ["mesh", "Always", "File"]);
  equal(spec.containers.length, 1);
  deepEqual([spec.containers[0].image, spec.containers[0].imagePullPolicy], ["i", "Never"]);
});

test("operations change what they point at", async () => {
  const { bind, ask } = await startPolicies();
  const expression = `[
    JSONPatch{op: "test", path: "/data/k", value: "v"},
    JSONPatch{op: "replace", path: "/data/k", value: "w"},
    JSONPatch{op: "add", path: "/metadata/labels", value: {"a": "1"}},
    JSONPatch{op: "add", path: "/metadata/labels/" + jsonpatch.escapeKey("example.com/b"), value: string(2)},
    JSONPatch{op: "copy", from: "/data/k", path: "/data/l"}
  ]`;
  await bind("mutating", "m", { spec: patching(expression) });
  const { data, metadata } = await ask("POST", configMaps, configMap("a", { data: { k: "v" } }));
  deepEqual(data, { k: "w", l: "w" });
  deepEqual(metadata.labels, { a: "1", "example.com/b": "2" });
  const other = await ask("POST", configMaps, configMap("b", { data: { k: "other" } }));
  deepEqual(other.data, { k: "other" });
});

test("operations may put whole objects, numbers and lists into place", async () => {
  const { bind, ask } = await startPolicies();
  const expression = `[
    JSONPatch{op: "add", path: "/spec/initContainers", value: [
      Object.spec.initContainers{name: "mesh", image: "mesh:1"}
    ]},
    JSONPatch{op: "add", path: "/spec/activeDeadlineSeconds", value: 60}
  ]`;
  await bind("mutating", "m", { spec: { ...aboutPods, ...patching(expression) } });
  const { spec } = await ask("POST", pods, pod);
  equal(spec.initContainers[0].name, "mesh");
  equal(spec.activeDeadlineSeconds, 60);
});

test("mutations of a policy follow each other, and policies too, by name", async () => {
  const { bind, ask } = await startPolicies();
  const add = (text: string) =>
    `Object{data: {"k": (has(object.data) ? object.data.k : "") + "${text}"}}`;
  await bind("mutating", "b", { spec: applying(add("3")) });
  await bind("mutating", "a", { spec: applying(add("1"), add("2")) });
  equal((await ask("POST", configMaps, configMap("m"))).data.k, "123");
});

test("variables, parameters and conditions count as they do for policies that validate", async () => {
  const { bind, ask } = await startPolicies();
  await ask("POST", configMaps, configMap("names", { data: { owner: "me" } }));
  await bind("mutating", "m", {
    spec: {
      paramKind: { apiVersion: "v1", kind: "ConfigMap" },
      matchConditions: [{ name: "a", expression: "object.metadata.name.startsWith('a')" }],
      variables: [{ name: "owner", expression: "params.data.owner" }],
      ...applying('Object{metadata: Object.metadata{labels: {"owner": variables.owner}}}'),
    },
    binding: { paramRef: { name: "names", parameterNotFoundAction: "Deny" } },
  });
  deepEqual((await ask("POST", configMaps, configMap("a"))).metadata.labels, { owner: "me" });
  equal((await ask("POST", configMaps, configMap("b"))).metadata.labels, undefined);
});

test("only who asked for it sees what others changed after it", async () => {
  const { bind, ask } = await startPolicies();
  const count = (key: string) => ({
    ...applying(
      `Object{data: {"${key}": has(object.data) && "z" in object.data ? "after" : "before"}}`,
    ),
  });
  await bind("mutating", "a", { spec: { ...count("once"), reinvocationPolicy: "Never" } });
  await bind("mutating", "b", { spec: { ...count("again"), reinvocationPolicy: "IfNeeded" } });
  await bind("mutating", "c", { spec: applying('Object{data: {"z": "here"}}') });
  deepEqual((await ask("POST", configMaps, configMap("m"))).data, {
    again: "after",
    once: "before",
    z: "here",
  });
});

test("policies come before webhooks, and see their changes when they ask for it", async () => {
  const seen: unknown[] = [];
  const server = await startPolicies({
    webhooks: webhookFunctions({
      "https://add.test.k8ts.io/decide": ({ object }) => {
        seen.push(object.data);
        return { allowed: true, patch: [{ op: "add", path: "/data/hook", value: "yes" }] };
      },
    }),
  });
  const expression =
    'Object{data: {"policy": has(object.data) && "hook" in object.data ? "after" : "before"}}';
  await server.bind("mutating", "m", {
    spec: { ...applying(expression), reinvocationPolicy: "IfNeeded" },
  });
  await waysOf(server).configure("mutating", "add");
  const { data } = await server.ask("POST", configMaps, configMap("a"));
  deepEqual(seen, [{ policy: "before" }]);
  deepEqual(data, { hook: "yes", policy: "after" });
});

test("policies that validate see what others changed", async () => {
  const { bind, ask } = await startPolicies();
  await bind("validating", "v", { spec: { validations: [{ expression: "has(object.data)" }] } });
  await bind("mutating", "m", { spec: applying('Object{data: {"k": "v"}}') });
  await ask("POST", configMaps, configMap("a"));
});

async function failing(spec: object): Promise<string> {
  const { bind, refused } = await startPolicies();
  const parts: Parts = { spec: { ...aboutPods, ...spec } };
  await bind("mutating", "m", parts);
  const { code, reason, message, details } = await refused("POST", pods, pod);
  deepEqual([code, reason], [403, "Invalid"]);
  deepEqual(details?.causes, [{ message }]);
  const start = "policy 'm' with binding 'm-binding' denied request: ";
  equal(message.startsWith(start), true, message);
  const lenient = await startPolicies();
  await lenient.bind("mutating", "m", { spec: { ...aboutPods, ...spec, failurePolicy: "Ignore" } });
  await lenient.ask("POST", pods, pod);
  return message.slice(start.length);
}

test("a mutation that cannot be made refuses the request, unless its policy ignores failures", async () => {
  const cases: readonly [spec: object, problem: string | RegExp][] = [
    [
      applying("Object{spec: Object.wrong{}}"),
      'type mismatch: unexpected type name "Object.wrong", expected "Object.spec", which matches field name path from root Object type',
    ],
    [
      applying("Object{spec: Object.spec{foo: 1}}"),
      /^error applying patch: failed to convert patch object to typed object: .*\.spec\.foo: field not declared in schema$/,
    ],
    [
      applying(
        'Object{spec: Object.spec{containers: [Object.spec.containers{name: "c", args: ["a"]}]}}',
      ),
      "error applying patch: invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: .spec.containers[0].args",
    ],
    [
      applying("Object{metadata: Object.metadata{name: object.spec.none}}"),
      "expression 'Object{metadata: Object.metadata{name: object.spec.none}}' resulted in error: no such key: none",
    ],
    [patching('[JSONPatch{op: "remove", path: "/spec/none"}]'), /^JSONPath: .*missing/],
    [
      patching('[JSONPatch{op: "add", path: "/spec/x", value: quantity("1")}]'),
      /^JSONPath valueExpression evaluated to a type that could not marshal to JSON: /,
    ],
  ];
  for (const [spec, problem] of cases) {
    const said = await failing(spec);
    if (typeof problem === "string") equal(said, problem);
    else match(said, problem);
  }
});

test("what a policy makes of an object is validated like what users write", async () => {
  const { bind, refused } = await startPolicies();
  await bind("mutating", "m", { spec: applying("Object{spec: Object.spec{replicas: -1}}") });
  const { code, message } = await refused("POST", deployments, deployment("d", 1));
  equal(code, 422);
  match(message, /spec\.replicas: Invalid value: -1/);
});

test("updates are changed, too, and what did not change is no write", async () => {
  const { bind, ask } = await startPolicies();
  const made = await ask("POST", configMaps, configMap("a"));
  await bind("mutating", "m", { spec: applying('Object{data: {"k": "v"}}') });
  const body = { metadata: { labels: { a: "b" } } };
  const headers = { "content-type": "application/merge-patch+json" };
  const changed = await ask("PATCH", `${configMaps}/a`, { body, headers, as: admin });
  deepEqual(changed.data, { k: "v" });
  equal(changed.metadata.uid, made.metadata.uid);
  const again = await ask("PATCH", `${configMaps}/a`, { body, headers });
  equal(again.metadata.resourceVersion, changed.metadata.resourceVersion);
});

test("mutations are counted", async () => {
  const { bind, ask, server } = await startPolicies();
  await bind("mutating", "m", { spec: applying('Object{data: {"k": "v"}}') });
  await ask("POST", configMaps, configMap("a"));
  const text = await server.metrics.text();
  const line =
    'apiserver_mutating_admission_policy_check_total{error_type="no_error",policy="m",policy_binding="m-binding"} 1';
  equal(text.includes(line), true);
});
