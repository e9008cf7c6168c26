/** One object over time: as it is, then after every change; undefined while there is none. */
import { isReason } from "#api/errors.ts";
import { pathOf } from "#client/paths.ts";
import type { Session } from "../session.ts";
import type { Manifest, ManifestList } from "./manifest.ts";
import type { Place } from "./objects.ts";
import { ask } from "./rest.ts";
import { watchChanges } from "./watch.ts";

/** Until the signal aborts. */
export async function* statesOf(
  session: Session,
  place: Place,
  signal: AbortSignal,
): AsyncGenerator<Manifest | undefined> {
  const { kind } = place.resource;
  const type = { apiVersion: kind.apiVersion, kind: kind.kind };
  const path = pathOf(kind, { namespace: place.namespace });
  const query = { fieldSelector: `metadata.name=${place.name}` };
  while (!signal.aborted) {
    const { items, metadata } = await ask<ManifestList>(session, {
      method: "GET",
      path,
      query,
      signal,
    });
    const [item] = items ?? [];
    yield item && { ...type, ...item };
    const { resourceVersion } = metadata ?? {};
    yield* changes(session, { path, query: { ...query, resourceVersion }, signal });
  }
}

async function* changes(
  session: Session,
  request: Parameters<typeof watchChanges>[1],
): AsyncGenerator<Manifest | undefined> {
  try {
    for await (const { type, object } of watchChanges(session, request))
      if (type !== "BOOKMARK") yield type === "DELETED" ? undefined : object;
  } catch (cause) {
    // History is gone: whoever asked begins with the newest state.
    if (!isReason(cause, "Expired")) throw cause;
  }
}
