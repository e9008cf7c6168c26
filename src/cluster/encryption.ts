/**
 * A cluster encrypts its Secrets with a key of its own, which is made once and kept beside its data:
 * for its owner's eyes only, and to be kept elsewhere, too, by whoever keeps copies of the data.
 */
import { type Encryption, parseEncryption } from "#apiserver/encryption/configuration.ts";
import { loadText } from "./identities.ts";
import type { Places } from "./places.ts";
import type { World } from "./world.ts";

const keyBytes = 32;
const nameBytes = 4;

/** What is not encrypted yet can be read as well. */
const fileWith = (
  name: string,
  secret: string,
): string => `# How this cluster encrypts what it stores. Without the key nobody can read its Secrets any more.
apiVersion: apiserver.config.k8s.io/v1
kind: EncryptionConfiguration
resources:
  - resources: [secrets]
    providers:
      - aesgcm:
          keys:
            - name: ${name}
              secret: ${secret}
      - identity: {}
`;

export async function ensureEncryption(places: Places, { disk, random }: World): Promise<void> {
  if (await disk.facts(places.encryption)) return;
  const name = `key-${Buffer.from(random.bytes(nameBytes)).toString("hex")}`;
  const secret = Buffer.from(random.bytes(keyBytes)).toString("base64");
  await disk.write(places.encryption, fileWith(name, secret), 0o600);
}

export async function ownEncryption(places: Places, world: World): Promise<Encryption> {
  const text = await loadText(world.disk, places.encryption);
  try {
    return parseEncryption(text, world.random);
  } catch (cause) {
    throw new Error(`${places.encryption}: ${(cause as Error).message}`, { cause });
  }
}
