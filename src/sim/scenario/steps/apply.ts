/** Applies manifests: text in the scenario, or files beside it. */
import type { Manifest } from "#sim/manifests.ts";
import { list, map, required, text, type Reader } from "#sim/reading/reader.ts";
import { defineStep } from "../definition.ts";
import { writtenManifests } from "../written-manifests.ts";

const files = map("what to apply", { files: required(list(text)) });

type What = readonly Manifest[] | { readonly files: readonly string[] };

/** What files hold is not known before they are read. */
const what: Reader<What> = (placed, report) =>
  placed.is === "map" ? files(placed, report) : writtenManifests(placed, report);

export const apply = defineStep<What>({
  name: "apply",
  reads: what,
  async run(manifests, { cluster, manifest }) {
    const applied = await cluster.apply(
      "files" in manifests ? await Promise.all(manifests.files.map(manifest)) : manifests,
    );
    return applied.map(({ kind, metadata }) => `${kind} ${metadata.name}`).join(", ");
  },
});
