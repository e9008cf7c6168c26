import { deepEqual, equal, match, notEqual, rejects, throws } from "node:assert/strict";
import { test } from "node:test";
import type { ConfigurationError } from "#base/configuration.ts";
import { silent } from "#base/log.ts";
import { parseAuthentication } from "./configuration.ts";
import { head, pair, setUp, standard, url } from "./testing.ts";
import { jwtTokens } from "./tokens.ts";

test("claims become user and groups, under their prefixes", async () => {
  const { sign, userOf } = setUp();
  const token = await sign({ roles: ["dev", "ops"] });
  const user = await userOf(token);
  deepEqual(user, { name: "id:jane", groups: ["dev", "ops", "system:authenticated"] });
  equal(await userOf(token), user);
  deepEqual((await userOf(await sign({ roles: "dev" })))?.groups, ["dev", "system:authenticated"]);
});

test("a token of another issuer is left to others; one for others, or of a stranger, is refused", async () => {
  const { sign, userOf } = setUp();
  equal(await userOf(await sign({}, "one", "https://else.example.org")), undefined);
  equal(await userOf("no-token"), undefined);
  await rejects(userOf(await sign({ aud: "other" }).then((t) => t.replace(/\.[^.]*$/, ".AAAA"))), {
    reason: "Unauthorized",
  });
  await rejects(userOf(await sign({}, "stranger")), { reason: "Unauthorized" });
  const { sign: signOther, userOf: asOther } = setUp(standard.replace("[k8s]", "[else]"));
  await rejects(asOther(await signOther({})), /unexpected "aud" claim value/);
});

test("a token ends when it says, also when it is known", async () => {
  const { clock, sign, userOf } = setUp();
  const token = await sign({});
  await userOf(token);
  clock.advance(599_000);
  await userOf(token);
  clock.advance(1_000);
  await rejects(userOf(token), /"exp" claim timestamp check failed/);
});

test("keys are read once, and again when an unknown one is used, but not all the time", async () => {
  const { clock, idp, sign, userOf } = setUp();
  await userOf(await sign({}));
  await userOf(await sign({ jti: "2" }));
  deepEqual(idp.asked.splice(0), ["/.well-known/openid-configuration", "/keys"]);
  idp.keys.set("two", pair());
  await rejects(userOf(await sign({}, "two")), { reason: "Unauthorized" });
  deepEqual(idp.asked, []);
  clock.advance(1_000);
  equal((await userOf(await sign({}, "two")))?.name, "id:jane");
  equal(idp.asked.length, 2);
  clock.advance(13 * 3_600_000);
  await userOf(await sign({ jti: "3" }));
  equal(idp.asked.length, 4);
});

test("who discovers another issuer believes nobody; once that is mended, all is well", async () => {
  const { clock, idp, sign, userOf } = setUp();
  idp.rename("https://evil.example.org");
  await rejects(userOf(await sign({})), /is of another issuer/);
  idp.rename(url);
  clock.advance(10_000);
  equal((await userOf(await sign({})))?.name, "id:jane");
});

