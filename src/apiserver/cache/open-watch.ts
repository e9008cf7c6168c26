/** Starts a watch: what it begins with (the state, or history), then every change from there on. */
import { ApiError } from "#api/errors.ts";
import type { WatchEvent } from "#api/request.ts";
import { whenAborted } from "#base/signal.ts";
import { type Change, Compacted } from "#store/store.ts";
import type { StoredObject } from "../sealed.ts";
import type { KindCache } from "./kind-cache.ts";
import type { Selection } from "./selection.ts";
import { selectFrom } from "./select.ts";
import type { Transition } from "./transition.ts";
import type { WatchCache } from "./watch-cache.ts";
import { Watcher } from "./watcher.ts";
import type { WatchStream } from "./watch-stream.ts";

export interface WatchStart {
  readonly selection: Selection;
  /** Undefined: the state first. */
  readonly after: number | undefined;
  readonly wantsBookmarks: boolean;
  /** A bookmark says where the state ends. */
  readonly marksInitialEnd: boolean;
  /** Undefined: it ends only with `signal`. */
  readonly timeoutMs?: number;
  readonly signal: AbortSignal;
}

export async function openWatch(
  cache: WatchCache,
  kindCache: KindCache,
  start: WatchStart,
): Promise<WatchStream> {
  const { selection, wantsBookmarks } = start;
  const after = start.after ?? cache.revision;
  const state = start.after === undefined ? stateOf(kindCache, selection) : undefined;
  let ending: Disposable | undefined;
  const watcher = new Watcher(selection, {
    after,
    wantsBookmarks,
    onEnd: () => {
      kindCache.watchers.delete(watcher);
      ending?.[Symbol.dispose]();
      deadline?.[Symbol.dispose]();
    },
  });
  const expire = (): void => {
    watcher.bookmark(cache.revision);
    watcher.stream.end();
  };
  const { timeoutMs } = start;
  const deadline = timeoutMs === undefined ? undefined : cache.clock.after(timeoutMs, expire);
  ending = whenAborted(start.signal, () => watcher.stream.end());
  if (watcher.stream.isEnded) return watcher.stream;
  const history = state ? [] : historyAfter(cache, kindCache, after);
  if (history instanceof ApiError) return failed(watcher, history);
  cache.attach(kindCache, watcher);
  for (const transition of history) watcher.offer(transition);
  if (state) watcher.stream.begin(await initialEvents(cache, start, { state, after }));
  return watcher.stream;
}

const stateOf = (cache: KindCache, { namespace, name }: Selection): readonly StoredObject[] =>
  name === undefined
    ? cache.page({ namespace, from: "", limit: Infinity }).items
    : [...cache.named(namespace, name)];

async function initialEvents(
  { clock }: WatchCache,
  { selection, marksInitialEnd }: WatchStart,
  { state, after }: { readonly state: readonly StoredObject[]; readonly after: number },
): Promise<WatchEvent[]> {
  const selected = await selectFrom(state, { selection, clock });
  const events = selected.map((sealed): WatchEvent => ({ type: "ADDED", sealed }));
  if (marksInitialEnd) events.push({ type: "BOOKMARK", revision: after, isInitialEnd: true });
  return events;
}

/** As upstream: what is wrong with the start of an accepted watch comes as its only event. */
function failed({ stream }: Watcher, error: ApiError): WatchStream {
  stream.push({ type: "ERROR", error });
  stream.end();
  return stream;
}

/** Everything between `revision` and now: from memory, and what is older from the store. */
function historyAfter(
  cache: WatchCache,
  kindCache: KindCache,
  revision: number,
): readonly Transition[] | ApiError {
  const recent = kindCache.historySince(revision);
  if (recent) return recent;
  const start = kindCache.historyStart;
  try {
    const older = changesBetween(cache, kindCache, { after: revision, upTo: start });
    const known = older.map((change) => {
      const { entry, previous } = change;
      const before = previous && cache.unpack(kindCache, previous);
      const after = entry && cache.unpack(kindCache, entry);
      return kindCache.transitionOf(change, before, after);
    });
    return [...known, ...kindCache.historySinceStart()];
  } catch (cause) {
    if (!(cause instanceof Compacted)) throw cause;
    return tooOld(revision, cause);
  }
}

const tooOld = (revision: number, cause: Compacted): ApiError =>
  // exact: apiserver
  new ApiError("Expired", `too old resource version: ${revision} (${cause.compacted})`, { cause });

/** The store replays its history before `watch` returns. */
function changesBetween(
  { store }: WatchCache,
  { prefix }: KindCache,
  { after, upTo }: { readonly after: number; readonly upTo: number },
): readonly Change[] {
  const found: Change[] = [];
  using _replay = store.watch({ prefix: `${prefix}/`, after }, (changes) => {
    for (const change of changes) if (change.revision <= upTo) found.push(change);
  });
  return found;
}
