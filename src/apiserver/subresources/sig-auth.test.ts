/** What the conformance suite's group sig-auth asks of the API, on a whole server. */
import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { test } from "node:test";
import { type SecureServer, startSecureServer } from "./testing.ts";

const accounts = "/api/v1/namespaces/default/serviceaccounts";
const mergePatch = { "content-type": "application/merge-patch+json" };

const namesIn = async ({ ask }: SecureServer, target: string): Promise<readonly string[]> => {
  const { items } = await ask<{ items: { metadata: { name: string } }[] }>("GET", target);
  return items.map(({ metadata }) => metadata.name);
};

test("a service account lives: created, patched, updated, listed by its label, deleted with others", async () => {
  const server = await startSecureServer();
  const { ask } = server;
  const labels = { test: "lifecycle" };
  await ask("POST", accounts, { body: { metadata: { name: "a", labels } } });
  const patch = { body: { automountServiceAccountToken: false }, headers: mergePatch };
  equal((await ask("PATCH", `${accounts}/a`, patch)).automountServiceAccountToken, false);
  const read = await ask("GET", `${accounts}/a`);
  await ask("PUT", `${accounts}/a`, { body: { ...read, automountServiceAccountToken: true } });
  equal((await ask("GET", `${accounts}/a`)).automountServiceAccountToken, true);
  const listed = "/api/v1/serviceaccounts?labelSelector=test%3Dlifecycle";
  deepEqual(await namesIn(server, listed), ["a"]);
  await ask("DELETE", `${accounts}?labelSelector=test%3Dlifecycle`);
  deepEqual(await namesIn(server, listed), []);
});

test("reviews agree with what a service account can do when it is impersonated", async () => {
  const { ask } = await startSecureServer();
  const user = "system:serviceaccount:default:default";
  const resourceAttributes = { verb: "list", resource: "configmaps", namespace: "default" };
  const reviews = "/apis/authorization.k8s.io/v1";
  const told = async (): Promise<readonly boolean[]> => {
    const body = { spec: { user, resourceAttributes } };
    const places = ["subjectaccessreviews", "namespaces/default/localsubjectaccessreviews"];
    const answers = await Promise.all(
      places.map((place) => ask("POST", `${reviews}/${place}`, { body })),
    );
    return answers.map(({ status }) => status.allowed);
  };
  const list = () =>
    ask("GET", "/api/v1/namespaces/default/configmaps", {
      headers: { "impersonate-user": user },
    });
  deepEqual(await told(), [false, false]);
  await rejects(list, { code: 403 });
  await ask("POST", "/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings", {
    body: {
      metadata: { name: "b" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "view" },
      subjects: [{ kind: "ServiceAccount", name: "default", namespace: "default" }],
    },
  });
  deepEqual(await told(), [true, true]);
  await list();
});

const requests = "/apis/certificates.k8s.io/v1/certificatesigningrequests";

test("certificate requests serve every verb, approval and status get, update and patch", async () => {
  const server = await startSecureServer();
  const { ask } = server;
  const { resources } = await ask<{ resources: { name: string; verbs: string[] }[] }>(
    "GET",
    "/apis/certificates.k8s.io/v1",
  );
  const verbs = Object.fromEntries(
    resources.map(({ name, verbs: all }) => [name, [...all].sort().join(" ")]),
  );
  match(
    verbs["certificatesigningrequests"] ?? "",
    /^create delete deletecollection get list patch update watch$/,
  );
  for (const part of ["approval", "status"])
    equal(verbs[`certificatesigningrequests/${part}`], "get patch update");
  await ask("POST", requests, {
    body: {
      metadata: { name: "c" },
      spec: { request: signingRequest, signerName: "example.com/any", usages: ["client auth"] },
    },
  });
  const approved = {
    type: "Approved",
    status: "True",
    reason: "Test",
    message: "by hand",
  };
  const approval = { body: { status: { conditions: [approved] } }, headers: mergePatch };
  const patched = await ask("PATCH", `${requests}/c/approval`, approval);
  equal(patched.status.conditions[0].type, "Approved");
  const read = await ask("GET", `${requests}/c/approval`);
  await ask("PUT", `${requests}/c/approval`, { body: read });
  const failed = { type: "Failed", status: "True", reason: "Test", message: "not signed" };
  const status = { body: { status: { conditions: [approved, failed] } }, headers: mergePatch };
  equal((await ask("PATCH", `${requests}/c/status`, status)).status.conditions.length, 2);
  await ask("PUT", `${requests}/c/status`, { body: await ask("GET", `${requests}/c/status`) });
  await ask("PATCH", `${requests}/c`, {
    body: { metadata: { annotations: { patched: "yes" } } },
    headers: mergePatch,
  });
  await ask("PUT", `${requests}/c`, { body: await ask("GET", `${requests}/c`) });
  deepEqual(await namesIn(server, requests), ["c"]);
  await ask("DELETE", requests);
  deepEqual(await namesIn(server, requests), []);
});

/** For e2e, signed by a key that nobody kept. */
const signingRequest =
  "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlISk1IQUNBUUF3RGpFTU1Bb0dBMVVF" +
  "QXd3RFpUSmxNRmt3RXdZSEtvWkl6ajBDQVFZSUtvWkl6ajBEQVFjRApRZ0FFMGlYaFM2N2pFVVhoYXJ2" +
  "L1Z3WTE2UWZrcmMwVDAvWm4vd0NnTDc5STY4MEQ4OUQ3WVE2aW13dWZsWVpEClN3eWxzWmd6Q3JsSFhJ" +
  "aDZ6eGdmQTl1eUVxQUFNQW9HQ0NxR1NNNDlCQU1DQTBrQU1FWUNJUUNUQnI3cStGeHUKaVZDS0N5WGtu" +
  "ZE8zaE9NTVc2WEN1ZFRwc2JNMGF5dTNaZ0loQU5qeUlIWUUyWTU4bjc2U21PYzV1aGp6c3RVNQp2eGUz" +
  "L2JibTlCZkZCZUQ2Ci0tLS0tRU5EIENFUlRJRklDQVRFIFJFUVVFU1QtLS0tLQo=";