test("an issuer that does not answer is not asked all the time, and is believed once it does", async () => {
  const { clock, idp, sign, userOf, numbers } = setUp();
  idp.isDown = true;
  const token = await sign({});
  await rejects(userOf(token), /oidc: .*openid-configuration answers 503/);
  await rejects(userOf(token), /oidc: authenticator not initialized/);
  equal(idp.asked.length, 1);
  match(await numbers(), /jwks_fetch_last_timestamp_seconds\{result="failure",/);
  idp.isDown = false;
  clock.advance(10_000);
  equal((await userOf(token))?.name, "id:jane");
  equal(idp.asked.length, 3);
});

test("an issuer exchanges its keys: the new one is believed at once, the old one no more", async () => {
  const { clock, idp, sign, userOf } = setUp();
  const old = await sign({});
  await userOf(old);
  clock.advance(1_000);
  idp.keys.delete("one");
  idp.keys.set("two", pair());
  equal((await userOf(old))?.name, "id:jane", "nobody has told yet");
  equal((await userOf(await sign({}, "two")))?.name, "id:jane");
  equal((await userOf(old))?.name, "id:jane", "remembered for a moment");
  clock.advance(10_000);
  await rejects(userOf(old), /no applicable key found/);
  equal((await userOf(await sign({}, "two")))?.name, "id:jane");
});

test("a key may be exchanged under its old name", async () => {
  const { clock, idp, sign, userOf } = setUp();
  const old = await sign({});
  await userOf(old);
  clock.advance(1_000);
  idp.keys.set("one", pair());
  equal((await userOf(await sign({})))?.name, "id:jane");
  clock.advance(10_000);
  await rejects(userOf(old), /signature verification failed/);
});

test("keys of an issuer that cannot be reached just now stay good", async () => {
  const { clock, idp, sign, userOf } = setUp();
  await userOf(await sign({}));
  idp.isDown = true;
  clock.advance(1_000);
  await rejects(userOf(await sign({}, "stranger")), /answers 503/);
  equal((await userOf(await sign({ jti: "2" })))?.name, "id:jane");
});

test("keys without names are tried one after the other", async () => {
  const { idp, sign, userOf } = setUp();
  idp.keys.set("two", pair());
  idp.isNaming = false;
  equal((await userOf(await sign({}, "two")))?.name, "id:jane");
  equal((await userOf(await sign({}, "one")))?.name, "id:jane");
  await rejects(userOf(await sign({}, "stranger")), /signature verification failed/);
});

test("how long tokens take and which keys there are is counted, by the hash of the issuer", async () => {
  const { clock, idp, sign, userOf, numbers, metrics } = setUp();
  const token = await sign({});
  await userOf(token);
  await userOf(token);
  await rejects(userOf(await sign({}, "stranger")));
  const hash = "sha256:[0-9a-f]{64}";
  const prefix = "apiserver_authentication_jwt_authenticator_";
  const before = await numbers();
  for (const line of [
    `latency_seconds_count\\{result="success",jwt_issuer_hash="${hash}"\\} 1`,
    `latency_seconds_count\\{result="failure",jwt_issuer_hash="${hash}"\\} 1`,
    `jwks_fetch_last_timestamp_seconds\\{result="success",jwt_issuer_hash="${hash}",apiserver_id_hash="me"\\} ${clock.now() / 1_000}`,
    `jwks_fetch_last_key_set_info\\{jwt_issuer_hash="${hash}",apiserver_id_hash="me",hash="${hash}"\\} 1`,
  ])
    match(before, new RegExp(`^${prefix}${line}$`, "m"));
  clock.advance(1_000);
  idp.keys.set("two", pair());
  await userOf(await sign({}, "two"));
  const infos = async () => (await numbers()).match(/^.*key_set_info\{.*$/gm);
  equal((await infos())?.length, 1);
  notEqual((await infos())?.[0], before.match(/^.*key_set_info\{.*$/m)?.[0]);
  metrics.retain([]);
  equal(await infos(), null);
});

test("expressions map claims, and rules over claims and users are kept", async () => {
  const { sign, userOf } = setUp(`
  issuer: {url: "${url}", audiences: [k8s]}
  claimValidationRules:
  - {claim: hd, requiredValue: example.org}
  - {expression: "claims.exp - claims.iat <= 86400", message: "lives too long"}
  claimMappings:
    username: {expression: "claims.sub + ':' + claims.hd"}
    groups: {expression: "claims.roles.split(',')"}
    uid: {expression: "claims.sub"}
    extra:
    - {key: example.org/team, valueExpression: "claims.team"}
    - {key: example.org/none, valueExpression: "''"}
  userValidationRules:
  - {expression: "!user.username.startsWith('system:')", message: "reserved name"}
  - {expression: "user.groups.all(group, group != 'system:masters')", message: "reserved group"}`);
  const good = { hd: "example.org", roles: "a,b", team: ["x", "y"], iat: 1_893_456_000 };
  deepEqual(await userOf(await sign(good)), {
    name: "jane:example.org",
    uid: "jane",
    groups: ["a", "b", "system:authenticated"],
    extra: { "example.org/team": ["x", "y"] },
  });
  const cases: readonly [object, RegExp][] = [
    [{ hd: "else.org" }, /the claim hd does not have the required value/],
    [{ iat: 0 }, /lives too long/],
    [{ sub: "system:x" }, /reserved name/],
    [{ roles: "system:masters" }, /reserved group/],
    [{ team: 7 }, /neither a string nor a list of strings/],
    [{ roles: undefined }, /no such key: roles/],
  ];
  for (const [change, problem] of cases)
    await rejects(userOf(await sign({ ...good, ...change })), problem);
});

test("an issuer's tokens are signed only in the ways that are said", async () => {
  const { issuer, http, clock, sign } = setUp();
  const token = await sign({ sub: "jane" });
  const only = async (...algorithms: readonly string[]) =>
    jwtTokens({ ...issuer, algorithms }, { http, clock, log: silent })(token, []);
  equal((await only("ES256"))?.user.name, "id:jane");
  await rejects(only("RS256"), /"alg" \(Algorithm\) Header Parameter value not allowed/);
});

test("an e-mail address counts only when it is verified", async () => {
  const { sign, userOf } = setUp(standard.replace("claim: sub", "claim: email"));
  const email = "jane@example.org";
  await rejects(userOf(await sign({ email, email_verified: false })), /not verified/);
  equal((await userOf(await sign({ email, email_verified: true })))?.name, `id:${email}`);
  await rejects(userOf(await sign({ email, email_verified: "false" })), /not verified/);
});

/** What is wrong with one issuer, beside a good address. */
function problemsOf(text: string): readonly string[] {
  try {
    parseAuthentication(`${head}jwt:\n- ${text}`);
    return [];
  } catch (cause) {
    return (cause as ConfigurationError).problems.map((one) => one.replace(/^jwt\[0\]\./, ""));
  }
}

const good = `issuer: {url: "${url}", audiences: [k8s]}\n  claimMappings: `;

test("what Kubernetes itself says of users is not left to claims", () => {
  const extra = (key: string): string =>
    `${good}{username: {claim: sub, prefix: ""}, extra: [{key: ${key}, valueExpression: "claims.x"}]}`;
  deepEqual(problemsOf(extra("example.org/team")), []);
  const reserved = "k8s.io, kubernetes.io and their subdomains are reserved for Kubernetes use";
  for (const key of ["authentication.kubernetes.io/node-name", "k8s.io/a"])
    deepEqual(problemsOf(extra(key)), [
      `claimMappings.extra[0].key: Invalid value: "${key}": ${reserved}`,
    ]);
  deepEqual(problemsOf(extra("team")), [
    'claimMappings.extra[0].key: Invalid value: "team": must be a domain-prefixed path (such as "acme.io/foo")',
  ]);
  deepEqual(problemsOf(extra("example.org/Team")), [
    'claimMappings.extra[0].key: Invalid value: "example.org/Team": must be lowercase',
  ]);
});

test("an e-mail address is no name unless somewhere it is asked whether it is verified", () => {
  const named = (expression: string): string => `${good}{username: {expression: "${expression}"}}`;
  const [problem = ""] = problemsOf(named("'x:' + claims.email"));
  match(
    problem,
    /^claimMappings.username.expression: Invalid value: .*claims.email_verified must be used/,
  );
  equal(problemsOf(named("claims.?email.orValue('')")).length, 1);
  deepEqual(problemsOf(named("claims.email_verified ? claims.email : claims.sub")), []);
  const rule =
    "\n  claimValidationRules: [{expression: claims.?email_verified.orValue(true) == true}]";
  deepEqual(problemsOf(named("claims.email") + rule), []);
  const mistyped = `${good}{username: {expression: 5}}`;
  equal(problemsOf(mistyped)[0], "claimMappings.username.expression: must be a string");
  equal(problemsOf(mistyped).length, 2, "told once, although it is read twice");
});

test("what is said twice, or of another policy, is refused", () => {
  const twice = `issuer: {url: "${url}", discoveryURL: "${url}/", audiences: [a, a, ""], audienceMatchPolicy: MatchAny, certificateAuthority: x, egressSelectorType: moon}
  claimMappings: {username: {expression: claims.sub, prefix: ""}}
  claimValidationRules: [{claim: a, requiredValue: b}, {claim: a}, {claim: c, message: m}, {expression: "true", requiredValue: x}, {expression: "true"}]
  userValidationRules: [{expression: "true"}, {expression: "true"}]`;
  deepEqual(problemsOf(twice), [
    `issuer.discoveryURL: Invalid value: "${url}/": discoveryURL must be different from URL`,
    'issuer.egressSelectorType: Invalid value: "moon": egress selector must be either controlplane or cluster',
    'issuer.certificateAuthority: Invalid value: "<omitted>": data does not contain any valid RSA or ECDSA certificates',
    'issuer.audiences[1]: Duplicate value: "a"',
    "issuer.audiences[2]: Required value",
    'claimValidationRules[1].claim: Duplicate value: "a"',
    'claimValidationRules[2].message: Invalid value: "m": may not be specified when claim is set',
    'claimValidationRules[3].requiredValue: Invalid value: "x": may not be specified when expression is set',
    'claimValidationRules[4].expression: Duplicate value: "true"',
    'claimMappings.username.prefix: Invalid value: "": may not be specified when expression is set',
    'userValidationRules[1].expression: Duplicate value: "true"',
  ]);
});

test("a wrong configuration is refused with all that is wrong", () => {
  throws(
    () =>
      parseAuthentication(`${head}jwt:
- issuer: {url: "http://a", audiences: [a, b]}
  claimMappings: {username: {claim: sub}, groups: {claim: a, expression: b}}
  claimValidationRules: [{}, {expression: "claims.a +"}]
- issuer: {url: "http://a", audiences: []}
  userValidationRules: [{expression: "user.nickname == ''"}]
anonymous: {enabled: false, conditions: [{path: /x}]}`),
    (cause: ConfigurationError) => {
      deepEqual(
        cause.problems.map((problem) => problem.replace(/(compilation failed).*/s, "$1")),
        [
          'jwt[0].issuer.url: Invalid value: "http://a": URL scheme must be https',
          'jwt[0].issuer.audienceMatchPolicy: Invalid value: "": audienceMatchPolicy must be MatchAny for multiple audiences',
          "jwt[0].claimValidationRules[0]: Required value: claim or expression is required",
          "jwt[0].claimValidationRules[1].expression: compilation failed",
          "jwt[0].claimMappings.username.prefix: Required value: prefix is required when claim is set. It can be set to an empty string to disable prefixing",
          "jwt[0].claimMappings.groups: claim and expression can't both be set",
          "jwt[0].claimMappings.groups.expression: compilation failed",
          'jwt[1].issuer.url: Invalid value: "http://a": URL scheme must be https',
          'jwt[1].issuer.url: Duplicate value: "http://a"',
          "jwt[1].issuer.audiences: Required value: at least one audience is required",
          "jwt[1].claimMappings.username: Required value: claim or expression is required",
          "jwt[1].userValidationRules[0].expression: compilation failed",
          'anonymous.conditions: Invalid value: [{"path":"/x"}]: enabled should be set to true when conditions are defined',
        ],
      );
      return true;
    },
  );
});
