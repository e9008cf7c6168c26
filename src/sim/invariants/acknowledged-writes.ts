/** What the server said it has stored stands there, or something newer, until it is deleted. */
import type { ApiRequest, ApiResponse } from "#api/request.ts";
import { defineInvariant } from "./invariant.ts";
import { nameOf } from "./view.ts";

interface Acknowledged {
  readonly name: string;
  readonly revision: number;
}

export const acknowledgedWrites = defineInvariant({
  says: "no acknowledged write is lost",

  check({ view, gateway }) {
    /** By uid. */
    const promised = new Map<string, Acknowledged>();
    const gone = new Set<string>();
    gateway.addTap((call, response) => {
      const object = acknowledged(call.request, response);
      const { uid, resourceVersion } = object?.metadata ?? {};
      if (!object || uid === undefined || gone.has(uid)) return;
      const revision = Math.max(Number(resourceVersion ?? 0), promised.get(uid)?.revision ?? 0);
      promised.set(uid, { name: nameOf(object), revision });
    });
    return {
      changed({ before, after }) {
        const uid = before?.metadata.uid;
        if (uid === undefined || after?.metadata.uid === uid) return undefined;
        promised.delete(uid);
        gone.add(uid);
        return undefined;
      },

      rested() {
        const stored = new Map<string | undefined, number>();
        for (const { metadata } of view.all())
          stored.set(metadata.uid, Number(metadata.resourceVersion));
        for (const [uid, { name, revision }] of promised) {
          const found = stored.get(uid) ?? 0;
          if (found < revision) return `${name} was stored at ${revision}, and stands at ${found}`;
        }
        return undefined;
      },
    };
  },
});

const writing: ReadonlySet<string> = new Set(["POST", "PUT", "PATCH"]);

function acknowledged({ method, query }: ApiRequest, { status, body }: ApiResponse) {
  if (!writing.has(method) || status >= 300 || query.has("dryRun")) return undefined;
  return body.is === "object" && body.sealed.revision > 0 ? body.sealed.object : undefined;
}
