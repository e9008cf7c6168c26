import { deepEqual, equal, rejects } from "node:assert/strict";
import { test } from "node:test";
import type { User } from "#api/request.ts";
import { type SecureServer, startSecureServer } from "../subresources/testing.ts";

const group = "/apis/authorization.k8s.io/v1";
const jane: User = { name: "jane", groups: ["dev"] };

async function withReader(): Promise<SecureServer> {
  const server = await startSecureServer();
  await server.ask("POST", "/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings", {
    body: {
      metadata: { name: "b" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "view" },
      subjects: [{ kind: "Group", apiGroup: "rbac.authorization.k8s.io", name: "dev" }],
    },
  });
  return server;
}
const mayRead = { resourceAttributes: { verb: "get", resource: "pods", namespace: "default" } };
const reason = 'RBAC: allowed by RoleBinding "b/default" of ClusterRole "view" to Group "dev"';

test("somebody asks what they may do themselves", async () => {
  const server = await withReader();
  const ask = async (spec: object, as: User) =>
    (await server.ask("POST", `${group}/selfsubjectaccessreviews`, { body: { spec }, as })).status;
  deepEqual(await ask(mayRead, jane), { allowed: true, reason });
  deepEqual(
    await ask(mayRead, { name: "joe", groups: [] }).catch((error: Error) => error.message),
    {
      allowed: false,
    },
  );
  const path = { nonResourceAttributes: { verb: "get", path: "/healthz" } };
  equal((await ask(path, jane)).allowed, true);
});

test("an answer says of what kind it is, whether its question did or not", async () => {
  const server = await startSecureServer();
  const { kind, apiVersion } = await server.ask("POST", `${group}/selfsubjectaccessreviews`, {
    body: { spec: mayRead },
  });
  deepEqual([kind, apiVersion], ["SelfSubjectAccessReview", "authorization.k8s.io/v1"]);
});

test("a server asks for somebody else", async () => {
  const server = await withReader();
  const ask = async (spec: object) =>
    (await server.ask("POST", `${group}/subjectaccessreviews`, { body: { spec } })).status;
  deepEqual(await ask({ ...mayRead, groups: ["dev"] }), { allowed: true, reason });
  deepEqual(await ask({ ...mayRead, user: "joe" }), { allowed: false });
  await rejects(ask(mayRead), {
    reason: "Invalid",
    message:
      'SubjectAccessReview.authorization.k8s.io "" is invalid: spec.user: Invalid value: "": at least one of user or group must be specified',
  });
  await rejects(
    ask({ user: "joe" }),
    /exactly one of nonResourceAttributes or resourceAttributes must be specified/,
  );
});

test("a review in a namespace is of that namespace", async () => {
  const server = await withReader();
  const ask = (namespace: string) =>
    server.ask("POST", `${group}/namespaces/${namespace}/localsubjectaccessreviews`, {
      body: { spec: { ...mayRead, groups: ["dev"] } },
    });
  equal((await ask("default")).status.allowed, true);
  await rejects(ask("kube-system"), {
    reason: "Invalid",
    message:
      'LocalSubjectAccessReview.authorization.k8s.io "" is invalid: spec.resourceAttributes.namespace: Invalid value: "default": must match metadata.namespace',
  });
  const nowhere = `${group}/localsubjectaccessreviews`;
  const spec = { ...mayRead, groups: ["dev"] };
  await rejects(server.ask("POST", nowhere, { body: { spec } }));
});

test("a selector that is written twice is refused, and so is a review with a name", async () => {
  const server = await startSecureServer();
  const fieldSelector = { rawSelector: "a=b", requirements: [{ key: "a", operator: "Exists" }] };
  const resourceAttributes = { ...mayRead.resourceAttributes, fieldSelector };
  const ask = (body: object) =>
    server.ask("POST", `${group}/selfsubjectaccessreviews`, { body, as: jane });
  await rejects(ask({ spec: { resourceAttributes } }), {
    message:
      'SelfSubjectAccessReview.authorization.k8s.io "" is invalid: spec.resourceAttributes.fieldSelector.rawSelector: Invalid value: "a=b": may not specified at the same time as requirements',
  });
  await rejects(ask({ metadata: { name: "x" }, spec: mayRead }), /metadata: .* must be empty$/);
});

test("what somebody may do in a namespace is listed", async () => {
  const server = await withReader();
  const list = async (namespace: string, as: User) =>
    (
      await server.ask("POST", `${group}/selfsubjectrulesreviews`, {
        body: { spec: { namespace } },
        as,
      })
    ).status;
  const { resourceRules, nonResourceRules, incomplete } = await list("default", jane);
  equal(
    resourceRules.some(({ resources }: { resources: string[] }) => resources.includes("pods")),
    true,
  );
  deepEqual(
    [
      nonResourceRules
        .flatMap(({ nonResourceURLs }: { nonResourceURLs: string[] }) => nonResourceURLs)
        .includes("/version"),
      incomplete,
    ],
    [true, false],
  );
  const elsewhere = await list("kube-system", jane);
  equal(
    elsewhere.resourceRules.some(({ resources }: { resources: string[] }) =>
      resources.includes("pods"),
    ),
    false,
  );
});

test("parts of the control plane are as healthy as their leases are fresh", async () => {
  const server = await startSecureServer();
  await server.ask("POST", "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases", {
    body: {
      metadata: { name: "kube-scheduler" },
      spec: { leaseDurationSeconds: 15, renewTime: "2026-01-01T00:00:00.000000Z" },
    },
  });
  const health = async () =>
    (await server.ask("GET", "/api/v1/componentstatuses")).items.map(
      ({
        metadata,
        conditions,
      }: {
        metadata: { name: string };
        conditions: { status: string }[];
      }) => [metadata.name, conditions[0]?.status],
    );
  deepEqual(await health(), [["scheduler", "True"]]);
  const accept = "application/json;as=Table;v=v1;g=meta.k8s.io";
  const table = await server.ask("GET", "/api/v1/componentstatuses", { headers: { accept } });
  deepEqual([table.kind, table.rows[0].cells], ["Table", ["scheduler", "Healthy", "ok", ""]]);
  server.clock.advance(16_000);
  deepEqual(await health(), [["scheduler", "False"]]);
});
