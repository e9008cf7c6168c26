import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { cellsOf, changeProblems, draftFrom, problemsOf, statusProblems } from "#api/testing.ts";
import { FlowSchema } from "./flowschema.ts";
import { mandatoryFlowSchemas } from "./mandatory.ts";

const resourceRule = { verbs: ["get"], apiGroups: [""], resources: ["pods"], namespaces: ["*"] };
const rule = {
  subjects: [{ kind: "Group", group: { name: "devs" } }],
  resourceRules: [resourceRule],
};
const spec = { priorityLevelConfiguration: { name: "global-default" }, rules: [rule] };
const schema = (change: object, name = "flows") => ({
  metadata: { name },
  spec: { ...spec, ...change },
});
const withRule = (change: object) => schema({ rules: [{ ...rule, ...change }] });
const withSubject = (subject: object) => withRule({ subjects: [subject] });
const withResources = (change: object) =>
  withRule({ resourceRules: [{ ...resourceRule, ...change }] });
const withUrls = (verbs: string[], ...nonResourceURLs: string[]) =>
  withRule({ nonResourceRules: [{ verbs, nonResourceURLs }] });

test("the matching precedence is 1000 unless said", () => {
  equal(draftFrom(FlowSchema, schema({})).spec.matchingPrecedence, 1000);
  equal(draftFrom(FlowSchema, schema({ matchingPrecedence: 7 })).spec.matchingPrecedence, 7);
});

test("good flow schemas are accepted", () => {
  const good = [
    schema({ distinguisherMethod: { type: "ByNamespace" } }),
    withSubject({
      kind: "ServiceAccount",
      serviceAccount: { name: "*", namespace: "kube-system" },
    }),
    withSubject({ kind: "User", user: { name: "*" } }),
    withResources({ namespaces: [], clusterScope: true }),
    withUrls(["*"], "/healthz", "/", "/metrics/*"),
    withUrls(["get"], "*"),
  ];
  for (const manifest of good) deepEqual(problemsOf(FlowSchema, manifest), []);
});

