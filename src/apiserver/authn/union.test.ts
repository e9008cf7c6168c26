import { deepEqual, equal, rejects } from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import { Node } from "#api/core/node.ts";
import { Pod } from "#api/core/pod.ts";
import { Secret } from "#api/core/secret.ts";
import { ServiceAccount } from "#api/core/serviceaccount.ts";
import type { ApiRequest, Caller, User } from "#api/request.ts";
import { minutes } from "#base/clock.ts";
import type { PeerCertificate } from "#base/http.ts";
import { seededRandom } from "#base/random.ts";
import { readerOf } from "../admission/testing.ts";
import type { TokenRequestClaims } from "./authenticator.ts";
import { createTokenIssuer, openIdConfiguration, signingKeyOf } from "./token-issuer.ts";
import { createAuthenticator } from "./union.ts";

const startMs = Date.parse("2026-01-01T00:00:00Z");

function privateKeyPem(type: "ec" | "rsa"): string {
  const { privateKey } =
    type === "ec"
      ? generateKeyPairSync("ec", { namedCurve: "P-256" })
      : generateKeyPairSync("rsa", { modulusLength: 2_048 });
  const pem: string = privateKey.export({ type: "pkcs8", format: "pem" });
  return pem;
}
const [key, otherKey] = [signingKeyOf(privateKeyPem("ec")), signingKeyOf(privateKeyPem("rsa"))];
const issuer = "https://kubernetes.default.svc.cluster.local";

function setUp() {
  let nowMs = startMs;
  const clock = {
    now: () => nowMs,
    monotonic: () => nowMs,
    after: () => ({ [Symbol.dispose]: () => {} }),
  };
  const reader = readerOf(
    [ServiceAccount, { metadata: { name: "web", namespace: "blue", uid: "sa-1" } }],
    [
      Pod,
      { metadata: { name: "web-1", namespace: "blue", uid: "pod-1" }, spec: { containers: [] } },
    ],
    [Secret, { metadata: { name: "s", namespace: "blue", uid: "secret-1" } }],
    [Node, { metadata: { name: "n1", uid: "node-1" } }],
  );
  const keys = () => [key];
  return {
    reader,
    advance: (ms: number) => (nowMs += ms),
    tokens: createTokenIssuer({ issuer, key: () => key, keys, clock, random: seededRandom(1) }),
    strangers: createTokenIssuer({
      issuer,
      key: () => otherKey,
      keys: () => [otherKey],
      clock,
      random: seededRandom(1),
    }),
    authenticator: createAuthenticator({
      clock,
      reader: () => reader,
      audiences: ["api"],
      issuer,
      keys,
      tokens: new Map([["static-token", { name: "kubernetes-admin", groups: ["system:masters"] }]]),
    }),
  };
}

const ofWeb: TokenRequestClaims = {
  namespace: "blue",
  serviceAccount: { name: "web", uid: "sa-1" },
  pod: { name: "web-1", uid: "pod-1" },
  node: { name: "n1", uid: "node-1" },
  audiences: ["api"],
  expirationSeconds: 600,
};

const request = (
  caller: Caller,
  headers: Record<string, string> = {},
  path = "/api",
): ApiRequest => ({
  method: "GET",
  path,
  query: new URLSearchParams(),
  headers,
  body: { is: "none" },
  caller,
  signal: new AbortController().signal,
});
const nobody: Caller = { is: "peer", peer: { address: "192.0.2.1" } };
const bearer = (token: string): ApiRequest => request(nobody, { authorization: `Bearer ${token}` });
const unauthorized = { reason: "Unauthorized", code: 401, message: "Unauthorized" };

const certificate: PeerCertificate = {
  commonName: "jane",
  organizations: ["dev"],
  raw: Buffer.from("certificate"),
  notAfterMs: startMs + minutes(10),
};

test("a client certificate names user and groups, and is remembered as the same user", async () => {
  const { authenticator, advance } = setUp();
  const asked = request({ is: "peer", peer: { address: "192.0.2.1", certificate } });
  const user = await authenticator.authenticate(asked);
  deepEqual(user, {
    name: "jane",
    groups: ["dev", "system:authenticated"],
    extra: {
      "authentication.kubernetes.io/credential-id": [
        "X509SHA256=03d66dd08835c1ca3f128cceacd1f31ac94163096b20f445ae84285bc0832d72",
      ],
    },
  });
  equal(await authenticator.authenticate(asked), user);
  advance(minutes(11));
  await rejects(async () => authenticator.authenticate(asked), unauthorized);
});

