import { deepEqual, equal, match } from "node:assert/strict";
import { createPublicKey, X509Certificate } from "node:crypto";
import { test } from "node:test";
import type { JsonGeneralNames } from "@peculiar/x509";
import { CertificateSigningRequest } from "#api/certificates/certificatesigningrequest.ts";
import { ClusterRoleBinding } from "#api/rbac/clusterrolebinding.ts";
import { hours, minutes, seconds } from "#base/clock.ts";
import { testAuthority as authority } from "#sim/test-authority.ts";
import { requestFor } from "./certificates/testing.ts";
import { startTestCluster, type TestCluster } from "./testing.ts";

const client = ["digital signature", "client auth"];
const server = ["digital signature", "server auth"];
const nodeName = "O=system:nodes, CN=system:node:n1";

interface Case {
  readonly signer: string;
  readonly subject: string;
  readonly usages: readonly string[];
  readonly names?: JsonGeneralNames;
  readonly expirationSeconds?: number;
}

async function ask(cluster: TestCluster, name: string, asked: Case): Promise<void> {
  const { signer, subject, usages, names, expirationSeconds } = asked;
  const request = await requestFor(subject, names);
  await cluster.client.create(CertificateSigningRequest, {
    metadata: { name },
    spec: {
      request,
      signerName: `kubernetes.io/${signer}`,
      usages: usages as never,
      ...(expirationSeconds ? { expirationSeconds } : {}),
    },
  });
}

async function approve(cluster: TestCluster, name: string, type = "Approved"): Promise<void> {
  const found = await cluster.client.get(CertificateSigningRequest, { name });
  const conditions = [{ type, status: "True" as const, reason: "Test", message: "" }];
  await cluster.client.update(
    CertificateSigningRequest,
    { ...found, status: { ...found.status, conditions } as never },
    { subresource: "approval" },
  );
}

async function look(cluster: TestCluster, name: string) {
  const { status } = await cluster.client.get(CertificateSigningRequest, { name });
  const conditions = (status.conditions ?? []).map(
    ({ type, reason, message }) => `${type} ${reason}: ${message}`,
  );
  return {
    conditions,
    certificate: status.certificate
      ? new X509Certificate(Buffer.from(status.certificate, "base64"))
      : undefined,
  };
}

