import { defaultMode, secretFiles } from "./projection.ts";
import { defineVolume } from "./volume.ts";

export const secret = defineVolume({
  of: "secret",
  folder: "kubernetes.io~secret",
  files: async (source, context) => ({
    files: await secretFiles(
      { ...source, name: source.secretName },
      context,
      source.defaultMode ?? defaultMode,
    ),
  }),
});
