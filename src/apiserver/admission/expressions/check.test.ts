import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { policies, registration, rule, startPolicies } from "../policies/testing.ts";

const metadata = { name: "p" };
const matchConstraints = { resourceRules: [rule()] };

interface Case {
  readonly spec: object;
  readonly problems: readonly string[];
}

const unknown = (column: number, text: string, at = 1): string =>
  `Invalid value: ${JSON.stringify(text)}: compilation failed: ERROR: <input>:1:${column}: undeclared reference to 'foo' (in container '')\n | ${text}\n | ${".".repeat(column - at)}^`;

test("expressions of policies that validate are refused where they are written", async () => {
  const cases: readonly Case[] = [
    {
      spec: { validations: [{ expression: "foo > 1" }] },
      problems: [`spec.validations[0].expression: ${unknown(1, "foo > 1")}`],
    },
    {
      spec: { validations: [{ expression: "1 + 1" }, { expression: "object.spec.x" }] },
      problems: [
        'spec.validations[0].expression: Invalid value: "1 + 1": must evaluate to bool but got int',
        'spec.validations[1].expression: Invalid value: "object.spec.x": must evaluate to bool but got dyn',
      ],
    },
    {
      spec: { validations: [{ expression: "true", messageExpression: "1" }] },
      problems: [
        'spec.validations[0].messageExpression: Invalid value: "1": must evaluate to string but got int',
      ],
    },
    {
      spec: {
        validations: [{ expression: "variables.a > variables.b" }],
        variables: [
          { name: "a", expression: "1" },
          { name: "b", expression: "foo" },
        ],
      },
      problems: [`spec.variables[1].expression: ${unknown(1, "foo")}`],
    },
    {
      spec: {
        validations: [{ expression: "true" }],
        matchConditions: [{ name: "c", expression: "foo == 1" }],
        auditAnnotations: [{ key: "k", valueExpression: "1" }],
      },
      problems: [
        `spec.matchConditions[0].expression: ${unknown(1, "foo == 1")}`,
        'spec.auditAnnotations[0].valueExpression: Invalid value: "1": must evaluate to one of [string null_type] but got int',
      ],
    },
  ];
  const { refused } = await startPolicies();
  for (const { spec, problems } of cases) {
    const body = { metadata, spec: { matchConstraints, ...spec } };
    const { code, details } = await refused("POST", policies("validating"), { body });
    equal(code, 422);
    const told = details?.causes?.map(({ field, message }) => `${field}: ${message}`);
    deepEqual(told, problems);
  }
});

test("what is wrong with expressions is told together with everything else", async () => {
  const { refused } = await startPolicies();
  const told = async (
    kind: "validating" | "mutating",
    spec: object,
  ): Promise<readonly string[]> => {
    const body = { metadata, spec: { matchConstraints, ...spec } };
    const { details } = await refused("POST", policies(kind), { body });
    return details?.causes?.map(({ field, message }) => `${field}: ${message}`) ?? [];
  };
  const conditions = [
    { name: "c", expression: "foo" },
    { name: "", expression: " " },
  ];
  const variables = [{ name: "a b", expression: "foo" }, { name: "c" }];
  deepEqual(
    await told("validating", {
      validations: [{ expression: "" }, { expression: "1", message: "a\nb" }],
      matchConditions: conditions,
      variables,
    }),
    [
      "spec.validations[0].expression: Required value: expression is not specified",
      'spec.validations[1].message: Invalid value: "a\\nb": message must not contain line breaks',
      "spec.matchConditions[1].expression: Required value",
      "spec.matchConditions[1].name: Required value",
      'spec.variables[0].name: Invalid value: "a b": name is not a valid CEL identifier',
      "spec.variables[1].expression: Required value: expression is not specified",
      `spec.matchConditions[0].expression: ${unknown(1, "foo")}`,
      `spec.variables[0].expression: ${unknown(1, "foo")}`,
      'spec.validations[1].expression: Invalid value: "1": must evaluate to bool but got int',
    ],
  );
  deepEqual(
    await told("mutating", {
      reinvocationPolicy: "Often",
      mutations: [
        { patchType: "JSONPatch" },
        { patchType: "ApplyConfiguration", applyConfiguration: { expression: "1" } },
      ],
    }),
    [
      "spec.mutations[0].jsonPatch: Required value: must be specified when patchType is JSONPatch",
      'spec.reinvocationPolicy: Unsupported value: "Often": supported values: "IfNeeded", "Never"',
      'spec.mutations[1].applyConfiguration.expression: Invalid value: "1": must evaluate to Object but got int',
    ],
  );
});

