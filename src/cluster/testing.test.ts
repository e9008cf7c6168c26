/** `k8ts/testing`: what a simulated cluster does with the world outside. */
import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { test } from "node:test";
import type { IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { X509Certificate } from "node:crypto";
import { pathToFileURL } from "node:url";
import { CertificateSigningRequest } from "#api/certificates/certificatesigningrequest.ts";
import { ConfigMap } from "#api/core/configmap.ts";
import type { HttpRequest } from "#base/http.ts";
import { serveHttp } from "#host/http-server.ts";
import { makeAuthority, selfSigned } from "./pki.ts";
import { type Cluster, createCluster } from "./testing.ts";

const manifest = (name: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name} }\ndata: { a: "1" }\n`;

async function folder(): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await mkdtemp(`${tmpdir()}/k8ts-testing-`);
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

test("files, URLs, text and charts can be applied, in any mixture", async () => {
  await using home = await folder();
  await writeFile(`${home.path}/one.yaml`, manifest("one"));
  await writeFile(`${home.path}/two.yml`, `${manifest("two")}---\n${manifest("three")}`);
  const body = Buffer.from(manifest("four"));
  const handler = async () => ({ status: 200, headers: {}, body });
  await using server = await serveHttp({ address: "127.0.0.1", port: 0, handler });
  await using cluster = await createCluster();
  const chart = {
    toJson: () => [{ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "six" } }],
  };
  const applied = await cluster.apply([
    `${home.path}/one.yaml`,
    pathToFileURL(`${home.path}/two.yml`),
    `http://127.0.0.1:${server.port}/four`,
    manifest("five"),
    chart,
  ]);
  deepEqual(
    applied.map(({ metadata: { name } }) => name),
    ["one", "two", "three", "four", "five", "six"],
  );
  await rejects(cluster.apply(`${home.path}/none.yaml`), /there is no file .*none.yaml/);
  equal((await cluster.client.list(ConfigMap, { namespace: "default" })).items.length, 7);
});

const misunderstood: readonly (readonly [options: object, why: RegExp])[] = [
  [{ node: 3 }, /^TypeError: unknown name "node" in the options of a cluster: .* "nodes"\?$/],
  [{ nodes: -1 }, /^TypeError: nodes: expected a number of nodes, or a list of them, found -1$/],
  [{ nodes: "3" }, /^TypeError: nodes: expected .*, found "3"$/],
  [{ nodes: [{ lables: {} }] }, /unknown name "lables" in a node: .*; did you mean "labels"\?$/],
  [{ nodes: [{ capacity: { ram: "1Gi" } }] }, /unknown name "ram" in a capacity/],
  [{ kubelets: "lite" }, /^TypeError: kubelets: expected whole or light, found "lite"$/],
  [{ seed: "x" }, /^TypeError: seed: expected a number, found "x"$/],
];

for (const [options, why] of misunderstood)
  test(`no cluster is made of ${JSON.stringify(options)}`, () =>
    rejects(createCluster(options), why));

test("what cannot be applied is told, with what was probably meant", async () => {
  await using cluster = await createCluster();
  const of = (apiVersion: string, kind: string) => ({ apiVersion, kind, metadata: { name: "x" } });
  const refusals: readonly (readonly [what: object | string, why: RegExp])[] = [
    [of("v1", "Confgmap"), /^TypeError: no kind Confgmap in v1; did you mean ConfigMap in v1\?$/],
    [of("apps/v1", "Pod"), /no kind Pod in apps\/v1; did you mean Pod in v1\?$/],
    [of("v1", "Zebra"), /no kind Zebra in v1$/],
    ["manifests", /"manifests" \(a path ends in .yaml, .yml or .json\)$/],
    [null as never, /an object needs apiVersion and kind: null$/],
    [42 as never, /an object needs apiVersion and kind: 42$/],
  ];
  for (const [what, why] of refusals) await rejects(cluster.apply(what), why);
});

test("a custom resource can be applied once it is defined", async () => {
  await using cluster = await createCluster();
  const widget = { apiVersion: "example.com/v1", kind: "Widget", metadata: { name: "w" }, size: 3 };
  await rejects(cluster.apply(widget), /no kind Widget in example.com\/v1/);
  const schema = { openAPIV3Schema: { type: "object", properties: { size: { type: "integer" } } } };
  await cluster.apply({
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "widgets.example.com" },
    spec: {
      group: "example.com",
      scope: "Namespaced",
      names: { plural: "widgets", kind: "Widget" },
      versions: [{ name: "v1", served: true, storage: true, schema }],
    },
  });
  const [made] = await cluster.apply(widget);
  equal((made as { size?: number }).size, 3);
});

