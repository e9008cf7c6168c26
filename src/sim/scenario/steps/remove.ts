/** Deletes what manifests name. */
import { isReason } from "#api/errors.ts";
import type { Manifest } from "#sim/manifests.ts";
import { defineStep } from "../definition.ts";
import { builtInKindOf, builtInManifests } from "../written-manifests.ts";

export const remove = defineStep<readonly Manifest[]>({
  name: "delete",
  reads: builtInManifests,
  async run(manifests, { cluster }) {
    const names: string[] = [];
    for (const manifest of manifests) {
      const kind = builtInKindOf(manifest);
      const { name = "", namespace = "default" } = manifest.metadata ?? {};
      const at = kind.scope === "Namespaced" ? { namespace, name } : { name };
      try {
        await cluster.client.delete(kind, at, { propagationPolicy: "Background" });
        names.push(`${manifest.kind} ${name}`);
      } catch (cause) {
        if (!isReason(cause, "NotFound")) throw cause;
        names.push(`${manifest.kind} ${name} was not there`);
      }
    }
    return names.join(", ");
  },
});
