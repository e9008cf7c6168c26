/**
 * The control plane as a cluster runs it: a store on disk, TLS, tokens, RBAC, admission, and the
 * scheduler and controllers beside it in the same process, watching. See src/cluster/control-plane.ts.
 */
import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { ConfigMap } from "#api/core/configmap.ts";
import { Namespace } from "#api/core/namespace.ts";
import { ServiceAccount } from "#api/core/serviceaccount.ts";
import { ClusterRoleBinding } from "#api/rbac/clusterrolebinding.ts";
import { signingKeyOf } from "#apiserver/authn/token-issuer.ts";
import { silent } from "#base/log.ts";
import { Metrics } from "#base/metrics.ts";
import type { Client } from "#client/client.ts";
import { systemClock as clock } from "#host/clock.ts";
import { collectWhenIdle } from "#host/idle-memory.ts";
import { httpClient } from "#host/http-client.ts";
import { serveHttp } from "#host/http-server.ts";
import { systemRandom as random } from "#host/random.ts";
import { testAuthority } from "#host/testing.ts";
import { createControlPlane } from "#sim/control-plane.ts";
import { openLmdb } from "#store/backends/lmdb.ts";
import { serving } from "./serving.ts";

const namespace = "bench";
const address = "127.0.0.1";

const folder = mkdtempSync(`${tmpdir()}/k8ts-bench-`);
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

const unused = (): never => {
  throw new Error("there is no kubelet");
};

async function main(): Promise<void> {
  const { signal } = new AbortController();
  const store = await openLmdb({ path: `${folder}/store`, clock });
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const signingKey = signingKeyOf(privateKey.export({ type: "pkcs8", format: "pem" }));
  const ca = await testAuthority("bench");
  const identity = await ca.issue("CN=bench", [address]);
  const control = createControlPlane({
    store,
    clock,
    random,
    log: silent,
    metrics: new Metrics(),
    http: httpClient(),
    kubelets: { call: unused, upgrade: unused },
    address: { host: "10.0.0.1", port: 6443 },
    serverUrl: "https://10.0.0.1:6443",
    ca: ca.certificate,
    signingKey: () => signingKey,
    serviceCidr: "10.96.0.0/12",
    podCidr: "10.244.0.0/16",
    clusterDomain: "cluster.local",
  });
  const listener = await serveHttp({
    address,
    port: 0,
    tls: { identity: () => identity, clientCas: () => ca.certificate },
    handler: control.server.http,
  });
  void collectWhenIdle({ clock, signal });
  await control.start(signal);
  void control.run(signal);
  const admin = { name: "kubernetes-admin", groups: ["system:masters"] };
  const token = await tokenFrom(control.clientFor(admin, "bench"));
  serving({ url: `https://${address}:${listener.port}`, token, namespace });
}

/** Of a service account with a role: what programs in pods come with. */
async function tokenFrom(client: Client): Promise<string> {
  await client.create(Namespace, { metadata: { name: namespace } });
  await client.create(ServiceAccount, { metadata: { name: "load", namespace } });
  await client.create(ClusterRoleBinding, {
    metadata: { name: "load" },
    subjects: [{ kind: "ServiceAccount", name: "load", namespace }],
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
  });
  const data = { k: "x".repeat(800) };
  await client.create(ConfigMap, { metadata: { name: "one", namespace }, data });
  const { status } = await client.createSub<{ status: { token: string } }>(
    ServiceAccount,
    { namespace, name: "load", subresource: "token" },
    { object: { spec: { audiences: [], expirationSeconds: 3_600 } } },
  );
  return status.token;
}

await main();
