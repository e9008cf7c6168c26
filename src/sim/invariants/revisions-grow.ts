/** Every commit has a revision of its own, the next one. */
import { defineInvariant } from "./invariant.ts";

export const revisionsGrow = defineInvariant({
  says: "revisions strictly grow",

  check({ view }) {
    let last = view.revision;
    return {
      changed({ revision, key }) {
        // Changes of one commit share a revision.
        if (revision !== last && revision !== last + 1)
          return `${key} changed at revision ${revision}, after ${last}`;
        last = revision;
        return undefined;
      },
    };
  },
});
