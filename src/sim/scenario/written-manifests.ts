/** Manifests within a scenario, checked before anything is run. */
import * as catalog from "#api/catalog.ts";
import type { AnyKind } from "#api/kind.ts";
import { kindByName } from "#api/kind-by-name.ts";
import { assert } from "#base/assert.ts";
import { messageOf } from "#base/failure.ts";
import { type Manifest, manifestsIn, noSuchKind } from "../manifests.ts";
import { expected, type Reader } from "../reading/reader.ts";

export const writtenManifests: Reader<readonly Manifest[]> = (placed, report) => {
  const what = "manifests as text, each with apiVersion and kind";
  if (placed.is !== "value" || typeof placed.value !== "string")
    return expected(what, placed, report);
  try {
    return manifestsIn(placed.value);
  } catch (cause) {
    const { line, column } = placed;
    const why = messageOf(cause);
    report({ line, column, message: `expected ${what}: ${why}` });
    return undefined;
  }
};

/** Of kinds that every cluster has. */
export const builtInManifests: Reader<readonly Manifest[]> = (placed, report) => {
  const manifests = writtenManifests(placed, report);
  const unknown = manifests?.find((manifest) => !kindByName(manifest));
  if (!unknown) return manifests;
  const { line, column } = placed;
  report({ line, column, message: noSuchKind(unknown, Object.values(catalog)).message });
  return undefined;
};

/** Of a manifest that was read as one. */
export function builtInKindOf(manifest: Manifest): AnyKind {
  const kind = kindByName(manifest);
  assert(kind !== undefined, "a manifest of a built-in kind");
  return kind;
}
