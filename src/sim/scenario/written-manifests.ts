/** Manifests within a scenario, checked before anything is run. */
import type { AnyKind } from "#api/kind.ts";
import { kindByName } from "#api/kind-by-name.ts";
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

/** Throws where there is none. */
export function builtInKindOf(manifest: Manifest): AnyKind {
  const kind = kindByName(manifest);
  if (!kind) throw noSuchKind(manifest);
  return kind;
}
