import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { startPolicies } from "../admission/policies/testing.ts";
import { definition, version } from "./testing.ts";

const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

const withRule = (rule: object) => ({
  type: "object",
  properties: {
    replicas: { type: "integer" },
    hosts: {
      type: "array",
      items: { type: "string", "x-kubernetes-validations": [rule] },
    },
  },
});

test("a rule that does not compile refuses its definition", async () => {
  const { refused, ask } = await startPolicies();
  const at =
    "spec.validation.openAPIV3Schema.properties[spec].properties[hosts].items.x-kubernetes-validations[0]";
  const cases: readonly [rule: object, field: string, message: string][] = [
    [
      { rule: "self.nothing" },
      "rule",
      "Invalid value: \"self.nothing\": compilation failed: ERROR: <input>:1:5: type 'string' does not support field selection\n | self.nothing\n | ....^",
    ],
    [{ rule: "self" }, "rule", 'Invalid value: "self": cel expression must evaluate to a bool'],
    [
      { rule: "true", messageExpression: "1" },
      "messageExpression",
      'Invalid value: "1": messageExpression must evaluate to a string',
    ],
  ];
  for (const [rule, field, message] of cases) {
    const { code, details } = await refused("POST", definitions, {
      body: definition([version(withRule(rule))]),
    });
    equal(code, 422);
    deepEqual(
      details?.causes?.map((cause) => [cause.field, cause.message]),
      [[`${at}.${field}`, message]],
    );
  }
  await ask("POST", definitions, {
    body: definition([version(withRule({ rule: "self.endsWith('.com')" }))]),
  });
});

test("the rules of the whole object may ask for its name", async () => {
  const { ask } = await startPolicies();
  const [made] = [version({ type: "object" })] as readonly {
    schema: { openAPIV3Schema: object };
  }[];
  const openAPIV3Schema = {
    ...made?.schema.openAPIV3Schema,
    "x-kubernetes-validations": [{ rule: "self.metadata.name.startsWith('a')" }],
  };
  await ask("POST", definitions, { body: definition([{ ...made, schema: { openAPIV3Schema } }]) });
});

test("rules ask for the old self only where it can be told what that is", async () => {
  const { refused, ask } = await startPolicies();
  const rule = { rule: "self == oldSelf" };
  const root = "spec.validation.openAPIV3Schema.properties[spec]";
  const item = {
    type: "object",
    properties: {
      name: { type: "string" },
      x: { type: "string", "x-kubernetes-validations": [rule] },
    },
    required: ["name"],
  };
  const listOf = (type: object) => ({
    type: "object",
    properties: { l: { type: "array", items: item, ...type } },
  });
  const { code, details } = await refused("POST", definitions, {
    body: definition([version(listOf({}))]),
  });
  equal(code, 422);
  deepEqual(
    details?.causes?.map(({ field, message }) => [field, message]),
    [
      [
        `${root}.properties[l].items.properties[x].x-kubernetes-validations[0].rule`,
        `Invalid value: "self == oldSelf": oldSelf cannot be used on the uncorrelatable portion of the schema within ${root}.properties[l]`,
      ],
    ],
  );
  const keyed = { "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"] };
  await ask("POST", definitions, { body: definition([version(listOf(keyed))]) });
});
