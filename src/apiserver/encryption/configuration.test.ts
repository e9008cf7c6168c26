import { deepEqual, throws } from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "#base/random.ts";
import type { ConfigurationError } from "#base/configuration.ts";
import { parseEncryption } from "./configuration.ts";

const head = "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\n";
const parse = (text: string) => parseEncryption(head + text, seededRandom(1));
const secret = (bytes: number) => Buffer.alloc(bytes, 7).toString("base64");

test("providers keep their order, and a provider's keys theirs", () => {
  const rules = parse(`resources:
- resources: [secrets, "*.apps"]
  providers:
  - aescbc: {keys: [{name: new, secret: ${secret(16)}}, {name: old, secret: ${secret(32)}}]}
  - secretbox: {keys: [{name: box, secret: ${secret(32)}}]}
  - identity: {}`);
  deepEqual(
    rules.map(({ resources, envelopes }) => [resources, envelopes.map(({ prefix }) => prefix)]),
    [
      [
        ["secrets", "*.apps"],
        ["k8s:enc:aescbc:v1:new:", "k8s:enc:aescbc:v1:old:", "k8s:enc:secretbox:v1:box:", ""],
      ],
    ],
  );
});

test("a wrong configuration is refused with all that is wrong, but no key is shown", () => {
  const text = `resources:
- resources: [secrets, secrets, "a b"]
  providers:
  - aesgcm: {keys: [{name: a, secret: ${secret(8)}}, {name: a, secret: "??"}, {name: "a:b"}]}
  - secretbox: {keys: []}
  - {aesgcm: {}, identity: {}}
  - kms: {name: vault}
- resources: []
  providers: []`;
  throws(
    () => parse(text),
    (cause: ConfigurationError) => {
      deepEqual(cause.problems, [
        'resources[0].resources: duplicate resource: "secrets"',
        'resources[0].resources: "a b" is neither RESOURCE, RESOURCE.GROUP, *.GROUP, *. nor *.*',
        "resources[0].providers[0].aesgcm.keys[0].secret: is 8 bytes long: must be 16, 24, 32",
        'resources[0].providers[0].aesgcm.keys[1].name: duplicate name: "a"',
        "resources[0].providers[0].aesgcm.keys[1].secret: must be base64",
        "resources[0].providers[0].aesgcm.keys[2].name: must be plain text without ':' and spaces",
        "resources[0].providers[0].aesgcm.keys[2].secret: Required value",
        "resources[0].providers[1].secretbox.keys: at least one key is needed",
        "resources[0].providers[2]: exactly one of aescbc, aesgcm, secretbox, identity is needed",
        "resources[0].providers[3].kms: not supported: use aesgcm, aescbc, secretbox or identity",
        "resources[1].resources: at least one resource is needed",
        "resources[1].providers: at least one provider is needed",
      ]);
      return true;
    },
  );
});
