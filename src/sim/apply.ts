/** Applies manifests to a simulated cluster. */
import type { AnyKind, ApiObject, Kind } from "#api/kind.ts";
import type { Client } from "#client/client.ts";
import { kindOf, type Manifest } from "./manifests.ts";

/** Creates it or changes it; without a name, creates one more. `kinds`: all that are served. */
export function applyManifest(
  client: Client,
  manifest: Manifest,
  kinds: Iterable<AnyKind>,
): Promise<ApiObject> {
  const kind = kindOf(manifest, kinds);
  const isNamespaced = kind.scope === "Namespaced";
  const metadata = isNamespaced
    ? { namespace: "default", ...manifest.metadata }
    : manifest.metadata;
  const object = { ...manifest, metadata };
  const { name } = manifest.metadata ?? {};
  if (name === undefined) return client.create(kind as Kind, object);
  const at = { name, ...(isNamespaced ? { namespace: metadata?.namespace } : {}) };
  return client.patch(kind as Kind, at, { is: "apply", object, force: true });
}