test("a flow schema says what is wrong with it", () => {
  const cases: readonly [manifest: object, ...problems: string[]][] = [
    [
      schema({ matchingPrecedence: -1 }),
      "spec.matchingPrecedence: Invalid value: -1: must be a positive value",
    ],
    [
      schema({ matchingPrecedence: 10001 }),
      "spec.matchingPrecedence: Invalid value: 10001: must not be greater than 10000",
    ],
    [
      schema({ matchingPrecedence: 1 }),
      "spec.matchingPrecedence: Invalid value: 1: only the schema named 'exempt' may have matchingPrecedence 1",
    ],
    [
      schema({ distinguisherMethod: { type: "ByMood" } }),
      'spec.distinguisherMethod.type: Unsupported value: {"type":"ByMood"}: supported values: "ByNamespace", "ByUser"',
    ],
    [
      schema({ priorityLevelConfiguration: { name: "" } }),
      "spec.priorityLevelConfiguration.name: Required value: must reference a priority level",
    ],
    [
      withRule({ subjects: [] }),
      "spec.rules[0].subjects: Required value: subjects must contain at least one value",
    ],
    [
      withRule({ resourceRules: [] }),
      "spec.rules[0]: Required value: at least one of resourceRules and nonResourceRules has to be non-empty",
    ],
    [
      withSubject({ kind: "Robot" }),
      'spec.rules[0].subjects[0].kind: Unsupported value: "Robot": supported values: "Group", "ServiceAccount", "User"',
    ],
    [
      withSubject({ kind: "User", group: { name: "devs" } }),
      "spec.rules[0].subjects[0].user: Required value: user is required when subject kind is 'User'",
      "spec.rules[0].subjects[0].group: Forbidden: group is forbidden when subject kind is not 'Group'",
    ],
    [
      withSubject({ kind: "ServiceAccount", serviceAccount: { name: "", namespace: "" } }),
      "spec.rules[0].subjects[0].serviceAccount.name: Required value",
      "spec.rules[0].subjects[0].serviceAccount.namespace: Required value: must specify namespace for service account",
    ],
    [
      withResources({ verbs: [], apiGroups: [], resources: [], namespaces: [] }),
      "spec.rules[0].resourceRules[0].verbs: Required value",
      "spec.rules[0].resourceRules[0].apiGroups: Required value: resource rules must supply at least one api group",
      "spec.rules[0].resourceRules[0].resources: Required value: resource rules must supply at least one resource",
      "spec.rules[0].resourceRules[0].namespaces: Required value: resource rules that are not cluster scoped must supply at least one namespace",
    ],
    [
      withResources({ verbs: ["*", "get"], apiGroups: ["*", "apps"], resources: ["*", "pods"] }),
      `spec.rules[0].resourceRules[0].verbs: Invalid value: ["*","get"]: if '*' is present, must not specify other verbs`,
      `spec.rules[0].resourceRules[0].apiGroups: Invalid value: ["*","apps"]: if '*' is present, must not specify other api groups`,
      `spec.rules[0].resourceRules[0].resources: Invalid value: ["*","pods"]: if '*' is present, must not specify other resources`,
    ],
    [
      withResources({ namespaces: ["*", "a"] }),
      `spec.rules[0].resourceRules[0].namespaces: Invalid value: ["*","a"]: if '*' is present, must not specify other namespaces`,
    ],
    [
      withResources({ namespaces: ["a.b"] }),
      `spec.rules[0].resourceRules[0].namespaces[0]: Invalid value: "a.b": each member of this list must be '*' or a DNS-1123 label; must not contain dots`,
    ],
    [
      withResources({ verbs: ["read"] }),
      'spec.rules[0].resourceRules[0].verbs: Unsupported value: ["read"]: supported values: "create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch"',
    ],
    [
      withUrls(["get"], "", "healthz", "/a b", "/a//b", "/a*", "/*/*"),
      'spec.rules[0].nonResourceRules[0].nonResourceURLs[0]: Invalid value: "": must not be empty',
      'spec.rules[0].nonResourceRules[0].nonResourceURLs[1]: Invalid value: "healthz": must start with slash',
      'spec.rules[0].nonResourceRules[0].nonResourceURLs[2]: Invalid value: "/a b": must not contain white-space',
      'spec.rules[0].nonResourceRules[0].nonResourceURLs[3]: Invalid value: "/a//b": must not contain double slash',
      'spec.rules[0].nonResourceRules[0].nonResourceURLs[4]: Invalid value: "/a*": wildcard can only do suffix matching',
      'spec.rules[0].nonResourceRules[0].nonResourceURLs[5]: Invalid value: "/*/*": wildcard can only do suffix matching',
    ],
    [withUrls(["get"]), "spec.rules[0].nonResourceRules[0].nonResourceURLs: Required value"],
    [
      withUrls(["get"], "*", "/healthz"),
      `spec.rules[0].nonResourceRules[0].nonResourceURLs: Invalid value: ["*","/healthz"]: if '*' is present, must not specify other non-resource URLs`,
    ],
  ];
  for (const [manifest, ...problems] of cases) {
    deepEqual(problemsOf(FlowSchema, manifest), problems);
  }
});

test("mandatory schemas stay as they are", () => {
  for (const [name, fixed] of Object.entries(mandatoryFlowSchemas)) {
    deepEqual(problemsOf(FlowSchema, { metadata: { name }, spec: fixed }), []);
    const changed = { metadata: { name }, spec: { ...fixed, rules: [rule] } };
    const [problem = ""] = problemsOf(FlowSchema, changed);
    equal(problem.endsWith(`: spec of '${name}' must equal the fixed value`), true);
    equal(problem.startsWith("spec: Invalid value: {"), true);
    const change = { from: { metadata: { name }, spec: fixed }, to: changed };
    equal(changeProblems(FlowSchema, change).length, 1);
  }
});

test("conditions of the status have a type, each another one", () => {
  const conditions = [{ type: "Dangling" }, { type: "Dangling" }, { status: "True" }];
  deepEqual(
    statusProblems(FlowSchema, { from: schema({}), to: { ...schema({}), status: { conditions } } }),
    [
      'status.conditions[1].type: Duplicate value: "Dangling"',
      "status.conditions[2].type: Required value",
    ],
  );
});

test("columns show the level and what tells flows apart", () => {
  deepEqual(cellsOf(FlowSchema, schema({})), {
    Name: "flows",
    PriorityLevel: "global-default",
    MatchingPrecedence: 1000,
    DistinguisherMethod: "<none>",
    Age: "<unknown>",
    MissingPL: "?",
  });
  const status = { conditions: [{ type: "Dangling", status: "False" }] };
  const cells = cellsOf(FlowSchema, {
    ...schema({ distinguisherMethod: { type: "ByUser" } }),
    status,
  });
  equal(cells["MissingPL"], "False");
  equal(cells["DistinguisherMethod"], "ByUser");
});