test("a component of the process is who it says it is, always as the same user object", async () => {
  const { authenticator } = setUp();
  const user: User = { name: "system:kube-scheduler", groups: [] };
  const first = await authenticator.authenticate(request({ is: "component", user }));
  deepEqual(first?.groups, ["system:authenticated"]);
  equal(await authenticator.authenticate(request({ is: "component", user })), first);
});

test("a static token names its user, an unknown one nobody", async () => {
  const { authenticator } = setUp();
  equal((await authenticator.authenticate(bearer("static-token")))?.name, "kubernetes-admin");
  await rejects(async () => authenticator.authenticate(bearer("wrong")), unauthorized);
});

test("a browser brings its token among the protocols of its WebSocket", async () => {
  const { authenticator } = setUp();
  const offering = async (...protocols: string[]) =>
    authenticator.authenticate(request(nobody, { "sec-websocket-protocol": protocols.join(", ") }));
  const own = `base64url.bearer.authorization.k8s.io.${Buffer.from("static-token").toString("base64url")}`;
  equal((await offering("v4.channel.k8s.io", own))?.name, "kubernetes-admin");
  equal(await offering("v4.channel.k8s.io"), undefined);
  await rejects(offering(own, own), unauthorized);
  await rejects(offering(`${own}=`), unauthorized);
});

test("without credentials only health and version can be seen", async () => {
  const { authenticator } = setUp();
  for (const path of ["/healthz", "/livez", "/readyz", "/readyz/etcd", "/version"]) {
    const user = await authenticator.authenticate(request(nobody, {}, path));
    deepEqual(user, { name: "system:anonymous", groups: ["system:unauthenticated"] });
  }
  for (const path of ["/api", "/versions", "/metrics", "/openapi/v3"])
    equal(await authenticator.authenticate(request(nobody, {}, path)), undefined);
});

test("a service account token says for whom, for which pod and node it was made", async () => {
  const { authenticator, tokens } = setUp();
  const { token, expiresMs } = await tokens.issue(ofWeb);
  equal(expiresMs, startMs + 600_000);
  const user = await authenticator.authenticate(bearer(token));
  const { "authentication.kubernetes.io/credential-id": id, ...extra } = user?.extra ?? {};
  deepEqual(
    { ...user, extra },
    {
      name: "system:serviceaccount:blue:web",
      uid: "sa-1",
      groups: ["system:serviceaccounts", "system:serviceaccounts:blue", "system:authenticated"],
      extra: {
        "authentication.kubernetes.io/pod-name": ["web-1"],
        "authentication.kubernetes.io/pod-uid": ["pod-1"],
        "authentication.kubernetes.io/node-name": ["n1"],
        "authentication.kubernetes.io/node-uid": ["node-1"],
      },
    },
  );
  equal(id?.[0]?.startsWith("JTI="), true);
  equal(await authenticator.authenticate(bearer(token)), user);
});

test("a token expires, a minute of grace for other clocks included", async () => {
  const { authenticator, tokens, advance } = setUp();
  const { token } = await tokens.issue(ofWeb);
  advance(minutes(10.9));
  await authenticator.authenticate(bearer(token));
  advance(minutes(0.2));
  await rejects(async () => authenticator.authenticate(bearer(token)), unauthorized);
});

const bonds = [
  ["its account", ServiceAccount, "web", {}],
  ["its pod", Pod, "web-1", {}],
  ["its secret", Secret, "s", { pod: undefined, secret: { name: "s", uid: "secret-1" } }],
  ["its node, when made for that", Node, "n1", { pod: undefined }],
] as const;
for (const [what, kind, name, claims] of bonds) {
  test(`a token dies with ${what}, also when another one takes the name`, async () => {
    const { authenticator, tokens, reader } = setUp();
    const { token } = await tokens.issue({ ...ofWeb, ...claims } as TokenRequestClaims);
    await authenticator.authenticate(bearer(token));
    const namespace = kind === Node ? "" : "blue";
    reader.put(kind, { metadata: { name, namespace, uid: "another" }, spec: { containers: [] } });
    await rejects(async () => authenticator.authenticate(bearer(token)), unauthorized);
    reader.remove(kind, namespace, name);
    await rejects(async () => authenticator.authenticate(bearer(token)), unauthorized);
  });
}

test("a pod's token outlives its node", async () => {
  const { authenticator, tokens, reader } = setUp();
  const { token } = await tokens.issue(ofWeb);
  reader.remove(Node, "", "n1");
  equal((await authenticator.authenticate(bearer(token)))?.name, "system:serviceaccount:blue:web");
});

test("a token of our issuer's name, signed by a stranger, is refused", async () => {
  const { authenticator, strangers } = setUp();
  const { token } = await strangers.issue(ofWeb);
  await rejects(async () => authenticator.authenticate(bearer(token)), unauthorized);
});

