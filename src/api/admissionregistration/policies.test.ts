import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { cellsOf, draftFrom, problemsOf, statusProblems } from "#api/testing.ts";
import { MutatingAdmissionPolicy } from "./mutatingadmissionpolicy.ts";
import { MutatingAdmissionPolicyBinding } from "./mutatingadmissionpolicybinding.ts";
import { ValidatingAdmissionPolicy } from "./validatingadmissionpolicy.ts";
import { ValidatingAdmissionPolicyBinding } from "./validatingadmissionpolicybinding.ts";

const metadata = { name: "policy" };
const rule = {
  operations: ["CREATE"],
  apiGroups: [""],
  apiVersions: ["v1"],
  resources: ["pods"],
};
const matchConstraints = { resourceRules: [rule] };
const mutation = { patchType: "JSONPatch", jsonPatch: { expression: "[]" } };
const validating = { matchConstraints, validations: [{ expression: "true" }] };
const mutating = { matchConstraints, mutations: [mutation], reinvocationPolicy: "Never" };

test("policies have defaults", () => {
  const { spec } = draftFrom(ValidatingAdmissionPolicy, { metadata, spec: validating });
  equal(spec.failurePolicy, "Fail");
  deepEqual(spec.matchConstraints, {
    namespaceSelector: {},
    objectSelector: {},
    resourceRules: [{ ...rule, scope: "*" }],
    matchPolicy: "Equivalent",
  });
  const other = draftFrom(MutatingAdmissionPolicy, { metadata, spec: mutating });
  equal(other.spec.failurePolicy, "Fail");
});

test("both kinds of policies say what is wrong with them", () => {
  const variable = (name: string, expression = "1") => ({ variables: [{ name, expression }] });
  const paramKind = (apiVersion: string, kind: string) => ({ paramKind: { apiVersion, kind } });
  const cases: readonly [change: object, ...problems: string[]][] = [
    [{ matchConstraints: undefined }, "spec.matchConstraints: Required value"],
    [{ matchConstraints: {} }, "spec.matchConstraints.resourceRules: Required value"],
    [
      { matchConstraints: { resourceRules: [{ ...rule, resourceNames: ["a/b", "c", "c"] }] } },
      `spec.matchConstraints.resourceRules[0].resourceNames[0]: Invalid value: "a/b": may not contain '/'`,
      'spec.matchConstraints.resourceRules[0].resourceNames[2]: Duplicate value: "c"',
    ],
    [
      { failurePolicy: "Maybe" },
      'spec.failurePolicy: Unsupported value: "Maybe": supported values: "Fail", "Ignore"',
    ],
    [variable("a_1")],
    [variable(""), "spec.variables[0].name: Required value: name is not specified"],
    [
      variable("in"),
      'spec.variables[0].name: Invalid value: "in": name is not a valid CEL identifier',
    ],
    [
      variable("a", "\n"),
      "spec.variables[0].expression: Required value: expression is not specified",
    ],
    [paramKind("v1", "ConfigMap")],
    [paramKind("rules.example.com/v1", "Limit")],
    [
      paramKind("", ""),
      "spec.paramKind.apiVersion: Required value",
      "spec.paramKind.kind: Required value",
    ],
    [
      paramKind("a/b/c", "X"),
      'spec.paramKind.apiVersion: Invalid value: "a/b/c": unexpected GroupVersion string: a/b/c',
    ],
    [
      paramKind("a/", "X"),
      'spec.paramKind.apiVersion: Invalid value: "a/": version must be specified',
    ],
    [
      paramKind("v1", "A_"),
      `spec.paramKind.kind: Invalid value: "A_": may have mixed case, but should otherwise match: a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')`,
    ],
  ];
  for (const [change, ...problems] of cases) {
    const spec = { ...validating, ...change };
    deepEqual(problemsOf(ValidatingAdmissionPolicy, { metadata, spec }), problems);
    const other = { ...mutating, ...change };
    deepEqual(problemsOf(MutatingAdmissionPolicy, { metadata, spec: other }), problems);
  }
});

