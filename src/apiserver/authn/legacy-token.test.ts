import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { Secret } from "#api/core/secret.ts";
import { hours } from "#base/clock.ts";
import { complainingTo } from "#base/testing.ts";
import { allKinds, startTestServer } from "../testing.ts";
import { legacyTokens } from "./legacy-token.ts";

const place = "/api/v1/namespaces/default/secrets";
const type = "kubernetes.io/service-account-token";
const lastUsed = "kubernetes.io/legacy-token-last-used";
const token = "header.claims.signature";

async function start(labels: object = {}) {
  const server = await startTestServer({ kinds: allKinds });
  const { registry, clock } = server;
  const complaints: string[] = [];
  const log = complainingTo(complaints);
  const use = legacyTokens({ registry: () => registry, clock, log });
  const name = "robot-token";
  const annotations = { "kubernetes.io/service-account.name": "robot" };
  const data = { token: Buffer.from(token).toString("base64") };
  const body = { apiVersion: "v1", kind: "Secret", type };
  await server.ask("POST", place, {
    body: { ...body, metadata: { name, annotations, labels }, data },
  });
  const secret = (): Secret => {
    const found = registry.reader.get(Secret, "default", name);
    if (!found) throw new Error("the secret is gone");
    return found.object;
  };
  /** Everything that was begun is done. */
  const settled = async (): Promise<void> => {
    await server.ask("GET", `${place}/${name}`);
    clock.advance(hours(0));
    await server.ask("GET", `${place}/${name}`);
  };
  return { clock, use, secret, settled, complaints };
}

test("The day of its last use is noted on a token's secret, once a day", async () => {
  const { clock, use, secret, settled, complaints } = await start();
  use(secret(), token);
  use(secret(), token);
  await settled();
  equal(secret().metadata.labels?.[lastUsed], "2026-01-01");
  const { resourceVersion } = secret().metadata;
  clock.advance(hours(23));
  use(secret(), token);
  await settled();
  equal(secret().metadata.resourceVersion, resourceVersion);
  clock.advance(hours(2));
  use(secret(), token);
  await settled();
  equal(secret().metadata.labels?.[lastUsed], "2026-01-02");
  deepEqual(complaints, []);
});

test("A token that is only bound to a secret, and does not lie in it, leaves no note", async () => {
  const { use, secret, settled } = await start();
  use(secret(), "another");
  await settled();
  equal(secret().metadata.labels?.[lastUsed], undefined);
});

test("One that is marked invalid is refused, and its secret says why", async () => {
  const { use, secret } = await start({ "kubernetes.io/legacy-token-invalid-since": "2025-12-01" });
  throws(() => use(secret(), token), {
    reason: "Unauthorized",
    message:
      /^the token in secret default\/robot-token for service account default\/robot has been/,
  });
});
