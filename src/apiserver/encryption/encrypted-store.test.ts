import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { test } from "node:test";
import { Deployment } from "#api/apps/deployment.ts";
import { ConfigMap } from "#api/core/configmap.ts";
import { Namespace } from "#api/core/namespace.ts";
import { Secret } from "#api/core/secret.ts";
import { seededRandom } from "#base/random.ts";
import { memoryStore } from "#store/backends/memory.ts";
import type { Change, Store } from "#store/store.ts";
import { storeSuite } from "#store/suite.ts";
import { startTestServer } from "../testing.ts";
import { parseEncryption } from "./configuration.ts";
import { encryptedStore } from "./encrypted-store.ts";
import { ruleFinder } from "./resources.ts";

const keyOf = (name: string): string => Buffer.alloc(32, name).toString("base64");
const provider = (name: string, key: string): string =>
  `{${name}: {keys: [{name: ${key}, secret: ${keyOf(key)}}]}}`;
const kinds = [Secret, ConfigMap, Deployment, Namespace];

/** Providers as in a file, the first one writes. */
function over(
  inner: Store,
  providers: readonly string[],
  resources = '[secrets, "*.apps"]',
): Store {
  const text = `apiVersion: apiserver.config.k8s.io/v1
kind: EncryptionConfiguration
resources: [{resources: ${resources}, providers: [${providers.join(", ")}]}]`;
  return encryptedStore(inner, ruleFinder(parseEncryption(text, seededRandom(1)), kinds));
}

for (const name of ["aesgcm", "aescbc", "secretbox"])
  storeSuite(`encrypted with ${name}`, (...args) =>
    over(memoryStore(...args), [provider(name, "k")], '["*.*"]'),
  );

const secrets = "/registry/secrets/blue/s";
const write = (store: Store, key: string, text: string) =>
  store.commit({ guards: [], writes: [{ key, value: Buffer.from(text) }] });
const read = async (store: Store, key: string): Promise<string> =>
  Buffer.from((await store.get(key))?.value ?? []).toString();

for (const name of ["aesgcm", "aescbc", "secretbox"]) {
  test(`${name}: what is stored starts with its key's name and does not show the value`, async () => {
    const inner = memoryStore();
    const store = over(inner, [provider(name, "k1")]);
    await write(store, secrets, '{"password":"hunter2"}');
    const kept = await read(inner, secrets);
    ok(kept.startsWith(`k8s:enc:${name}:v1:k1:`));
    equal(kept.includes("hunter2"), false);
    equal(await read(store, secrets), '{"password":"hunter2"}');
    const page = await store.range({ prefix: "/registry/" });
    equal(Buffer.from(page.entries[0]?.value ?? []).toString(), '{"password":"hunter2"}');
    // A second reader, which did not write it.
    equal(await read(over(inner, [provider(name, "k1")]), secrets), '{"password":"hunter2"}');
  });
}

/** The example of NaCl itself: tests/secretbox.c. */
const nacl = {
  key: "1b27556473e985d462cd51197a9a46c76009549eac6474f206c4ee0844f68389",
  nonce: "69696ee955b62b73cd62bda875fc73d68219e0036b7a0b37",
  plain:
    "be075fc53c81f2d5cf141316ebeb0c7b5228c52a4c62cbd44b66849b64244ffce5ecbaaf33bd751a1ac728d45e6c61296cdc3c01233561f41db66cce314adb310e3be8250c46f06dceea3a7fa1348057e2f6556ad6b1318a024a838f21af1fde048977eb48f59ffd4924ca1c60902e52f0a089bc76897040e082f937763848645e0705",
  box: "f3ffc7703f9400e52a7dfb4b3d3305d98e993b9f48681273c29650ba32fc76ce48332ea7164d96a4476fb8c531a1186ac0dfc17c98dce87b4da7f011ec48c97271d2c20f9b928fe2270d6fb863d51738b48eeee314a7cc8ab932164548e526ae90224368517acfeabd6bb3732bc0e9da99832b61ca01b6de56244a9e88d5f9b37973f622a43d14a6599b1f654cb45a74e355a5",
};

test("a secretbox is what NaCl, and so upstream, makes", async () => {
  const inner = memoryStore();
  const secret = Buffer.from(nacl.key, "hex").toString("base64");
  const value = Buffer.concat([
    Buffer.from("k8s:enc:secretbox:v1:up:"),
    Buffer.from(nacl.nonce + nacl.box, "hex"),
  ]);
  await inner.commit({ guards: [], writes: [{ key: secrets, value }] });
  const store = over(inner, [`{secretbox: {keys: [{name: up, secret: ${secret}}]}}`]);
  equal(Buffer.from((await store.get(secrets))?.value ?? []).toString("hex"), nacl.plain);
});

