import { equal, match } from "node:assert/strict";
import { test } from "node:test";
import type { SecureServer } from "#apiserver/subresources/testing.ts";
import { configMap, configMaps, deployment, deployments, rule, startPolicies } from "./testing.ts";

const paramKind = { apiVersion: "v1", kind: "ConfigMap" };
const limited = (more: object = {}) => ({
  paramKind,
  matchConstraints: { resourceRules: [rule({ resources: ["deployments"] })] },
  validations: [{ expression: "params != null && object.spec.replicas <= int(params.data.max)" }],
  ...more,
});
const ref = (more: object = {}) => ({
  paramRef: { name: "limit", parameterNotFoundAction: "Deny", ...more },
});

test("a policy is given the object that its binding names, as it is now", async () => {
  const { bind, ask, refused } = await startPolicies();
  await ask("POST", configMaps, configMap("limit", { data: { max: "2" } }));
  await bind("validating", "p", { spec: limited(), binding: ref() });
  await ask("POST", deployments, deployment("a", 2));
  await refused("POST", deployments, deployment("b", 3));
  const body = { data: { max: "3" } };
  const headers = { "content-type": "application/merge-patch+json" };
  await ask("PATCH", `${configMaps}/limit`, { body, headers });
  await ask("POST", deployments, deployment("b", 3));
});

test("parameters stand in the namespace of the request, or in the one that the binding names", async () => {
  const { bind, ask, refused } = await startPolicies();
  await ask("POST", "/api/v1/namespaces", { body: { metadata: { name: "other" } } });
  const elsewhere = "/api/v1/namespaces/other/configmaps";
  await ask("POST", elsewhere, configMap("limit", { data: { max: "2" } }));
  await bind("validating", "there", { spec: limited(), binding: ref({ namespace: "other" }) });
  await ask("POST", deployments, deployment("a", 2));
  await bind("validating", "here", { spec: limited(), binding: ref() });
  const { message } = await refused("POST", deployments, deployment("b", 2));
  equal(
    message,
    `deployments.apps "b" is forbidden: ValidatingAdmissionPolicy 'here' with binding 'here-binding' denied request: failed to configure binding: no params found for policy binding with \`Deny\` parameterNotFoundAction`,
  );
});

test("parameters that are not there may be no reason to refuse", async () => {
  const { bind, ask } = await startPolicies();
  const binding = ref({ parameterNotFoundAction: "Allow" });
  await bind("validating", "allowing", { spec: limited(), binding });
  await bind("validating", "lenient", {
    spec: limited({ failurePolicy: "Ignore" }),
    binding: ref(),
  });
  await ask("POST", deployments, deployment("a", 2));
});

test("a selector hands over every object that it selects", async () => {
  const { bind, ask, refused } = await startPolicies();
  for (const [name, max] of [
    ["one", "5"],
    ["two", "2"],
  ] as const) {
    const labels = { limits: "yes" };
    const body = { metadata: { name, labels }, data: { max } };
    await ask("POST", configMaps, { body });
  }
  await ask("POST", configMaps, configMap("three", { data: { max: "0" } }));
  const selector = { matchLabels: { limits: "yes" } };
  const paramRef = { selector, parameterNotFoundAction: "Deny" };
  await bind("validating", "p", { spec: limited(), binding: { paramRef } });
  await ask("POST", deployments, deployment("a", 2));
  await refused("POST", deployments, deployment("b", 3));
});

test("a binding without a reference gives null", async () => {
  const { bind, refused } = await startPolicies();
  await bind("validating", "p", { spec: limited() });
  match(
    (await refused("POST", deployments, deployment("a", 0))).message,
    /failed expression: params/,
  );
});

test("a namespaced parameter for what stands in no namespace is a mistake", async () => {
  const { bind, refused } = await startPolicies();
  const matchConstraints = { resourceRules: [rule({ resources: ["nodes"] })] };
  await bind("validating", "p", { spec: limited({ matchConstraints }), binding: ref() });
  const { message } = await refused("POST", "/api/v1/nodes", { body: { metadata: { name: "n" } } });
  match(
    message,
    /denied request: failed to configure binding: cannot use namespaced paramRef in policy binding that matches cluster-scoped resources$/,
  );
});

const definition = {
  metadata: { name: "replicalimits.rules.example.com" },
  spec: {
    group: "rules.example.com",
    scope: "Namespaced",
    names: { plural: "replicalimits", kind: "ReplicaLimit" },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: { type: "object", properties: { maxReplicas: { type: "integer" } } },
        },
      },
    ],
  },
};

async function defined({ server, ask }: SecureServer): Promise<void> {
  await ask("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", {
    body: definition,
  });
  while (!server.kinds.hasVersion("rules.example.com/v1")) await new Promise(setImmediate);
}

test("parameters may be custom resources; until they are defined, the policy is a mistake", async () => {
  const server = await startPolicies();
  const { bind, ask, refused } = server;
  const spec = limited({
    paramKind: { apiVersion: "rules.example.com/v1", kind: "ReplicaLimit" },
    validations: [
      {
        expression: "object.spec.replicas <= params.maxReplicas",
        messageExpression: "'at most ' + string(params.maxReplicas) + ' by ' + params.kind",
      },
    ],
  });
  await bind("validating", "p", { spec, binding: ref() });
  match(
    (await refused("POST", deployments, deployment("a", 1))).message,
    /ValidatingAdmissionPolicy 'p' denied request: failed to configure policy: failed to find resource referenced by paramKind: 'rules\.example\.com\/v1, Kind=ReplicaLimit'$/,
  );
  await defined(server);
  await ask("POST", "/apis/rules.example.com/v1/namespaces/default/replicalimits", {
    body: {
      apiVersion: "rules.example.com/v1",
      kind: "ReplicaLimit",
      metadata: { name: "limit" },
      maxReplicas: 3,
    },
  });
  await ask("POST", deployments, deployment("a", 3));
  match(
    (await refused("POST", deployments, deployment("b", 4))).message,
    /denied request: at most 3 by ReplicaLimit$/,
  );
});
