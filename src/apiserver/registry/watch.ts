import { badRequest } from "#api/errors.ts";
import type { AnyKind } from "#api/kind.ts";
import type { WatchBatch } from "#api/request.ts";
import { minutes, seconds } from "#base/clock.ts";
import { openWatch } from "../cache/open-watch.ts";
import { selectionOf } from "../cache/selection.ts";
import { convertedWatch, unselected } from "./converted-watch.ts";
import type { RegistryKit } from "./kit.ts";
import type { WatchQuery } from "./registry.ts";
import { checkWatchQuery, parseRevision, reach } from "./resource-version.ts";

/** Watches without a timeout of their own end after this long, up to twice: clients come back. */
const timeoutMsMin = minutes(30);

export async function watchObjects(
  { cache, random }: RegistryKit,
  kind: AnyKind,
  query: WatchQuery,
): Promise<AsyncIterable<WatchBatch>> {
  checkWatchQuery(query);
  const { resourceVersion, sendInitialEvents, timeoutSeconds, signal } = query;
  const asked = parseRevision(resourceVersion);
  const isStateFirst = sendInitialEvents ?? asked === 0;
  if (isStateFirst) await reach(cache, asked);
  if (timeoutSeconds !== undefined && timeoutSeconds < 0) {
    throw badRequest("timeoutSeconds must not be negative");
  }
  const selection = selectionOf(kind, query);
  const start = {
    selection: kind.conversion ? unselected(selection) : selection,
    after: isStateFirst ? undefined : asked || cache.revision,
    wantsBookmarks: query.allowBookmarks,
    marksInitialEnd: sendInitialEvents === true && query.allowBookmarks,
    timeoutMs: timeoutSeconds ? seconds(timeoutSeconds) : timeoutMsMin * (1 + random.next()),
    signal,
  };
  const events = await openWatch(cache, cache.of(kind), start);
  return kind.conversion ? convertedWatch(events, kind, selection) : events;
}