test("names and wildcards say what is encrypted", async () => {
  const prefixes = [
    ["/registry/secrets/blue/a", true],
    ["/registry/deployments/blue/a", true],
    ["/registry/configmaps/blue/a", false],
    ["/registry/namespaces/blue", false],
    ["/registry/own.example.org/crews/blue/a", false],
  ] as const;
  const inner = memoryStore();
  const store = over(inner, [provider("aesgcm", "k")]);
  const all = over(inner, [provider("aesgcm", "k")], '["*.*"]');
  for (const [key, isEncrypted] of prefixes) {
    await write(store, key, "{}");
    equal((await read(inner, key)).startsWith("k8s:enc:"), isEncrypted, key);
    await write(all, key, "{}");
    equal((await read(inner, key)).startsWith("k8s:enc:"), true, key);
  }
  const core = over(inner, [provider("aesgcm", "k")], '["*."]');
  await write(core, "/registry/configmaps/blue/b", "{}");
  await write(core, "/registry/deployments/blue/b", "{}");
  deepEqual(
    [
      await read(inner, "/registry/configmaps/blue/b"),
      await read(inner, "/registry/deployments/blue/b"),
    ].map((text) => text.startsWith("k8s:enc:")),
    [true, false],
  );
});

test("a wrong key, a moved value and a missing provider are told apart, and nothing is changed", async () => {
  const inner = memoryStore();
  const store = over(inner, [provider("aesgcm", "k1")]);
  await write(store, secrets, "{}");
  const before = inner.revision();
  const wrong = `{aesgcm: {keys: [{name: k1, secret: ${keyOf("other")}}]}}`;
  const problem = /secrets\/blue\/s cannot be decrypted: the key named in "k8s:enc:aesgcm:v1:k1:"/;
  await rejects(over(inner, [wrong]).get(secrets), problem);
  await rejects(over(inner, [wrong]).range({ prefix: "/registry/" }), problem);
  await rejects(over(inner, [provider("aesgcm", "k2")]).get(secrets), {
    message:
      '/registry/secrets/blue/s cannot be read: the encryption configuration has no "k8s:enc:aesgcm:v1:k1:"',
  });
  equal(inner.revision(), before);
  const value = Buffer.from((await inner.get(secrets))?.value ?? []);
  await inner.commit({ guards: [], writes: [{ key: "/registry/secrets/red/s", value }] });
  await rejects(store.get("/registry/secrets/red/s"), /the value was changed or moved/);
  await write(inner, "/registry/secrets/blue/plain", "{}");
  await rejects(
    store.get("/registry/secrets/blue/plain"),
    /not encrypted, .* no identity provider/,
  );
  // Nobody asked for it to be encrypted any more, but it is.
  await rejects(
    over(inner, [provider("aesgcm", "k1")], "[configmaps]").get(secrets),
    /has no "k8s:enc:aesgcm:v1:k1:"/,
  );
});

test("watchers see plain values, of now and of before", async () => {
  const inner = memoryStore();
  const store = over(inner, [provider("aesgcm", "k1")]);
  const seen: (string | undefined)[][] = [];
  const note = ({ entry, previous }: Change) =>
    void seen.push([entry, previous].map((one) => one && Buffer.from(one.value).toString()));
  {
    using _watch = store.watch({ prefix: "/registry/", after: 1 }, (changes) =>
      changes.forEach(note),
    );
    await write(store, secrets, "1");
    await write(store, secrets, "2");
    await store.commit({ guards: [], writes: [{ key: secrets, value: undefined }] });
  }
  deepEqual(seen.splice(0), [
    ["1", undefined],
    ["2", "1"],
    [undefined, "2"],
  ]);
  using _again = store.watch({ prefix: "/registry/", after: 1 }, (changes) =>
    changes.forEach(note),
  );
  deepEqual(seen, [
    ["1", undefined],
    ["2", "1"],
    [undefined, "2"],
  ]);
});

const place = "/api/v1/namespaces/blue/secrets";
const secretObject = (name: string) => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name },
  data: { a: "aHVudGVyMg==" },
});

test("keys rotate: what the old one wrote is read, and written anew with the new one", async () => {
  const inner = memoryStore();
  {
    await using server = await startTestServer({ store: inner });
    await server.ask("POST", place, { body: secretObject("plain") });
  }
  for (const [providers, expected] of [
    [[provider("aesgcm", "k1"), "{identity: {}}"], "k8s:enc:aesgcm:v1:k1:"],
    [[provider("secretbox", "k2"), provider("aesgcm", "k1")], "k8s:enc:secretbox:v1:k2:"],
    [["{identity: {}}", provider("secretbox", "k2")], "{"],
  ] as const) {
    const store = over(inner, providers);
    await using server = await startTestServer({ store });
    const found = await server.ask("GET", `${place}/plain`);
    deepEqual(found.data, { a: "aHVudGVyMg==" });
    const watch = await server.watch(
      `${place}?watch=1&resourceVersion=${found.metadata.resourceVersion}`,
    );
    const replaced = await server.ask("PUT", `${place}/plain`, { body: found });
    ok(replaced.metadata.resourceVersion > found.metadata.resourceVersion);
    deepEqual(await watch.take(1), ["MODIFIED plain"]);
    ok((await read(inner, "/registry/secrets/blue/plain")).startsWith(expected));
    // Up to date: the same again changes nothing.
    const again = await server.ask("PUT", `${place}/plain`, { body: replaced });
    equal(again.metadata.resourceVersion, replaced.metadata.resourceVersion);
    await watch.end();
  }
});
