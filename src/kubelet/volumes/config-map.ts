import { configMapFiles, defaultMode } from "./projection.ts";
import { defineVolume } from "./volume.ts";

export const configMap = defineVolume({
  of: "configMap",
  folder: "kubernetes.io~configmap",
  files: async (source, context) => ({
    files: await configMapFiles(source, context, source.defaultMode ?? defaultMode),
  }),
});
