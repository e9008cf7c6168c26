/** Creates what a manifest says, each time anew: with generateName, work that arrives. */
import type { Manifest } from "#sim/manifests.ts";
import { defineStep } from "../definition.ts";
import { builtInKindOf, builtInManifests } from "../written-manifests.ts";

export const create = defineStep<readonly Manifest[]>({
  name: "create",
  reads: builtInManifests,
  async run(manifests, { cluster }) {
    const names: string[] = [];
    for (const manifest of manifests) {
      const kind = builtInKindOf(manifest);
      const namespace = kind.scope === "Namespaced" ? { namespace: "default" } : {};
      const metadata = { ...namespace, ...manifest.metadata };
      const made = await cluster.client.create(kind, { ...manifest, metadata });
      names.push(`${made.kind} ${made.metadata.name}`);
    }
    return names.join(", ");
  },
});