/** Signing leaves the event loop: virtual time does not wait for it. */
async function decided(cluster: TestCluster, name: string): Promise<void> {
  for (let i = 0; i < roundsMax; i++) {
    await cluster.advance(100);
    const { conditions, certificate } = await look(cluster, name);
    if (certificate || conditions.some((text) => /^(Failed|Denied)/.test(text))) return;
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
  throw new Error(`${name} is neither signed nor refused: ${cluster.complaints.join("; ")}`);
}

const roundsMax = 5_000;

test("an approved request of a client is signed, for as long as it asked, and not before", async () => {
  await using cluster = await startTestCluster({ authority });
  await ask(cluster, "jane", {
    signer: "kube-apiserver-client",
    subject: "O=dev, CN=jane",
    usages: client,
    expirationSeconds: 3_600,
  });
  await cluster.advance(1_000);
  equal((await look(cluster, "jane")).certificate, undefined);
  await approve(cluster, "jane");
  await decided(cluster, "jane");
  const { certificate } = await look(cluster, "jane");
  if (!certificate) throw new Error("not signed");
  equal(certificate.subject, "O=dev\nCN=jane");
  equal(certificate.ca, false);
  deepEqual(certificate.keyUsage, ["1.3.6.1.5.5.7.3.2"]);
  equal(certificate.verify(createPublicKey(authority.certificate)), true);
  const lifetime = certificate.validToDate.getTime() - certificate.validFromDate.getTime();
  equal(lifetime, seconds(3_600) + minutes(5));
  deepEqual(cluster.complaints, []);
});

test("a denied request is not signed, and goes after an hour", async () => {
  await using cluster = await startTestCluster({ authority });
  await ask(cluster, "jane", {
    signer: "kube-apiserver-client",
    subject: "CN=jane",
    usages: client,
  });
  await approve(cluster, "jane", "Denied");
  await cluster.advance(1_000);
  equal((await look(cluster, "jane")).certificate, undefined);
  await cluster.advance(hours(1));
  deepEqual((await cluster.client.list(CertificateSigningRequest)).items, []);
});

test("a request that nobody decides on goes after a day", async () => {
  await using cluster = await startTestCluster({ authority });
  await ask(cluster, "jane", {
    signer: "kube-apiserver-client",
    subject: "CN=jane",
    usages: client,
  });
  await cluster.advance(hours(23));
  equal((await cluster.client.list(CertificateSigningRequest)).items.length, 1);
  await cluster.advance(hours(1.1));
  deepEqual((await cluster.client.list(CertificateSigningRequest)).items, []);
});

const refused: readonly [what: string, asked: Case, problem: RegExp][] = [
  [
    "a client's for a server",
    { signer: "kube-apiserver-client", subject: "CN=jane", usages: server },
    /usages did not match expected/,
  ],
  [
    "a kubelet's of another group",
    {
      signer: "kubelet-serving",
      subject: "O=dev, CN=system:node:n1",
      usages: server,
      names: [{ type: "dns", value: "n1" }],
    },
    /subject organization is not system:nodes/,
  ],
  [
    "a kubelet's without a name to serve",
    { signer: "kubelet-serving", subject: nodeName, usages: server },
    /DNS or IP subjectAltName is required/,
  ],
  [
    "a kubelet's as a client with names",
    {
      signer: "kube-apiserver-client-kubelet",
      subject: nodeName,
      usages: client,
      names: [{ type: "ip", value: "192.0.2.1" }],
    },
    /IP subjectAltNames are not allowed/,
  ],
  [
    "a kubelet's of another name",
    { signer: "kube-apiserver-client-kubelet", subject: "O=system:nodes, CN=n1", usages: client },
    /subject common name does not begin with system:node:/,
  ],
];
for (const [what, asked, problem] of refused) {
  test(`${what} is not signed even if approved, and the request says why`, async () => {
    await using cluster = await startTestCluster({ authority });
    await ask(cluster, "r", asked);
    await cluster.advance(1_000);
    await approve(cluster, "r");
    await decided(cluster, "r");
    const { conditions, certificate } = await look(cluster, "r");
    equal(certificate, undefined);
    match(conditions[1] ?? "", problem);
    match(conditions[1] ?? "", /^Failed SignerValidationFailure/);
  });
}

test("a serving certificate has the names that were asked for", async () => {
  await using cluster = await startTestCluster({ authority });
  const names: JsonGeneralNames = [
    { type: "dns", value: "n1" },
    { type: "ip", value: "192.0.2.1" },
  ];
  await ask(cluster, "serving", {
    signer: "kubelet-serving",
    subject: nodeName,
    usages: server,
    names,
  });
  await approve(cluster, "serving");
  await decided(cluster, "serving");
  const { certificate } = await look(cluster, "serving");
  equal(certificate?.subjectAltName, "DNS:n1, IP Address:192.0.2.1");
});

test("a kubelet's request is approved once its requestor may make it, and signed", async () => {
  await using cluster = await startTestCluster({ authority });
  await cluster.client.create(ClusterRoleBinding, {
    metadata: { name: "joining" },
    roleRef: {
      apiGroup: "rbac.authorization.k8s.io",
      kind: "ClusterRole",
      name: "system:certificates.k8s.io:certificatesigningrequests:nodeclient",
    },
    subjects: [
      { apiGroup: "rbac.authorization.k8s.io", kind: "Group", name: "system:bootstrappers" },
    ],
  });
  const joining = cluster.clientOf({
    name: "system:bootstrap:abcdef",
    groups: ["system:bootstrappers", "system:authenticated"],
  });
  const request = await requestFor(nodeName);
  const spec = {
    request,
    signerName: "kubernetes.io/kube-apiserver-client-kubelet",
    usages: client as never,
  };
  await cluster.client.create(ClusterRoleBinding, {
    metadata: { name: "asking" },
    roleRef: {
      apiGroup: "rbac.authorization.k8s.io",
      kind: "ClusterRole",
      name: "system:node-bootstrapper",
    },
    subjects: [
      { apiGroup: "rbac.authorization.k8s.io", kind: "Group", name: "system:bootstrappers" },
    ],
  });
  await joining.create(CertificateSigningRequest, { metadata: { name: "n1" }, spec });
  await decided(cluster, "n1");
  const { conditions, certificate } = await look(cluster, "n1");
  deepEqual(conditions, [
    "Approved AutoApproved: Auto approving kubelet client certificate after SubjectAccessReview.",
  ]);
  equal(certificate?.subject, "O=system:nodes\nCN=system:node:n1");
});

test("a kubelet's request that is not as a kubelet's should be is left to people", async () => {
  await using cluster = await startTestCluster({ authority });
  const request = await requestFor("O=system:nodes, CN=system:node:n1");
  await cluster.client.create(CertificateSigningRequest, {
    metadata: { name: "n1" },
    spec: {
      request,
      signerName: "kubernetes.io/kube-apiserver-client-kubelet",
      usages: server as never,
    },
  });
  // A second one that is decided on: by then the first has been looked at.
  await ask(cluster, "r", { signer: "kube-apiserver-client", subject: "CN=jim", usages: client });
  await approve(cluster, "r");
  await decided(cluster, "r");
  deepEqual((await look(cluster, "n1")).conditions, []);
});