test("validations and audit annotations are checked", () => {
  const validation = (change: object) => ({ validations: [{ expression: "true", ...change }] });
  const annotation = (key: string, valueExpression: string) => ({
    auditAnnotations: [{ key, valueExpression }],
  });
  const neither = "validations or auditAnnotations must contain at least one item";
  const cases: readonly [change: object, ...problems: string[]][] = [
    [
      { validations: [] },
      `spec.validations: Required value: ${neither}`,
      `spec.auditAnnotations: Required value: ${neither}`,
    ],
    [annotation("seen", "'yes'")],
    [
      validation({ expression: " ", messageExpression: " " }),
      "spec.validations[0].expression: Required value: expression is not specified",
      'spec.validations[0].messageExpression: Invalid value: " ": must be non-empty if specified',
    ],
    [
      validation({ message: " ", reason: "Odd" }),
      'spec.validations[0].message: Invalid value: " ": message must be non-empty if specified',
      'spec.validations[0].reason: Unsupported value: "Odd": supported values: "Forbidden", "Invalid", "RequestEntityTooLarge"',
    ],
    [
      validation({ message: "a\nb" }),
      String.raw`spec.validations[0].message: Invalid value: "a\nb": message must not contain line breaks`,
    ],
    [
      annotation("a", ""),
      "spec.auditAnnotations[0].valueExpression: Required value: valueExpression is not specified",
    ],
    [
      annotation("a", "1".repeat(5121)),
      "spec.auditAnnotations[0].valueExpression: Required value: must not exceed 5120 bytes in length",
    ],
    [
      {
        auditAnnotations: [
          ...annotation("a", "1").auditAnnotations,
          { key: "a", valueExpression: "2" },
        ],
      },
      'spec.auditAnnotations[1].key: Duplicate value: "a"',
    ],
  ];
  for (const [change, ...problems] of cases) {
    deepEqual(
      problemsOf(ValidatingAdmissionPolicy, { metadata, spec: { ...validating, ...change } }),
      problems,
    );
  }
  const [problem = ""] = problemsOf(ValidatingAdmissionPolicy, {
    metadata,
    spec: { ...validating, ...annotation("a b", "1") },
  });
  equal(
    problem.startsWith('spec.auditAnnotations[0].key: Invalid value: "policy/a b": name part'),
    true,
  );
  deepEqual(
    problemsOf(ValidatingAdmissionPolicy, {
      metadata: {},
      spec: { ...validating, ...annotation("a", "1") },
    }),
    ['spec.auditAnnotations[0].key: Invalid value: "a": requires metadata.name be non-empty'],
  );
  const many = Array.from({ length: 21 }, (_none, i) => ({ key: `a${i}`, valueExpression: "1" }));
  const [tooMany = ""] = problemsOf(ValidatingAdmissionPolicy, {
    metadata,
    spec: { ...validating, auditAnnotations: many },
  });
  equal(tooMany.endsWith("must not have more than 20 auditAnnotations"), true);
});

test("mutations are of the type they say, and of nothing that is deleted", () => {
  const made = (...mutations: object[]) => ({ mutations });
  const cases: readonly [change: object, ...problems: string[]][] = [
    [made({ patchType: "ApplyConfiguration", applyConfiguration: { expression: "Object{}" } })],
    [made(), "spec.mutations: Required value: mutations must contain at least one item"],
    [{ reinvocationPolicy: undefined }, "spec.reinvocationPolicy: Required value"],
    [made({ jsonPatch: { expression: "[]" } }), "spec.mutations[0].patchType: Required value"],
    [
      made({ patchType: "JSONPatch", applyConfiguration: { expression: "Object{}" } }),
      'spec.mutations[0].applyConfiguration: Invalid value: {"expression":"Object{}"}: must not be specified when patchType is JSONPatch',
      "spec.mutations[0].jsonPatch: Required value: must be specified when patchType is JSONPatch",
    ],
    [
      made({ patchType: "JSONPatch", jsonPatch: { expression: " " } }),
      "spec.mutations[0].jsonPatch.expression: Required value",
    ],
    [
      { matchConstraints: { resourceRules: [{ ...rule, operations: ["UPDATE", "DELETE"] }] } },
      'spec.matchConstraints.resourceRules.operations: Unsupported value: "DELETE": supported values: "*", "CONNECT", "CREATE", "UPDATE"',
    ],
  ];
  for (const [change, ...problems] of cases) {
    deepEqual(
      problemsOf(MutatingAdmissionPolicy, { metadata, spec: { ...mutating, ...change } }),
      problems,
    );
  }
});

