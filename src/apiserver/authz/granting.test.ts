/** Nobody gives away more than they hold, by whatever verb they try it: on a whole server. */
import { equal, rejects } from "node:assert/strict";
import { test } from "node:test";
import type { Method, User } from "#api/request.ts";
import { type SecureServer, startSecureServer } from "../subresources/testing.ts";

const group = "rbac.authorization.k8s.io";
const api = `/apis/${group}/v1`;
const local = `${api}/namespaces/default`;
const mia: User = { name: "mia", groups: ["devs"] };

const reading = { verbs: ["get"], apiGroups: [""], resources: ["pods"] };
const more = { verbs: ["get", "list"], apiGroups: [""], resources: ["pods", "secrets"] };
const writing = {
  verbs: ["create", "get", "update", "patch", "delete"],
  apiGroups: [group],
  resources: ["roles", "clusterroles", "rolebindings", "clusterrolebindings"],
};
const mayBind = (resource: string, ...resourceNames: string[]) => ({
  verbs: ["bind"],
  apiGroups: [group],
  resources: [resource],
  resourceNames,
});

const refToRole = (kind: string, name: string) => ({ apiGroup: group, kind, name });
const toMia = [{ kind: "User", name: "mia", apiGroup: group }];

/** Where mia holds these rules. */
async function start(...rules: readonly object[]): Promise<SecureServer> {
  const server = await startSecureServer();
  const metadata = { name: "mia" };
  await server.ask("POST", `${api}/clusterroles`, {
    body: { metadata, rules: [writing, ...rules] },
  });
  await server.ask("POST", `${api}/clusterrolebindings`, {
    body: { metadata, roleRef: refToRole("ClusterRole", "mia"), subjects: toMia },
  });
  return server;
}

const lacking = `user "mia" (groups=["devs" "system:authenticated"]) is attempting to grant RBAC permissions not currently held:
{APIGroups:[""], Resources:["pods"], Verbs:["list"]}
{APIGroups:[""], Resources:["secrets"], Verbs:["get" "list"]}`;

const attempts: readonly (readonly [string, Method, string, object?])[] = [
  ["patched", "PATCH", "application/merge-patch+json"],
  [
    "patched in JSON",
    "PATCH",
    "application/json-patch+json",
    [{ op: "replace", path: "/rules", value: [more] }],
  ],
  ["applied", "PATCH", "application/apply-patch+yaml"],
  ["put", "PUT", "application/json"],
];

for (const plural of ["roles", "clusterroles"]) {
  const folder = plural === "roles" ? local : api;
  const place = `${folder}/${plural}`;
  const forbidden = {
    code: 403,
    reason: "Forbidden",
    message: `${plural}.${group} "r" is forbidden: ${lacking}`,
  };
  const kind = plural === "roles" ? "Role" : "ClusterRole";
  const role = (rules: readonly object[]) => ({
    apiVersion: `${group}/v1`,
    kind,
    metadata: { name: "r" },
    rules,
  });

  test(`one of ${plural} that holds more than its writer cannot be created, on dry runs neither`, async () => {
    const { ask } = await start(reading);
    const create = { as: mia, body: role([more]) };
    await rejects(ask("POST", place, create), forbidden);
    await rejects(ask("POST", `${place}?dryRun=All`, create), forbidden);
    await rejects(ask("PUT", `${place}/r`, create), forbidden);
    await rejects(
      ask("PATCH", `${place}/r?fieldManager=mia`, {
        ...create,
        headers: { "content-type": "application/apply-patch+yaml" },
      }),
      forbidden,
    );
    await ask("POST", place, { as: mia, body: role([reading]) });
  });

  for (const [how, method, contentType, body = role([more])] of attempts) {
    test(`one of ${plural} cannot be ${how} to hold more than its writer`, async () => {
      const { ask } = await start(reading);
      await ask("POST", place, { as: mia, body: role([reading]) });
      const target = `${place}/r${how === "applied" ? "?fieldManager=mia&force=true" : ""}`;
      const change = { as: mia, body, headers: { "content-type": contentType } };
      await rejects(ask(method, target, change), forbidden);
      const { rules } = await ask("GET", `${place}/r`);
      equal(rules[0].verbs.length, 1);
    });
  }

  test(`one of ${plural} that holds more can be given owners, but no labels, by others`, async () => {
    const { ask } = await start(reading);
    await ask("POST", place, { body: role([more]) });
    const patch = (metadata: object) =>
      ask("PATCH", `${place}/r`, {
        as: mia,
        body: { metadata },
        headers: { "content-type": "application/merge-patch+json" },
      });
    await patch({ finalizers: ["example.com/f"] });
    await rejects(patch({ labels: { a: "b" } }), forbidden);
  });

  test(`who may escalate one of ${plural} may write what they do not hold`, async () => {
    const { ask } = await start({ ...mayBind(plural, "r"), verbs: ["escalate"] });
    await ask("PUT", `${place}/r`, { as: mia, body: role([more]) });
    const other = { ...role([more]), metadata: { name: "other" } };
    await rejects(ask("PUT", `${place}/other`, { as: mia, body: other }), { code: 403 });
  });
}

