/** Manifests within a scenario, checked before anything is run. */
import * as catalog from "#api/catalog.ts";
import type { AnyKind } from "#api/kind.ts";
import { kindOf, type Manifest, manifestsIn } from "../manifests.ts";
import { expected, type Reader } from "../reading/reader.ts";

export const writtenManifests: Reader<readonly Manifest[]> = (placed, report) => {
  const what = "manifests as text, each with apiVersion and kind";
  if (placed.is !== "value" || typeof placed.value !== "string")
    return expected(what, placed, report);
  try {
    return manifestsIn(placed.value);
  } catch (cause) {
    const { line, column } = placed;
    const why = cause instanceof Error ? cause.message : String(cause);
    report({ line, column, message: `expected ${what}: ${why}` });
    return undefined;
  }
};

const kinds = Object.values(catalog as Record<string, AnyKind>);

export const builtInKindOf = (manifest: Manifest): AnyKind => kindOf(manifest, kinds);
