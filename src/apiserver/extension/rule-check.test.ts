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
      { rule: "true", optionalOldSelf: true },
      "optionalOldSelf",
      "Invalid value: true: may not be set if oldSelf is not used in rule",
    ],
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

test("rules that do not compile are told together with what else is wrong", async () => {
  const { refused } = await startPolicies();
  const rules = (rule: string) => ({ "x-kubernetes-validations": [{ rule }] });
  const { details } = await refused("POST", definitions, {
    body: definition([
      version({
        type: "object",
        properties: {
          odd: { type: "foo", ...rules("1") },
          list: { type: "array", ...rules("self.size() == 'a'") },
          blank: { type: "string", ...rules(" ") },
          untyped: { properties: { a: { type: "string", ...rules("nobody") } } },
        },
      }),
    ]),
  });
  const told = details?.causes?.map(
    ({ field = "", message = "" }) =>
      `${field.replace(/^.*\[spec\]\./, "")}: ${message.split("\n", 1)[0]}`,
  );
  const rule = "x-kubernetes-validations[0].rule";
  deepEqual(told, [
    `properties[blank].${rule}: Required value: rule is not specified`,
    'properties[odd].type: Unsupported value: "foo": supported values: "array", "boolean", "integer", "number", "object", "string"',
    "properties[list].items: Required value: must be specified",
    "properties[untyped].type: Required value: must not be empty for specified object fields",
    `properties[list].${rule}: Invalid value: "self.size() == 'a'": compilation failed: ERROR: <input>:1:13: found no matching overload for '_==_' applied to '(int, string)'`,
    `properties[odd].${rule}: Invalid value: "1": cel expression must evaluate to a bool`,
    `properties[untyped].properties[a].${rule}: Invalid value: "nobody": compilation failed: ERROR: <input>:1:1: undeclared reference to 'nobody' (in container '')`,
  ]);
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
      x: { type: "string", maxLength: 9, "x-kubernetes-validations": [rule] },
    },
    required: ["name"],
  };
  const listOf = (type: object) => ({
    type: "object",
    properties: { l: { type: "array", maxItems: 9, items: item, ...type } },
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

const hosts = (rule: string, items: object = {}, list: object = {}): object => ({
  type: "object",
  properties: {
    hosts: {
      type: "array",
      ...list,
      items: { type: "string", ...items, "x-kubernetes-validations": [{ rule }] },
    },
  },
});

const hint =
  "(try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)";

test("a rule that could cost too much is refused, until its schema says how much there is", async () => {
  const { refused, ask } = await startPolicies();
  const told = async (spec: object): Promise<readonly string[]> => {
    const { details } = await refused("POST", definitions, { body: definition([version(spec)]) });
    return details?.causes?.map(({ field, message }) => `${field}: ${message}`) ?? [];
  };
  const root = "spec.validation.openAPIV3Schema";
  const at = `${root}.properties[spec].properties[hosts].items.x-kubernetes-validations[0].rule`;
  const all = "x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema";
  const rule = "self.contains('a')";
  deepEqual(await told(hosts(rule)), [
    `${at}: Forbidden: estimated rule cost exceeds budget by factor of more than 100x ${hint}`,
    `${at}: Forbidden: contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema`,
    `${root}: Forbidden: ${all} exceeds budget by factor of more than 100x ${hint}`,
  ]);
  // 10 texts of 4 * 3,000,000 bytes, of which a tenth is the cost of looking through them.
  deepEqual(await told(hosts(rule, { maxLength: 3_000_000 }, { maxItems: 10 })), [
    `${at}: Forbidden: estimated rule cost exceeds budget by factor of 1.200001x ${hint}`,
  ]);
  await ask("POST", definitions, {
    body: definition([version(hosts(rule, { maxLength: 250 }, { maxItems: 100 }))]),
  });
});

test("what does not say its size is as large as a request allows", async () => {
  const { ask } = await startPolicies();
  for (const rule of ["self.endsWith('.com')", "self != ''", "self.size() < 10"])
    await ask("POST", `${definitions}?dryRun=All`, { body: definition([version(hosts(rule))]) });
  const status = { "x-kubernetes-validations": [{ rule: "self.all(x, x > 0)" }] };
  const numbers = { type: "array", items: { type: "integer" }, ...status };
  const spec = { type: "object", properties: { numbers } };
  await ask("POST", definitions, { body: definition([version(spec)]) });
});
