/** How the server itself writes: as who, and under which name the fields are its own. */
import type { User } from "#api/request.ts";
import type { WriteContext } from "./registry.ts";

/** exact: apiserver */
const self: User = Object.freeze({
  name: "system:apiserver",
  groups: Object.freeze(["system:masters", "system:authenticated"]),
});

export const ownManager = "kube-apiserver";

export const ownWrites = (signal: AbortSignal, fieldManager = ownManager): WriteContext => ({
  user: self,
  fieldManager,
  dryRun: false,
  warnings: [],
  waiting: { signal },
});
