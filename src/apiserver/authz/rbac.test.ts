import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { ClusterRole } from "#api/rbac/clusterrole.ts";
import { ClusterRoleBinding } from "#api/rbac/clusterrolebinding.ts";
import { Role } from "#api/rbac/role.ts";
import { RoleBinding } from "#api/rbac/rolebinding.ts";
import type { User } from "#api/request.ts";
import { readerOf, type TestReader } from "../admission/testing.ts";
import type { Attributes } from "./authorizer.ts";
import { createRbac } from "./rbac.ts";

const group = "rbac.authorization.k8s.io";
const jane: User = { name: "jane", groups: ["dev", "system:authenticated"] };

const clusterRole = (name: string, ...rules: object[]) =>
  [ClusterRole, { metadata: { name }, rules }] as const;
const bound = (role: string, ...subjects: object[]) =>
  [
    ClusterRoleBinding,
    {
      metadata: { name: role },
      roleRef: { apiGroup: group, kind: "ClusterRole", name: role },
      subjects,
    },
  ] as const;
const rule = (verbs: string, resources: string, more: object = {}): object => ({
  verbs: verbs.split(" "),
  apiGroups: [""],
  resources: resources.split(" "),
  ...more,
});
const toJane = { kind: "User", apiGroup: group, name: "jane" };

function asks(user: User, question: string, namespace = ""): Attributes {
  const [verb = "", target = "", name = ""] = question.split(" ");
  const isPath = target.startsWith("/");
  const [resource = "", subresource = ""] = isPath ? [] : target.split("/");
  return {
    user,
    verb,
    isResource: !isPath,
    path: isPath ? target : "",
    group: "",
    version: "v1",
    resource,
    subresource,
    namespace,
    name,
  };
}

const allows = (reader: TestReader, question: string, namespace = ""): boolean =>
  createRbac(() => reader).authorize(asks(jane, question, namespace)).allowed;

const table: readonly (readonly [object, string, boolean])[] = [
  [rule("get", "pods"), "get pods", true],
  [rule("get", "pods"), "list pods", false],
  [rule("get", "pods"), "get pods/log web", false],
  [rule("get", "pods/log"), "get pods/log web", true],
  [rule("get", "*/log"), "get pods/log web", true],
  [rule("get", "*"), "get pods/log web", true],
  [rule("*", "pods"), "delete pods web", true],
  [rule("get", "pods", { resourceNames: ["web"] }), "get pods web", true],
  [rule("get", "pods", { resourceNames: ["web"] }), "get pods db", false],
  [rule("create", "pods", { resourceNames: ["web"] }), "create pods", false],
  [rule("get", "pods", { apiGroups: ["apps"] }), "get pods", false],
  [rule("get", "pods", { apiGroups: ["*"] }), "get pods", true],
  [rule("*", "*", { apiGroups: ["*"] }), "get /metrics", false],
  [{ verbs: ["get"], nonResourceURLs: ["/metrics"] }, "get /metrics", true],
  [{ verbs: ["get"], nonResourceURLs: ["/metrics"] }, "get /metrics/slis", false],
  [{ verbs: ["get"], nonResourceURLs: ["/livez/*"] }, "get /livez/ping", true],
  [{ verbs: ["get"], nonResourceURLs: ["/livez/*"] }, "get /livez", false],
  [{ verbs: ["get"], nonResourceURLs: ["*"] }, "get /anything", true],
  [{ verbs: ["get"], nonResourceURLs: ["*"] }, "get pods", false],
];
for (const [given, question, isAllowed] of table) {
  test(`${JSON.stringify(given)} ${isAllowed ? "allows" : "does not allow"} ${question}`, () => {
    const reader = readerOf(clusterRole("r", given), bound("r", toJane));
    equal(allows(reader, question), isAllowed);
  });
}

test("the reason names binding, role and subject", () => {
  const reader = readerOf(
    clusterRole("view", rule("get", "pods")),
    bound("view", { kind: "Group", apiGroup: group, name: "dev" }),
  );
  equal(
    createRbac(() => reader).authorize(asks(jane, "get pods")).reason,
    'RBAC: allowed by ClusterRoleBinding "view" of ClusterRole "view" to Group "dev"',
  );
});

test("a role binding counts in its own namespace only, even when its role is a cluster's", () => {
  const reader = readerOf(clusterRole("view", rule("get", "pods")), [
    RoleBinding,
    {
      metadata: { name: "b", namespace: "blue" },
      roleRef: { apiGroup: group, kind: "ClusterRole", name: "view" },
      subjects: [toJane],
    },
  ]);
  equal(allows(reader, "get pods", "blue"), true);
  equal(allows(reader, "get pods", "red"), false);
  equal(allows(reader, "list pods"), false);
});

test("a service account is bound by namespace and name", () => {
  const reader = readerOf(
    [Role, { metadata: { name: "r", namespace: "blue" }, rules: [rule("get", "pods")] }],
    [
      RoleBinding,
      {
        metadata: { name: "b", namespace: "blue" },
        roleRef: { apiGroup: group, kind: "Role", name: "r" },
        subjects: [{ kind: "ServiceAccount", name: "bot", namespace: "blue" }],
      },
    ],
  );
  const bot: User = { name: "system:serviceaccount:blue:bot", groups: [] };
  const decision = createRbac(() => reader).authorize(asks(bot, "get pods", "blue"));
  deepEqual(decision, {
    allowed: true,
    reason: 'RBAC: allowed by RoleBinding "b/blue" of Role "r" to ServiceAccount "bot/blue"',
  });
  const other = { ...bot, name: "system:serviceaccount:red:bot" };
  equal(createRbac(() => reader).authorize(asks(other, "get pods", "blue")).allowed, false);
});

test("a binding to a role that is not there is told as the reason", () => {
  const reader = readerOf(bound("gone", toJane));
  deepEqual(createRbac(() => reader).authorize(asks(jane, "get pods")), {
    allowed: false,
    reason: 'RBAC: clusterrole.rbac.authorization.k8s.io "gone" not found',
  });
});

test("an aggregated role has the rules of its parts, and of their parts, at once", () => {
  const selecting = (label: string): object => ({
    aggregationRule: { clusterRoleSelectors: [{ matchLabels: { [label]: "true" } }] },
  });
  const reader = readerOf(
    [ClusterRole, { metadata: { name: "admin" }, rules: [], ...selecting("to-admin") }],
    [
      ClusterRole,
      {
        metadata: { name: "edit", labels: { "to-admin": "true", "to-edit": "true" } },
        rules: [],
        ...selecting("to-edit"),
      },
    ],
    [
      ClusterRole,
      { metadata: { name: "part", labels: { "to-edit": "true" } }, rules: [rule("get", "pods")] },
    ],
    bound("admin", toJane),
  );
  equal(allows(reader, "get pods"), true);
});

test("a change of a role or a binding counts with the next question", () => {
  const reader = readerOf(clusterRole("r", rule("get", "pods")));
  const rbac = createRbac(() => reader);
  const asked = (): boolean => rbac.authorize(asks(jane, "get pods")).allowed;
  equal(asked(), false);
  reader.put(...bound("r", toJane));
  equal(asked(), true);
  reader.put(...clusterRole("r", rule("list", "pods")));
  equal(asked(), false);
  reader.put(...clusterRole("r", rule("get", "pods")));
  reader.remove(ClusterRoleBinding, "", "r");
  equal(asked(), false);
});
