import { defaultMode, downwardFiles } from "./projection.ts";
import { defineVolume } from "./volume.ts";

export const downwardApi = defineVolume({
  of: "downwardAPI",
  folder: "kubernetes.io~downward-api",
  files: async ({ items, defaultMode: mode = defaultMode }, context) => ({
    files: downwardFiles(items, context, mode),
  }),
});
