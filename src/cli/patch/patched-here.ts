/** Patches without a server: for dry runs. */
import { isUntyped } from "#client/dynamic.ts";
import { applyJsonPatch } from "#schema/patch/json-patch.ts";
import { applyMergePatch } from "#schema/patch/merge-patch.ts";
import { applyStrategicPatch } from "#schema/patch/strategic.ts";
import type { Manifest } from "../resources/manifest.ts";
import type { PatchKind } from "../resources/objects.ts";
import type { Target } from "../resources/select.ts";

export function patchedHere(
  { resource: { kind }, object }: Pick<Target, "resource" | "object">,
  { is, patch }: { readonly is: PatchKind; readonly patch: object },
): Manifest {
  if (is === "json") return applyJsonPatch(object, patch) as Manifest;
  if (is === "merge") return applyMergePatch(object, patch) as Manifest;
  // exact: kubectl
  if (isUntyped(kind))
    throw new Error(
      `strategic merge patch is not supported for ${kind.apiVersion}, Kind=${kind.kind} locally, try --type merge`,
    );
  return applyStrategicPatch(kind.schema, object, patch) as Manifest;
}
