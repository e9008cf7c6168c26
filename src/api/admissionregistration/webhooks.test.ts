import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { cellsOf, draftFrom, problemsOf } from "#api/testing.ts";
import { MutatingWebhookConfiguration } from "./mutatingwebhookconfiguration.ts";
import { ValidatingWebhookConfiguration } from "./validatingwebhookconfiguration.ts";

const rule = { operations: ["CREATE"], apiGroups: ["apps"], apiVersions: ["v1"], resources: ["*"] };
const webhook = {
  name: "pods.policy.example.com",
  clientConfig: { service: { namespace: "a", name: "b" } },
  rules: [rule],
  sideEffects: "None",
  admissionReviewVersions: ["v1"],
};
const hooks = (...webhooks: object[]) => ({
  metadata: { name: "policy" },
  webhooks: webhooks.map((change) => ({ ...webhook, ...change })),
});
const withRule = (change: object) => hooks({ rules: [{ ...rule, ...change }] });

test("webhooks have defaults", () => {
  const [made] = draftFrom(MutatingWebhookConfiguration, hooks({})).webhooks ?? [];
  deepEqual(made, {
    name: "pods.policy.example.com",
    clientConfig: { service: { namespace: "a", name: "b", port: 443 } },
    rules: [{ ...rule, scope: "*" }],
    failurePolicy: "Fail",
    matchPolicy: "Equivalent",
    namespaceSelector: {},
    objectSelector: {},
    sideEffects: "None",
    timeoutSeconds: 10,
    admissionReviewVersions: ["v1"],
    reinvocationPolicy: "Never",
  });
  const [other] = draftFrom(ValidatingWebhookConfiguration, hooks({})).webhooks ?? [];
  equal(JSON.stringify({ ...other, reinvocationPolicy: "Never" }), JSON.stringify(made));
});

test("a webhook says what is wrong with it, whatever it does", () => {
  const cases: readonly [manifest: object, ...problems: string[]][] = [
    [hooks({}, { name: "other.policy.example.com" })],
    [hooks({ matchConditions: [{ name: "a", expression: "true" }] })],
    [withRule({ resources: ["a/*", "b/*", "*/scale", "*"] })],
    [hooks({ name: "" }), "webhooks[0].name: Required value"],
    [
      hooks({ name: "a.b" }),
      'webhooks[0].name: Invalid value: "a.b": should be a domain with at least three segments separated by dots',
    ],
    [hooks({}, {}), 'webhooks[1].name: Duplicate value: "pods.policy.example.com"'],
    [
      hooks({ sideEffects: null }),
      "webhooks[0].sideEffects: Required value: must specify one of None, NoneOnDryRun",
    ],
    [
      hooks({ sideEffects: "Some" }),
      'webhooks[0].sideEffects: Unsupported value: "Some": supported values: "None", "NoneOnDryRun"',
    ],
    [
      hooks({ timeoutSeconds: 31 }),
      "webhooks[0].timeoutSeconds: Invalid value: 31: the timeout value must be between 1 and 30 seconds",
    ],
    [
      hooks({ timeoutSeconds: 0 }),
      "webhooks[0].timeoutSeconds: Invalid value: 0: the timeout value must be between 1 and 30 seconds",
    ],
    [
      hooks({ namespaceSelector: { matchExpressions: [{ key: "a", operator: "In" }] } }),
      "webhooks[0].namespaceSelector.matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'",
    ],
    [
      hooks({ clientConfig: {} }),
      "webhooks[0].clientConfig: Required value: exactly one of url or service is required",
    ],
    [
      hooks({ admissionReviewVersions: [] }),
      "webhooks[0].admissionReviewVersions: Required value: must specify one of v1, v1beta1",
    ],
    [
      hooks({ admissionReviewVersions: ["v2", "v2"] }),
      'webhooks[0].admissionReviewVersions[1]: Invalid value: "v2": duplicate version',
      'webhooks[0].admissionReviewVersions: Invalid value: ["v2","v2"]: must include at least one of v1, v1beta1',
    ],
    [
      hooks({ matchConditions: [{ name: "", expression: " " }] }),
      "webhooks[0].matchConditions[0].expression: Required value",
      "webhooks[0].matchConditions[0].name: Required value",
    ],
    [
      hooks({
        matchConditions: [
          { name: "a", expression: "true" },
          { name: "a", expression: "false" },
        ],
      }),
      'webhooks[0].matchConditions[1].name: Duplicate value: "a"',
    ],
    [
      withRule({ operations: [], apiGroups: [], apiVersions: [], resources: [] }),
      "webhooks[0].rules[0].apiGroups: Required value",
      "webhooks[0].rules[0].apiVersions: Required value",
      "webhooks[0].rules[0].resources: Required value",
      "webhooks[0].rules[0].operations: Required value",
    ],
    [
      withRule({ operations: ["*", "CREATE"], apiGroups: ["*", ""], apiVersions: ["*", ""] }),
      `webhooks[0].rules[0].apiGroups: Invalid value: ["*",""]: if '*' is present, must not specify other API groups`,
      `webhooks[0].rules[0].apiVersions: Invalid value: ["*",""]: if '*' is present, must not specify other API versions`,
      "webhooks[0].rules[0].apiVersions[1]: Required value",
      `webhooks[0].rules[0].operations: Invalid value: ["*","CREATE"]: if '*' is present, must not specify other operations`,
    ],
    [
      withRule({ resources: ["*/*", "a"] }),
      `webhooks[0].rules[0].resources: Invalid value: ["*/*","a"]: if '*/*' is present, must not specify other resources`,
    ],
    [
      withRule({ resources: ["*", "a"] }),
      `webhooks[0].rules[0].resources: Invalid value: ["*","a"]: if '*' is present, must not specify other resources without subresources`,
    ],
    [
      withRule({ resources: ["a/*", "a/x", "*/y", "b/y", ""] }),
      "webhooks[0].rules[0].resources[1]: Invalid value: \"a/x\": if 'a/*' is present, must not specify a/x",
      "webhooks[0].rules[0].resources[3]: Invalid value: \"b/y\": if '*/y' is present, must not specify b/y",
      "webhooks[0].rules[0].resources[4]: Required value",
    ],
    [
      withRule({ operations: ["PATCH"] }),
      'webhooks[0].rules[0].operations[0]: Unsupported value: "PATCH": supported values: "*", "CONNECT", "CREATE", "DELETE", "UPDATE"',
    ],
  ];
  for (const [manifest, ...problems] of cases) {
    deepEqual(problemsOf(MutatingWebhookConfiguration, manifest), problems);
    deepEqual(problemsOf(ValidatingWebhookConfiguration, manifest), problems);
  }
});

test("a webhook has 64 conditions at most", () => {
  const matchConditions = Array.from({ length: 65 }, (_none, i) => ({
    name: `c${i}`,
    expression: "true",
  }));
  deepEqual(problemsOf(ValidatingWebhookConfiguration, hooks({ matchConditions })), [
    "webhooks[0].matchConditions: Too many: 65: must have at most 64 items",
  ]);
});

test("columns count the webhooks", () => {
  equal(cellsOf(MutatingWebhookConfiguration, hooks({}, {}))["Webhooks"], 2);
  equal(cellsOf(ValidatingWebhookConfiguration, { metadata: { name: "x" } })["Webhooks"], 0);
});
