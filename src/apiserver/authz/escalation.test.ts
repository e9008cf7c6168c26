import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { escalationMessage, missingRules } from "./escalation.ts";

const rule = (verbs: string, group: string, resources: string) => ({
  verbs: verbs.split(" "),
  apiGroups: [group],
  resources: resources.split(" "),
});
const secrets = (...resourceNames: string[]) => ({
  ...rule("get", core, "secrets"),
  resourceNames,
});
const core = "";

const covered: readonly (readonly [string, object[], object[]])[] = [
  ["the same", [rule("get list", core, "pods")], [rule("get list", core, "pods")]],
  [
    "several rules together",
    [rule("get", core, "pods"), rule("list", core, "pods services")],
    [rule("list get", core, "pods")],
  ],
  ["everything", [rule("*", "*", "*")], [rule("*", "apps", "deployments/scale")]],
  [
    "a subresource of all",
    [rule("update", "apps", "*/scale")],
    [rule("update", "apps", "deployments/scale")],
  ],
  ["all names for one", [rule("get", core, "secrets")], [secrets("a")]],
  [
    "a path under a prefix",
    [{ verbs: ["get"], nonResourceURLs: ["/api/*"] }],
    [{ verbs: ["get"], nonResourceURLs: ["/api/v1", "/api/v1/*"] }],
  ],
];
for (const [name, held, wanted] of covered) {
  test(`held: ${name}`, () => deepEqual(missingRules(held, wanted), []));
}

const missing: readonly (readonly [string, object[], object[]])[] = [
  ["another verb", [rule("get", core, "pods")], [rule("list", core, "pods")]],
  ["all verbs for some", [rule("get list", core, "pods")], [rule("*", core, "pods")]],
  ["another group", [rule("get", core, "pods")], [rule("get", "apps", "pods")]],
  ["a subresource", [rule("get", core, "pods")], [rule("get", core, "pods/log")]],
  ["one name for all", [secrets("a")], [rule("get", core, "secrets")]],
  ["another name", [secrets("a")], [secrets("a", "b")]],
  [
    "a path outside",
    [{ verbs: ["get"], nonResourceURLs: ["/api"] }],
    [{ verbs: ["get"], nonResourceURLs: ["/api/*"] }],
  ],
];
for (const [name, held, wanted] of missing) {
  test(`not held: ${name}`, () => equal(missingRules(held, wanted).length, 1));
}

test("the message lists what is missing, verbs of one resource together", () => {
  const wanted = [
    rule("get list", "apps", "deployments"),
    secrets("a"),
    { verbs: ["get"], nonResourceURLs: ["/metrics"] },
  ];
  equal(
    escalationMessage(
      { name: "bob", groups: ["dev", "system:authenticated"] },
      missingRules([], wanted),
    ),
    `user "bob" (groups=["dev" "system:authenticated"]) is attempting to grant RBAC permissions not currently held:
{APIGroups:[""], Resources:["secrets"], ResourceNames:["a"], Verbs:["get"]}
{APIGroups:["apps"], Resources:["deployments"], Verbs:["get" "list"]}
{NonResourceURLs:["/metrics"], Verbs:["get"]}`,
  );
});
