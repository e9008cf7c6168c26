import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import type { Loose } from "#apiserver/testing.ts";
import { policies, rule, startPolicies } from "./testing.ts";

const about = (...resources: string[]) => ({
  matchConstraints: {
    resourceRules: [rule({ apiGroups: ["apps"], apiVersions: ["v1"], resources })],
  },
});

const policy = (spec: object) => ({ body: { metadata: { name: "p" }, spec } });

async function statusOf(spec: object): Promise<Loose> {
  const { ask } = await startPolicies();
  const { status } = await ask("POST", policies("validating"), policy(spec));
  deepEqual((await ask("GET", `${policies("validating")}/p`)).status, status);
  return status;
}

test("an expression that does not fit the kind is warned of in the status", async () => {
  const validations = [
    { expression: "object.replicas > 1" },
    { expression: "object.spec.replicas > 1", messageExpression: "string(object.spec.replics)" },
    {
      expression:
        "has(object.metadata.labels) && object.metadata.creationTimestamp < timestamp('2030-01-01T00:00:00Z')",
    },
    {
      expression:
        "object.spec.template.spec.containers.all(c, c.ports.all(p, p.containerPort < '1'))",
    },
  ];
  const status = await statusOf({ ...about("deployments"), validations });
  equal(status.observedGeneration, 1);
  const [first, second, third] = status.typeChecking.expressionWarnings;
  deepEqual(first, {
    fieldRef: "spec.validations[0].expression",
    warning:
      "apps/v1, Kind=Deployment: ERROR: <input>:1:7: undefined field 'replicas'\n | object.replicas > 1\n | ......^\n",
  });
  equal(second.fieldRef, "spec.validations[1].messageExpression");
  equal(second.warning.includes("undefined field 'replics'"), true);
  equal(third.fieldRef, "spec.validations[3].expression");
  equal(
    third.warning.includes("found no matching overload for '_<_' applied to '(int, string)'"),
    true,
  );
  equal(status.typeChecking.expressionWarnings.length, 3);
});

test("every kind that the rules name is checked, and variables with it", async () => {
  const status = await statusOf({
    ...about("replicasets", "daemonsets"),
    variables: [{ name: "replicas", expression: "object.spec.replicas" }],
    validations: [{ expression: "variables.replicas < 'x'" }],
  });
  const [{ warning }] = status.typeChecking.expressionWarnings;
  const lines = warning.split("\n").filter((line: string) => line.includes("Kind="));
  equal(lines.length, 1);
  equal(/^apps\/v1, Kind=ReplicaSet: .*no matching overload for '_<_'/.test(lines[0]), true);
});

test("a policy that fits, and one that names no kind, has nothing to warn of", async () => {
  const validations = [{ expression: "object.spec.replicas <= 5" }];
  deepEqual(await statusOf({ ...about("deployments"), validations }), {
    observedGeneration: 1,
    typeChecking: {},
  });
  const resourceRules = [rule({ resources: ["*"] })];
  const spec = {
    matchConstraints: { resourceRules },
    validations: [{ expression: "object.x == 1" }],
  };
  deepEqual(await statusOf(spec), { observedGeneration: 1, typeChecking: {} });
});

test("parameters are checked by their kind", async () => {
  const status = await statusOf({
    ...about("deployments"),
    paramKind: { apiVersion: "v1", kind: "ConfigMap" },
    validations: [
      { expression: "object.spec.replicas <= int(params.data.max) && params.spec == 1" },
    ],
  });
  const [{ warning }] = status.typeChecking.expressionWarnings;
  equal(warning.includes("undefined field 'spec'"), true);
});

test("the status follows the spec", async () => {
  const { ask } = await startPolicies();
  const spec = { ...about("deployments"), validations: [{ expression: "object.replicas > 1" }] };
  await ask("POST", policies("validating"), policy(spec));
  const headers = { "content-type": "application/merge-patch+json" };
  const labelled = { metadata: { labels: { a: "b" } } };
  const before = await ask("PATCH", `${policies("validating")}/p`, { body: labelled, headers });
  equal(before.status.typeChecking.expressionWarnings.length, 1);
  const body = { spec: { validations: [{ expression: "object.spec.replicas > 1" }] } };
  const after = await ask("PATCH", `${policies("validating")}/p`, { body, headers });
  deepEqual(after.status, { observedGeneration: 2, typeChecking: {} });
});
