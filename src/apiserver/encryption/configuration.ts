/**
 * Which resources are encrypted, how and with what: an EncryptionConfiguration file.
 * upstream: staging/src/k8s.io/apiserver/pkg/server/options/encryptionconfig/config.go
 */
import type { Random } from "#base/random.ts";
import { readConfiguration, type Section } from "#base/configuration.ts";
import type { Cipher, Provider } from "./provider.ts";
import * as catalog from "./providers/catalog.ts";

/** A way to write or read a value: `prefix` stands before what `cipher` made. */
export interface Envelope {
  /** `k8s:enc:aesgcm:v1:key1:`; empty for what is not encrypted. */
  readonly prefix: string;
  readonly cipher: Cipher;
}

export interface EncryptionRule {
  /** `secrets`, `deployments.apps`, `*.apps`, `*.` (no group), `*.*`. */
  readonly resources: readonly string[];
  /** The first one writes, all of them read. */
  readonly envelopes: readonly [Envelope, ...Envelope[]];
}

export type Encryption = readonly EncryptionRule[];

const providers: ReadonlyMap<string, Provider> = new Map(
  Object.values(catalog).map((provider) => [provider.name, provider]),
);

const asItIs: Envelope = {
  prefix: "",
  cipher: { encrypt: (plain) => plain, decrypt: (bytes) => bytes },
};

const expected = {
  apiVersions: ["apiserver.config.k8s.io/v1"],
  kind: "EncryptionConfiguration",
} as const;

/** Throws ConfigurationError. */
export const parseEncryption = (text: string, random: Random): Encryption =>
  readConfiguration(text, expected, (file) => {
    const seen = new Set<string>();
    const rules = file.sections("resources").flatMap((section) => {
      const resources = resourcesIn(section, seen);
      const [first, ...others] = envelopesIn(section, random);
      return first ? [{ resources, envelopes: [first, ...others] as const }] : [];
    });
    if (!file.has("resources")) file.wrong("resources", "required");
    return rules;
  });

function resourcesIn(section: Section, seen: Set<string>): readonly string[] {
  const resources = section.texts("resources");
  if (resources.length === 0) section.wrong("resources", "at least one resource is needed");
  for (const name of resources) {
    if (seen.has(name)) section.wrong("resources", `duplicate resource: ${JSON.stringify(name)}`);
    seen.add(name);
    const isPattern = /^(\*\.(\*|[a-z0-9.-]*)|[a-z0-9]+(\.[a-z0-9.-]+)?)$/.test(name);
    if (!isPattern)
      section.wrong(
        "resources",
        `${JSON.stringify(name)} is neither RESOURCE, RESOURCE.GROUP, *.GROUP, *. nor *.*`,
      );
  }
  return resources;
}

function envelopesIn(section: Section, random: Random): readonly Envelope[] {
  const list = section.sections("providers");
  if (list.length === 0) section.wrong("providers", "at least one provider is needed");
  return list.flatMap((provider) => {
    const names = [...providers.keys(), "identity"].filter((name) => provider.has(name));
    if (provider.has("kms")) {
      // differs: no keys from a KMS plugin; keys stand in the file.
      provider.any("kms");
      provider.wrong("kms", "not supported: use aesgcm, aescbc, secretbox or identity");
      return [];
    }
    const [name, ...others] = names;
    if (name === undefined || others.length > 0) {
      for (const known of names) provider.any(known);
      const valid = [...providers.keys(), "identity"].join(", ");
      provider.wrong("", `exactly one of ${valid} is needed`);
      return [];
    }
    const part = provider.section(name);
    const found = providers.get(name);
    return part && found ? keysIn(part, found, random) : [asItIs];
  });
}

function keysIn(section: Section, provider: Provider, random: Random): readonly Envelope[] {
  const keys = section.sections("keys");
  if (keys.length === 0) section.wrong("keys", "at least one key is needed");
  const names = new Set<string>();
  return keys.flatMap((key) => {
    const name = key.requiredText("name");
    if (!/^[!-9;-~]*$/.test(name)) key.wrong("name", "must be plain text without ':' and spaces");
    if (names.has(name)) key.wrong("name", `duplicate name: ${JSON.stringify(name)}`);
    names.add(name);
    const secret = secretIn(key, provider);
    if (!secret) return [];
    const prefix = `k8s:enc:${provider.name}:v1:${name}:`;
    return [{ prefix, cipher: provider.cipher(secret, random) }];
  });
}

/** What is wrong with it is told without showing it. */
function secretIn(key: Section, { keyBytes }: Provider): Uint8Array | undefined {
  const text = key.requiredText("secret");
  const secret = Buffer.from(text, "base64");
  if (text === "") return undefined;
  if (secret.toString("base64") !== text.trim()) key.wrong("secret", "must be base64");
  else if (keyBytes.includes(secret.length)) return secret;
  else key.wrong("secret", `is ${secret.length} bytes long: must be ${keyBytes.join(", ")}`);
  return undefined;
}