test("parameters are known to policies that have a kind of them, variables to those after", async () => {
  const { ask, refused } = await startPolicies();
  const spec = (more: object) => ({
    body: {
      metadata,
      spec: { matchConstraints, validations: [{ expression: "params.x == 1" }], ...more },
    },
  });
  await refused("POST", policies("validating"), spec({}));
  const paramKind = { apiVersion: "v1", kind: "ConfigMap" };
  await ask("POST", policies("validating"), spec({ paramKind }));
  const variables = [
    { name: "a", expression: "variables.b" },
    { name: "b", expression: "1" },
  ];
  const { message } = await refused("POST", policies("validating"), spec({ paramKind, variables }));
  equal(/undefined field 'b'/.test(message), true, message);
});

test("match conditions of webhooks are refused where they are written", async () => {
  const { ask, refused } = await startPolicies();
  const hook = (expression: string) => ({
    body: {
      metadata,
      webhooks: [
        {
          name: "a.b.c",
          clientConfig: { url: "https://example.com" },
          sideEffects: "None",
          admissionReviewVersions: ["v1"],
          matchConditions: [{ name: "c", expression }],
        },
      ],
    },
  });
  for (const type of ["validating", "mutating"]) {
    const target = `${registration}/${type}webhookconfigurations`;
    const { message } = await refused("POST", target, hook("... [] bad expression"));
    const field = "webhooks[0].matchConditions[0].expression";
    const start = `"p" is invalid: ${field}: Invalid value: "... [] bad expression": compilation failed: ERROR: <input>:1:`;
    equal(message.includes(start), true, message);
    await refused("POST", target, hook("request.object != null"));
    await refused("POST", target, hook("params == null"));
    await ask("POST", target, hook("authorizer.requestResource.check('get').allowed()"));
  }
});

test("what mutates must construct an object or a list of operations", async () => {
  const { ask, refused } = await startPolicies();
  const spec = (mutation: object) => ({
    body: {
      metadata,
      spec: { matchConstraints, mutations: [mutation], reinvocationPolicy: "Never" },
    },
  });
  const applying = (expression: string) =>
    spec({ patchType: "ApplyConfiguration", applyConfiguration: { expression } });
  const patching = (expression: string) =>
    spec({ patchType: "JSONPatch", jsonPatch: { expression } });
  const cases = [
    [
      applying("{'spec': 1}"),
      "applyConfiguration",
      "must evaluate to Object but got map(string, int)",
    ],
    [
      applying("Object.spec{}"),
      "applyConfiguration",
      "must evaluate to Object but got Object.spec",
    ],
    [patching("'x'"), "jsonPatch", "must evaluate to list(JSONPatch) but got string"],
  ] as const;
  for (const [call, field, problem] of cases) {
    const { message } = await refused("POST", policies("mutating"), call);
    equal(
      message.includes(`spec.mutations[0].${field}.expression: Invalid value: `),
      true,
      message,
    );
    equal(message.endsWith(problem), true, message);
  }
  const { message } = await refused("POST", policies("mutating"), patching("[JSONPatch{up: 'x'}]"));
  equal(message.includes("undefined field 'up'"), true, message);
  await ask("POST", policies("mutating"), applying("Object{spec: Object.spec{replicas: 1}}"));
});

test("what was written before is left alone as long as it stays the same", async () => {
  const { ask, refused } = await startPolicies();
  const spec = { matchConstraints, validations: [{ expression: "true" }] };
  const made = await ask("POST", policies("validating"), { body: { metadata, spec } });
  const labelled = { ...made, metadata: { ...made.metadata, labels: { a: "b" } } };
  const put = await ask("PUT", `${policies("validating")}/p`, { body: labelled });
  const bad = { ...put, spec: { ...put.spec, validations: [{ expression: "foo" }] } };
  await refused("PUT", `${policies("validating")}/p`, { body: bad });
});
