import { deepEqual, equal, rejects } from "node:assert/strict";
import { test } from "node:test";
import { Provider, setUp, standard } from "./testing.ts";

const directoryUrl = "https://groups.example.org";

/** A token says that `roles` are to be asked for at `/roles` of a directory, which signs its answers itself. */
function world(answer: object = { sub: "jane", roles: ["dev", "ops"] }, jwt = standard) {
  const directory = new Provider(directoryUrl);
  const set = setUp(jwt, directory);
  const shown: (string | undefined)[] = [];
  let text = (): Promise<string> => directory.sign(answer, { nowMs: set.clock.now() });
  directory.answers.set("/roles", async ({ headers }) => {
    shown.push(headers?.["authorization"]);
    return text();
  });
  const sources = (source: object): object => ({
    _claim_names: { roles: "src1" },
    _claim_sources: { src1: source },
  });
  return {
    ...set,
    directory,
    shown,
    sources,
    elsewhere: sources({ endpoint: `${directoryUrl}/roles`, access_token: "f005ba11" }),
    answerWith: (other: () => Promise<string>) => void (text = other),
  };
}

test("groups that stand elsewhere are asked for there, with the token that is due", async () => {
  const { clock, sign, userOf, elsewhere, shown, sources, directory } = world();
  const token = await sign(elsewhere);
  deepEqual((await userOf(token))?.groups, ["dev", "ops", "system:authenticated"]);
  deepEqual(shown, ["Bearer f005ba11"]);
  await userOf(token);
  equal(shown.length, 1, "remembered for a moment");
  clock.advance(10_000);
  await userOf(token);
  equal(shown.length, 2);
  await userOf(await sign(sources({ endpoint: `${directoryUrl}/roles` })));
  equal(shown[2], undefined);
  equal(directory.asked.filter((path) => path === "/keys").length, 1);
});

test("who signs for itself is asked with the keys that are known", async () => {
  const { clock, idp, sign, userOf, elsewhere, answerWith } = world();
  answerWith(() => idp.sign({ roles: "dev" }, { nowMs: clock.now() }));
  deepEqual((await userOf(await sign(elsewhere)))?.groups, ["dev", "system:authenticated"]);
  equal(idp.asked.length, 2);
});

test("nobody is asked for groups that the token has, that it has nowhere, or that stand in the source itself", async () => {
  const { sign, userOf, elsewhere, shown, sources } = world();
  const others = { _claim_names: { email: "src1" }, _claim_sources: {} };
  for (const [claims, groups] of [
    [{ ...elsewhere, roles: ["own"] }, ["own", "system:authenticated"]],
    [others, ["system:authenticated"]],
    [sources({ JWT: "a.b.c" }), ["system:authenticated"]],
  ] as const)
    deepEqual((await userOf(await sign(claims)))?.groups, groups);
  deepEqual(shown, []);
});

test("expressions do not ask elsewhere", async () => {
  const jwt = standard.replace(
    '{claim: roles, prefix: ""}',
    '{expression: "claims.?roles.orValue([])"}',
  );
  const { sign, userOf, elsewhere, shown } = world(undefined, jwt);
  deepEqual((await userOf(await sign(elsewhere)))?.groups, ["system:authenticated"]);
  deepEqual(shown, []);
});

test("what is wrong elsewhere lets nobody in", async () => {
  const { clock, directory, sign, userOf, elsewhere, sources, answerWith } = world();
  const expanding = "oidc: could not expand distributed claims: ";
  const refuses = async (claims: object, message: string): Promise<void> => {
    await rejects(userOf(await sign(claims)), {
      reason: "Unauthorized",
      message: expanding + message,
    });
  };
  const nowMs = clock.now();
  await refuses({ _claim_names: { roles: "src1" } }, "oidc: no claim sources");
  await refuses(
    { _claim_names: ["roles"], _claim_sources: {} },
    "oidc: error parsing distributed claim names: it is no object",
  );
  await refuses(
    { _claim_names: { roles: "src2" }, _claim_sources: {} },
    "id token _claim_names contained a source src2 missing in _claims_sources",
  );
  await refuses(
    sources({ endpoint: `${directoryUrl}/nothing` }),
    `while getting distributed claim "roles": ${directoryUrl}/nothing answers 404`,
  );
  answerWith(() => directory.sign({ sub: "jane" }, { nowMs }));
  await refuses(
    elsewhere,
    `jwt returned by distributed claim endpoint "${directoryUrl}/roles" did not contain claim: roles`,
  );
  answerWith(() => directory.sign({ roles: "x" }, { nowMs: nowMs - 3_600_000 }));
  await refuses(elsewhere, '"exp" claim timestamp check failed');
  answerWith(async () => "no token");
  await refuses(
    elsewhere,
    `getting untrusted issuer from endpoint ${directoryUrl}/roles failed for claim "roles": malformed token`,
  );
  answerWith(() => directory.sign({ roles: "x" }, { nowMs, kid: "stranger" }));
  await refuses(elsewhere, "no applicable key found in the JSON Web Key Set");
});
