/** Tokens from the request to their use, and what the reviews say of them. */
import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { test } from "node:test";
import { decodeJwt } from "jose";
import { minutes } from "#base/clock.ts";
import type { User } from "#api/request.ts";
import { type SecureServer, startSecureServer } from "./testing.ts";

const accounts = "/api/v1/namespaces/default/serviceaccounts";
const podUrl = "/api/v1/namespaces/default/pods";
const request = (spec: object = {}) => ({ body: { spec } });

async function withPod(): Promise<{ server: SecureServer; uid: string }> {
  const server = await startSecureServer();
  const { metadata } = await server.ask("POST", podUrl, {
    body: { metadata: { name: "web" }, spec: { containers: [{ name: "c", image: "i" }] } },
  });
  return { server, uid: metadata.uid };
}

test("a token opens what its account's roles open, until its pod is gone", async () => {
  const { server, uid } = await withPod();
  const boundObjectRef = { kind: "Pod", apiVersion: "v1", name: "web", uid };
  const answer = await server.ask("POST", `${accounts}/default/token`, request({ boundObjectRef }));
  equal(answer.status.expirationTimestamp, "2026-01-01T01:00:00Z");
  deepEqual(answer.spec.audiences, [server.issuer]);
  const { token } = answer.status;

  const who = await server.ask("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", {
    body: {},
    token,
  });
  const { username, extra } = who.status.userInfo;
  equal(username, "system:serviceaccount:default:default");
  deepEqual(extra["authentication.kubernetes.io/pod-name"], ["web"]);

  await rejects(server.ask("GET", podUrl, { token }), {
    reason: "Forbidden",
    message:
      'pods is forbidden: User "system:serviceaccount:default:default" cannot list resource "pods" in API group "" in the namespace "default"',
  });
  await server.ask("POST", "/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings", {
    body: {
      metadata: { name: "b" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "view" },
      subjects: [{ kind: "ServiceAccount", name: "default", namespace: "default" }],
    },
  });
  equal((await server.ask("GET", podUrl, { token })).items.length, 1);

  await server.ask("DELETE", `${podUrl}/web`);
  equal((await server.send("GET", podUrl, { token })).status, 401);
});

test("a pod's token that nobody said how long to keep is good for a year, although kubelets bring a new one each hour", async () => {
  const { server, uid } = await withPod();
  const boundObjectRef = { kind: "Pod", apiVersion: "v1", name: "web", uid };
  const unsaid = { boundObjectRef, expirationSeconds: 3_607 };
  const tokenFor = async (spec: object) => {
    const { status } = await server.ask("POST", `${accounts}/default/token`, request(spec));
    equal(status.expirationTimestamp, "2026-01-01T01:00:07Z");
    const claims = decodeJwt<{ "kubernetes.io": { warnafter?: number } }>(status.token);
    const { iat = 0, exp = 0 } = claims;
    const { warnafter } = claims["kubernetes.io"];
    return { token: status.token, lives: exp - iat, warns: warnafter && warnafter - iat };
  };
  const { token, lives, warns } = await tokenFor(unsaid);
  deepEqual([lives, warns], [365 * 24 * 3_600, 3_607]);
  const others = [{ expirationSeconds: 3_607 }, { ...unsaid, audiences: ["vault"] }];
  for (const spec of others) equal((await tokenFor(spec)).lives, 3_607);
  server.clock.advance(minutes(24 * 60));
  equal((await server.send("GET", podUrl, { token })).status, 403, "it is known whose it is");
});

const refusals = [
  [{ expirationSeconds: 60 }, /may not specify a duration less than 10 minutes/],
  [{ boundObjectRef: { kind: "Pod", apiVersion: "v1", name: "none" } }, /pods "none" not found/],
  [
    { boundObjectRef: { kind: "Pod", apiVersion: "v1", name: "web", uid: "other" } },
    /the UID in the bound object reference \(other\) does not match the UID in record/,
  ],
  [
    { boundObjectRef: { kind: "Deployment", apiVersion: "apps/v1", name: "web" } },
    /cannot bind token to object of type apps\/v1, Kind=Deployment/,
  ],
] as const;
for (const [spec, why] of refusals) {
  test(`no token is made for ${JSON.stringify(spec)}`, async () => {
    const { server } = await withPod();
    await rejects(server.ask("POST", `${accounts}/default/token`, request(spec)), why);
  });
}

test("a pod's token is for the account that it runs as", async () => {
  const { server, uid } = await withPod();
  await server.ask("POST", accounts, { body: { metadata: { name: "other" } } });
  const boundObjectRef = { kind: "Pod", apiVersion: "v1", name: "web", uid };
  await rejects(
    server.ask("POST", `${accounts}/other/token`, request({ boundObjectRef })),
    /cannot bind token for serviceaccount "other" to pod running with different serviceaccount name\./,
  );
  await rejects(server.ask("POST", `${accounts}/none/token`, request()), { reason: "NotFound" });
});

test("a node gets tokens for its own pods only", async () => {
  const { server, uid } = await withPod();
  const as: User = { name: "system:node:n1", groups: ["system:nodes", "system:authenticated"] };
  const boundObjectRef = { kind: "Pod", apiVersion: "v1", name: "web", uid };
  const asNode = () =>
    server.ask("POST", `${accounts}/default/token`, { ...request({ boundObjectRef }), as });
  await rejects(asNode(), /no relationship found between node 'n1' and this object/);
  await server.ask("POST", `${podUrl}/web/binding`, {
    body: { metadata: { name: "web" }, target: { name: "n1" } },
  });
  ok((await asNode()).status.token);
  await rejects(
    server.ask("POST", `${accounts}/default/token`, { ...request(), as }),
    /node requested token not bound to a pod/,
  );
});

