import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { cellsOf, changeProblems, draftFrom, problemsOf } from "#api/testing.ts";
import { ClusterRole } from "./clusterrole.ts";
import { ClusterRoleBinding } from "./clusterrolebinding.ts";
import { Role } from "./role.ts";
import { RoleBinding } from "./rolebinding.ts";

const metadata = { name: "system:reader" };
const rule = { verbs: ["get"], apiGroups: [""], resources: ["pods"] };
const withRule = (change: object) => ({ metadata, rules: [{ ...rule, ...change }] });

test("rules of both kinds of roles say what is wrong with them", () => {
  const cases: readonly [manifest: object, ...problems: string[]][] = [
    [withRule({})],
    [
      withRule({ verbs: [] }),
      "rules[0].verbs: Required value: verbs must contain at least one value",
    ],
    [
      withRule({ apiGroups: [], resources: [] }),
      "rules[0].apiGroups: Required value: resource rules must supply at least one api group",
      "rules[0].resources: Required value: resource rules must supply at least one resource",
    ],
  ];
  for (const [manifest, ...problems] of cases) {
    deepEqual(problemsOf(Role, manifest), problems);
    deepEqual(problemsOf(ClusterRole, manifest), problems);
  }
  const paths = { verbs: ["get"], nonResourceURLs: ["/metrics"] };
  deepEqual(problemsOf(ClusterRole, { metadata, rules: [paths] }), []);
  deepEqual(problemsOf(Role, { metadata, rules: [paths] }), [
    'rules[0].nonResourceURLs: Invalid value: ["/metrics"]: namespaced rules cannot apply to non-resource URLs',
  ]);
  deepEqual(problemsOf(ClusterRole, withRule(paths)), [
    'rules[0].nonResourceURLs: Invalid value: ["/metrics"]: rules cannot apply to both regular resources and non-resource URLs',
  ]);
});

test("a role that is put together says of what", () => {
  const aggregated = (clusterRoleSelectors: object[]) =>
    problemsOf(ClusterRole, { metadata, aggregationRule: { clusterRoleSelectors } });
  deepEqual(aggregated([{ matchLabels: { a: "b" } }]), []);
  deepEqual(aggregated([]), [
    "aggregationRule.clusterRoleSelectors: Required value: at least one clusterRoleSelector required if aggregationRule is non-nil",
  ]);
  deepEqual(aggregated([{ matchExpressions: [{ key: "a", operator: "Near" }] }]), [
    'aggregationRule.clusterRoleSelectors[0].matchExpressions[0].operator: Invalid value: "Near": not a valid selector operator',
    "aggregationRule.clusterRoleSelectors[0]: Invalid value: null: invalid label selector.",
  ]);
});

const roleRef = { kind: "ClusterRole", name: "reader" };
const user = { kind: "User", name: "jane" };
const account = { kind: "ServiceAccount", name: "default", namespace: "a" };
const binding = (change: object = {}) => ({ metadata, roleRef, subjects: [user], ...change });

test("bindings know the group of roles and users", () => {
  const made = draftFrom(RoleBinding, binding({ subjects: [user, account] }));
  equal(made.roleRef.apiGroup, "rbac.authorization.k8s.io");
  deepEqual(
    made.subjects?.map(({ apiGroup }) => apiGroup),
    ["rbac.authorization.k8s.io", undefined],
  );
});

test("bindings say what is wrong with them", () => {
  const cases: readonly [manifest: object, ...problems: string[]][] = [
    [binding({ subjects: [user, account, { kind: "Group", name: "devs" }] })],
    [
      binding({ roleRef: { apiGroup: "a", kind: "Thing", name: "" } }),
      'roleRef.apiGroup: Unsupported value: "a": supported values: "rbac.authorization.k8s.io"',
      'roleRef.kind: Unsupported value: "Thing": supported values: "Role", "ClusterRole"',
      "roleRef.name: Required value",
    ],
    [
      binding({ roleRef: { ...roleRef, name: "a/b" } }),
      `roleRef.name: Invalid value: "a/b": may not contain '/'`,
    ],
    [
      binding({ subjects: [{ kind: "Robot", name: "" }] }),
      "subjects[0].name: Required value",
      'subjects[0].kind: Unsupported value: "Robot": supported values: "ServiceAccount", "User", "Group"',
    ],
    [
      binding({ subjects: [{ ...user, apiGroup: "a" }] }),
      'subjects[0].apiGroup: Unsupported value: "a": supported values: "rbac.authorization.k8s.io"',
    ],
    [
      binding({ subjects: [{ ...account, apiGroup: "a" }] }),
      'subjects[0].apiGroup: Unsupported value: "a": supported values: ""',
    ],
  ];
  for (const [manifest, ...problems] of cases) {
    deepEqual(problemsOf(RoleBinding, manifest), problems);
  }
  deepEqual(problemsOf(ClusterRoleBinding, binding({ roleRef: { ...roleRef, kind: "Role" } })), [
    'roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"',
  ]);
  const homeless = { kind: "ServiceAccount", name: "default" };
  deepEqual(problemsOf(ClusterRoleBinding, binding({ subjects: [homeless] })), [
    "subjects[0].namespace: Required value",
  ]);
});

test("what a binding grants stays", () => {
  const to = binding({ roleRef: { ...roleRef, name: "admin" } });
  const problem =
    'roleRef: Invalid value: {"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"admin"}: cannot change roleRef';
  deepEqual(changeProblems(RoleBinding, { from: binding(), to }), [problem]);
  deepEqual(changeProblems(ClusterRoleBinding, { from: binding(), to }), [problem]);
});

test("columns show who gets what", () => {
  const subjects = [user, { kind: "User", name: "joe" }, { kind: "Group", name: "devs" }, account];
  for (const kind of [RoleBinding, ClusterRoleBinding]) {
    const columns: Record<string, unknown> = cellsOf(kind, binding({ subjects }));
    deepEqual(columns, {
      Name: "system:reader",
      Role: "ClusterRole/reader",
      Age: "<unknown>",
      Users: "jane, joe",
      Groups: "devs",
      ServiceAccounts: "a/default",
    });
  }
});