test("a program behind a URL is a webhook, and no time passes while it is asked", async () => {
  const identity = await selfSigned(["127.0.0.1"], Date.now());
  const handler = async (asked: HttpRequest) => {
    const review = JSON.parse(Buffer.from(await asked.body(1e6)).toString()) as {
      readonly request: { readonly uid: string };
    };
    const response = { uid: review.request.uid, allowed: false, status: { message: "no" } };
    const headers = { "content-type": "application/json" };
    return { status: 200, headers, body: Buffer.from(JSON.stringify({ ...review, response })) };
  };
  const tls = { identity: () => identity, clientCas: () => identity.certificate };
  await using server = await serveHttp({ address: "127.0.0.1", port: 0, tls, handler });
  await using cluster = await createCluster();
  const url = new URL(`https://127.0.0.1:${server.port}/validate`);
  const ca = identity.certificate;
  await cluster.webhooks.validating("program", [{ resources: ["configmaps"] }], url, { ca });
  const startedMs = cluster.clock.now();
  await rejects(
    cluster.apply(manifest("x")),
    /webhook "program.webhooks.k8ts" denied the request: no/,
  );
  equal(cluster.clock.now(), startedMs);
});

test("a cluster that is served answers whoever shows the token of its kubeconfig", async () => {
  await using cluster = await createCluster();
  await using served = await cluster.serve();
  match(served.kubeconfig, new RegExp(`server: "?${served.url}`));
  match(served.kubeconfig, /current-context: k8ts-ephemeral/);
});

const rootCa = async (cluster: Cluster): Promise<string> => {
  const target = { namespace: "default", name: "kube-root-ca.crt" };
  return (await cluster.client.get(ConfigMap, target)).data?.["ca.crt"] ?? "";
};

/** Asked for, approved and signed, as `kubectl certificate approve` has it. */
async function clientIdentity(cluster: Cluster, user: string) {
  const { Pkcs10CertificateRequestGenerator, PemConverter } = await import("@peculiar/x509");
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const name = `CN=${user}`;
  const made = await Pkcs10CertificateRequestGenerator.create({
    name,
    keys,
    signingAlgorithm: algorithm,
  });
  const request = await cluster.client.create(CertificateSigningRequest, {
    metadata: { name: user },
    spec: {
      request: Buffer.from(made.toString("pem")).toString("base64"),
      signerName: "kubernetes.io/kube-apiserver-client",
      usages: ["client auth"],
    },
  });
  const atNoTime = { lastTransitionTime: null, lastUpdateTime: null };
  const condition = { type: "Approved", status: "True", reason: "Test", ...atNoTime };
  await cluster.client.update(
    CertificateSigningRequest,
    { ...request, status: { conditions: [condition] } },
    { subresource: "approval" },
  );
  await cluster.idle();
  const { status } = await cluster.client.get(CertificateSigningRequest, { name: user });
  const der = await crypto.subtle.exportKey("pkcs8", keys.privateKey);
  return {
    cert: Buffer.from(status.certificate ?? "", "base64").toString(),
    key: PemConverter.encode(der, "PRIVATE KEY"),
  };
}

test("what pods trust is a real authority: it signs the certificates that were approved, and they end", async () => {
  await using cluster = await createCluster();
  const ca = new X509Certificate(await rootCa(cluster));
  equal(ca.ca, true);
  const { cert } = await clientIdentity(cluster, "jane");
  const certificate = new X509Certificate(cert);
  equal(certificate.verify(ca.publicKey), true);
  equal(certificate.subject, "CN=jane");
  const days = (Date.parse(certificate.validTo) - cluster.clock.now()) / 86_400_000;
  equal(Math.round(days), 365);
});

test("with an authority of its own a cluster that is served believes the certificates that it signed", async () => {
  const authority = await makeAuthority("kubernetes", Date.now());
  await using cluster = await createCluster({ authority, startsAt: new Date() });
  await using served = await cluster.serve();
  const ca = await rootCa(cluster);
  equal(ca, authority.certificate);
  match(served.kubeconfig, new RegExp(Buffer.from(ca).toString("base64").slice(0, 60)));
  const identity = await clientIdentity(cluster, "jane");
  const { status, text } = await answerOf(`${served.url}/api/v1/pods`, { ca, ...identity });
  deepEqual([status, /User \\"jane\\" cannot list/.test(text)], [403, true]);
});

async function answerOf(url: string, options: object): Promise<{ status?: number; text: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const asked = httpsRequest(url, { ...options, agent: false }, resolve);
  asked.on("error", reject).end();
  const response = await promise;
  const text = Buffer.concat(await Array.fromAsync(response)).toString();
  return { status: response.statusCode ?? 0, text };
}
