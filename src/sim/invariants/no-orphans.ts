/** At rest nothing is left whose owners are all gone. */
import { defineInvariant } from "./invariant.ts";
import { nameOf } from "./view.ts";

export const noOrphans = defineInvariant({
  says: "no orphan after idle",

  check: ({ view }) => ({
    rested() {
      const uids = new Set(Array.from(view.all(), ({ metadata }) => metadata.uid));
      for (const object of view.all()) {
        const { ownerReferences: owners = [] } = object.metadata;
        if (owners.length === 0 || owners.some(({ uid }) => uids.has(uid))) continue;
        return `${nameOf(object)} is left of ${owners.map(({ kind, name }) => `${kind} ${name}`).join(", ")}`;
      }
      return undefined;
    },
  }),
});