test("a node gets tokens only for whom its pod's volumes, their drivers or a role say", async () => {
  const { server } = await withPod();
  const token = (path: string) => ({
    name: "tokens",
    projected: { sources: [{ serviceAccountToken: { path, audience: "vault" } }] },
  });
  const csi = { name: "secrets", csi: { driver: "secrets.example.org" } };
  const claimed = { name: "disk", persistentVolumeClaim: { claimName: "data" } };
  const spec = {
    nodeName: "n1",
    containers: [{ name: "c", image: "i" }],
    volumes: [token("t"), csi, claimed],
  };
  const storage = { accessModes: ["ReadWriteOnce"], storageClassName: "" };
  await server.ask("POST", "/api/v1/persistentvolumes", {
    body: {
      metadata: { name: "pv" },
      spec: {
        ...storage,
        capacity: { storage: "1Gi" },
        csi: { driver: "disks.example.org", volumeHandle: "1" },
      },
    },
  });
  await server.ask("POST", "/api/v1/namespaces/default/persistentvolumeclaims", {
    body: {
      metadata: { name: "data" },
      spec: { ...storage, resources: { requests: { storage: "1Gi" } }, volumeName: "pv" },
    },
  });
  for (const [name, audience] of [
    ["secrets.example.org", "secrets"],
    ["disks.example.org", "disks"],
    ["others.example.org", "others"],
  ])
    await server.ask("POST", "/apis/storage.k8s.io/v1/csidrivers", {
      body: { metadata: { name }, spec: { tokenRequests: [{ audience }] } },
    });
  const pod = await server.ask("POST", podUrl, { body: { metadata: { name: "own" }, spec } });
  const boundObjectRef = { kind: "Pod", apiVersion: "v1", name: "own", uid: pod.metadata.uid };
  const as: User = { name: "system:node:n1", groups: ["system:nodes", "system:authenticated"] };
  const asked = (...audiences: readonly string[]) =>
    server.ask("POST", `${accounts}/default/token`, {
      ...request({ boundObjectRef, audiences }),
      as,
    });
  for (const audiences of [[], ["vault"], ["secrets"], ["disks"], [server.issuer]])
    ok((await asked(...audiences)).status.token, audiences.join());
  await rejects(asked("vault", "disks"), {
    message: 'serviceaccounts "default" is forbidden: node may only request 0 or 1 audiences',
  });
  const refused = {
    reason: "Forbidden",
    message:
      'serviceaccounts "default" is forbidden: audience "others" not found in pod spec volume, system:node:n1 is not authorized to request tokens for this audience',
  };
  await rejects(asked("others"), refused);
  const rules = [
    {
      apiGroups: [""],
      resources: ["others"],
      verbs: ["request-serviceaccounts-token-audience"],
      resourceNames: ["default"],
    },
  ];
  const roles = "/apis/rbac.authorization.k8s.io/v1";
  await server.ask("POST", `${roles}/clusterroles`, { body: { metadata: { name: "ask" }, rules } });
  await server.ask("POST", `${roles}/clusterrolebindings`, {
    body: {
      metadata: { name: "ask" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "ask" },
      subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "Group", name: "system:nodes" }],
    },
  });
  ok((await asked("others")).status.token);
});

const review = (token: string, audiences?: readonly string[]) => ({
  body: { spec: { token, ...(audiences ? { audiences } : {}) } },
});
const reviews = "/apis/authentication.k8s.io/v1/tokenreviews";

test("a token review tells who bears a token, and why not", async () => {
  const server = await startSecureServer();
  const { status } = await server.ask(
    "POST",
    `${accounts}/default/token`,
    request({ audiences: ["vault"] }),
  );
  const good = await server.ask("POST", reviews, review(status.token, ["vault", "other"]));
  deepEqual(
    [good.status.authenticated, good.status.user.username, good.status.audiences],
    [true, "system:serviceaccount:default:default", ["vault"]],
  );
  const wrong = await server.ask("POST", reviews, review(status.token));
  deepEqual(wrong.status, {
    user: {},
    error: `[invalid bearer token, token audiences ["vault"] is invalid for the target audiences ["${server.issuer}"]]`,
  });
  server.clock.advance(minutes(70));
  const late = await server.ask("POST", reviews, review(status.token, ["vault"]));
  equal(late.status.error, "[invalid bearer token, service account token has expired]");
  deepEqual((await server.ask("POST", reviews, review("x"))).status.error, "invalid bearer token");
  await rejects(server.ask("POST", reviews, review("")), { reason: "BadRequest" });
});

test("accounts, but not everybody, learn how to verify tokens", async () => {
  const server = await startSecureServer();
  const { status } = await server.ask("POST", `${accounts}/default/token`, request());
  const { token } = status;
  const { jwks_uri: uri } = await server.ask("GET", "/.well-known/openid-configuration", { token });
  equal(uri, `${server.issuer}/openid/v1/jwks`);
  const jwks = await server.send("GET", "/openid/v1/jwks", { token });
  equal(jwks.body.is === "bytes" && jwks.body.contentType, "application/jwk-set+json");
  const as: User = { name: "jane", groups: [] };
  await rejects(server.ask("GET", "/openid/v1/jwks", { as }), {
    message: 'forbidden: User "jane" cannot get path "/openid/v1/jwks"',
  });
});