test("both kinds of bindings say what is wrong with them", () => {
  const ref = { name: "limits", parameterNotFoundAction: "Deny" };
  const cases: readonly [change: object, ...problems: string[]][] = [
    [{ paramRef: ref, matchResources: {} }],
    [{ policyName: "" }, "spec.policyName: Required value"],
    [
      { paramRef: {} },
      "spec.paramRef: Required value: one of name or selector must be specified",
      "spec.paramRef.parameterNotFoundAction: Required value",
    ],
    [
      { paramRef: { ...ref, selector: {} } },
      "spec.paramRef.name: Forbidden: name and selector are mutually exclusive",
      "spec.paramRef.selector: Forbidden: name and selector are mutually exclusive",
    ],
    [
      { paramRef: { name: "a/b", parameterNotFoundAction: "Panic" } },
      `spec.paramRef.name: Invalid value: "a/b": may not contain '/'`,
      'spec.paramRef.parameterNotFoundAction: Unsupported value: "Panic": supported values: "Deny", "Allow"',
    ],
  ];
  for (const [change, ...problems] of cases) {
    const spec = { policyName: "policy", ...change };
    deepEqual(problemsOf(MutatingAdmissionPolicyBinding, { metadata, spec }), problems);
    const other = { ...spec, validationActions: ["Deny"] };
    deepEqual(problemsOf(ValidatingAdmissionPolicyBinding, { metadata, spec: other }), problems);
  }
  const matchResources = { resourceRules: [{ ...rule, operations: ["DELETE"] }] };
  const spec = { policyName: "policy", matchResources };
  deepEqual(problemsOf(MutatingAdmissionPolicyBinding, { metadata, spec }), [
    'spec.matchResources.resourceRules.operations: Unsupported value: "DELETE": supported values: "*", "CONNECT", "CREATE", "UPDATE"',
  ]);
});

test("a verdict does something, and no thing twice", () => {
  const path = "spec.validationActions";
  const cases: readonly [actions: string[], ...problems: string[]][] = [
    [["Deny", "Audit"]],
    [[], `${path}: Required value: at least one validation action is required`],
    [["Audit", "Audit"], `${path}[1]: Duplicate value: "Audit"`],
    [
      ["Deny", "Warn"],
      `${path}: Invalid value: ["Deny","Warn"]: must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)`,
    ],
  ];
  for (const [validationActions, ...problems] of cases) {
    const spec = { policyName: "policy", validationActions };
    deepEqual(problemsOf(ValidatingAdmissionPolicyBinding, { metadata, spec }), problems);
  }
});

test("the status of a policy is checked", () => {
  const from = { metadata, spec: validating };
  const status = {
    typeChecking: { expressionWarnings: [{ fieldRef: " ", warning: "" }] },
    conditions: [
      { type: "a", status: "Odd", reason: "R", lastTransitionTime: "2026-01-01T00:00:00Z" },
    ],
  };
  deepEqual(statusProblems(ValidatingAdmissionPolicy, { from, to: { ...from, status } }), [
    "status.typeChecking.expressionWarnings[0].warning: Required value",
    "status.typeChecking.expressionWarnings[0].fieldRef: Required value",
    'status.conditions[0].status: Unsupported value: "Odd": supported values: "False", "True", "Unknown"',
  ]);
});

test("columns show parameters and what a policy holds", () => {
  const paramKind = { apiVersion: "v1", kind: "ConfigMap" };
  const row = cellsOf(ValidatingAdmissionPolicy, { metadata, spec: { ...validating, paramKind } });
  deepEqual(row, { Name: "policy", Validations: 1, ParamKind: "v1/ConfigMap", Age: "<unknown>" });
  const other = cellsOf(MutatingAdmissionPolicy, { metadata, spec: mutating });
  deepEqual(other, { Name: "policy", Mutations: 1, ParamKind: "<unset>", Age: "<unknown>" });
  const refs: readonly [paramRef: object | undefined, text: string][] = [
    [undefined, "<unset>"],
    [{}, "<unset>"],
    [{ name: "a" }, "*/a"],
    [{ name: "a", namespace: "b" }, "b/a"],
    [
      {
        selector: {
          matchLabels: { b: "2", a: "1" },
          matchExpressions: [{ key: "c", operator: "In", values: ["x", "y"] }],
        },
      },
      "&LabelSelector{MatchLabels:map[string]string{a: 1,b: 2,},MatchExpressions:[]LabelSelectorRequirement{LabelSelectorRequirement{Key:c,Operator:In,Values:[x y],},},}",
    ],
  ];
  for (const [paramRef, text] of refs) {
    const spec = { policyName: "policy", paramRef };
    equal(cellsOf(ValidatingAdmissionPolicyBinding, { metadata, spec })["ParamRef"], text);
    equal(cellsOf(MutatingAdmissionPolicyBinding, { metadata, spec })["PolicyName"], "policy");
  }
});