test("a role is bound only by who holds all of it there, or may bind it", async () => {
  const { ask } = await start(reading, mayBind("clusterroles", "edit"));
  const bind = (place: string, kind: string, name: string) =>
    ask("POST", place, {
      as: mia,
      body: { metadata: { name: `bind-${name}` }, roleRef: refToRole(kind, name), subjects: toMia },
    });
  const role = (rules: object[]) => ({ body: { metadata: { name: "small" }, rules } });
  await ask("POST", `${local}/roles`, role([reading]));
  await bind(`${local}/rolebindings`, "Role", "small");
  await bind(`${local}/rolebindings`, "ClusterRole", "edit");
  await bind(`${api}/clusterrolebindings`, "ClusterRole", "edit");
  for (const place of [`${local}/rolebindings`, `${api}/clusterrolebindings`]) {
    await rejects(bind(place, "ClusterRole", "admin"), {
      code: 403,
      message: /"bind-admin" is forbidden: user "mia" .* is attempting to grant RBAC permissions/s,
    });
    await rejects(bind(place, "ClusterRole", "nothing"), {
      code: 404,
      message: `clusterroles.${group} "nothing" not found`,
    });
  }
});

test("subjects are added to a binding only by who may bind its role", async () => {
  const { ask } = await start(reading);
  const binding = {
    metadata: { name: "b" },
    roleRef: refToRole("ClusterRole", "admin"),
    subjects: [{ kind: "User", name: "root", apiGroup: group }],
  };
  await ask("POST", `${local}/rolebindings`, { body: binding });
  await rejects(
    ask("PATCH", `${local}/rolebindings/b`, {
      as: mia,
      body: { subjects: toMia },
      headers: { "content-type": "application/merge-patch+json" },
    }),
    { code: 403, message: /rolebindings.* "b" is forbidden: user "mia"/ },
  );
});

test("only who may do everything says which roles are gathered, or takes that back", async () => {
  const { ask } = await start(reading);
  const gathering = {
    metadata: { name: "g" },
    rules: [],
    aggregationRule: { clusterRoleSelectors: [{ matchLabels: { a: "b" } }] },
  };
  const refusal = {
    code: 403,
    message: `clusterroles.${group} "g" is forbidden: must have cluster-admin privileges to use the aggregationRule`,
  };
  await rejects(ask("POST", `${api}/clusterroles`, { as: mia, body: gathering }), refusal);
  await ask("POST", `${api}/clusterroles`, { body: gathering });
  const patch = { body: { aggregationRule: null }, as: mia };
  const headers = { "content-type": "application/merge-patch+json" };
  await rejects(ask("PATCH", `${api}/clusterroles/g`, { ...patch, headers }), refusal);
});
