import type { Info } from "#api/meta/version.ts";

/** What `kubectl version` shows. Clients compare major and minor; the rest is for people. */
export const serverVersion: Info = {
  major: "1",
  minor: "36",
  gitVersion: "v1.36.0+k8ts",
  gitCommit: "",
  gitTreeState: "clean",
  buildDate: "1970-01-01T00:00:00Z",
  goVersion: "none",
  compiler: "none",
  platform: "linux/amd64",
};