test("a tampered token is refused", async () => {
  const { authenticator, tokens } = setUp();
  const [head, body, signature] = (await tokens.issue(ofWeb)).token.split(".");
  const claims = JSON.parse(Buffer.from(body ?? "", "base64url").toString()) as { sub: string };
  claims.sub = "system:serviceaccount:kube-system:root";
  const forged = [head, Buffer.from(JSON.stringify(claims)).toString("base64url"), signature];
  await rejects(async () => authenticator.authenticate(bearer(forged.join("."))), unauthorized);
});

test("a review answers for the audiences that are asked about, and says what is wrong", async () => {
  const { authenticator, tokens, reader } = setUp();
  const { token } = await tokens.issue({ ...ofWeb, audiences: ["vault", "api"] });
  deepEqual((await authenticator.review(token, ["vault", "x"]))?.audiences, ["vault"]);
  deepEqual((await authenticator.review(token, []))?.audiences, ["api"]);
  await rejects(authenticator.review(token, ["x"]), {
    message: 'token audiences ["vault" "api"] is invalid for the target audiences ["x"]',
  });
  equal(await authenticator.review("not a token", []), undefined);
  const says = (message: RegExp) => rejects(authenticator.review(token, ["api"]), { message });
  reader.put(Pod, { metadata: { name: "web-1", namespace: "blue", uid: "another" } });
  await says(/^pod UID \(another\) does not match service account pod ref claim \(.+\)$/);
  reader.remove(Pod, "blue", "web-1");
  await says(/^service account token has been invalidated$/);
  const { name } = ofWeb.serviceAccount;
  reader.put(ServiceAccount, { metadata: { name, namespace: "blue", uid: "another" } });
  await says(/^service account UID \(another\) does not match claim \(.+\)$/);
  reader.remove(ServiceAccount, "blue", name);
  await says(/^serviceaccounts ".+" not found$/);
});

const base64 = (data: Record<string, string>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(data).map(([name, value]) => [name, Buffer.from(value).toString("base64")]),
  );
const bootstrapSecret = (
  changes: Record<string, string>,
  type = "bootstrap.kubernetes.io/token",
) => ({
  metadata: { name: "bootstrap-token-abcdef", namespace: "kube-system" },
  type,
  data: base64({
    "token-id": "abcdef",
    "token-secret": "0123456789abcdef",
    "usage-bootstrap-authentication": "true",
    "auth-extra-groups": "system:bootstrappers:kubeadm:default-node-token",
    expiration: "2026-01-02T00:00:00Z",
    ...changes,
  }),
});

test("a bootstrap token is whom its secret says", async () => {
  const { authenticator, reader } = setUp();
  reader.put(Secret, bootstrapSecret({}));
  deepEqual(await authenticator.authenticate(bearer("abcdef.0123456789abcdef")), {
    name: "system:bootstrap:abcdef",
    groups: [
      "system:bootstrappers",
      "system:bootstrappers:kubeadm:default-node-token",
      "system:authenticated",
    ],
  });
});

const spoilt: readonly (readonly [string, object])[] = [
  ["has another secret", bootstrapSecret({ "token-secret": "fedcba9876543210" })],
  ["has another id inside", bootstrapSecret({ "token-id": "fedcba" })],
  ["is expired", bootstrapSecret({ expiration: "2025-12-31T00:00:00Z" })],
  ["has an expiration nobody can read", bootstrapSecret({ expiration: "soon" })],
  ["is not for authentication", bootstrapSecret({ "usage-bootstrap-authentication": "false" })],
  ["gives a group outside", bootstrapSecret({ "auth-extra-groups": "system:masters" })],
  ["is of another type", bootstrapSecret({}, "Opaque")],
];
for (const [flaw, secret] of spoilt) {
  test(`a bootstrap token that ${flaw} is refused`, async () => {
    const { authenticator, reader } = setUp();
    reader.put(Secret, secret);
    await rejects(
      async () => authenticator.authenticate(bearer("abcdef.0123456789abcdef")),
      unauthorized,
    );
  });
}

test("what others need to verify tokens is published, without the private part", () => {
  const { tokens } = setUp();
  const { keys } = tokens.jwks() as { keys: Record<string, string>[] };
  deepEqual(
    keys.map(({ kid, x, y, ...rest }) => [typeof kid, typeof x, typeof y, rest]),
    [["string", "string", "string", { use: "sig", kty: "EC", crv: "P-256", alg: "ES256" }]],
  );
  deepEqual(openIdConfiguration(tokens), {
    issuer,
    jwks_uri: `${issuer}/openid/v1/jwks`,
    response_types_supported: ["id_token"],
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: ["ES256"],
  });
});
