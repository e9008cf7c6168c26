/**
 * Objects that nobody deletes (events) go by themselves some time after they were last written. The
 * oldest is always the next to go, so a queue and one timer are enough.
 */
import { assert } from "#base/assert.ts";
import { seconds, sleep } from "#base/clock.ts";
import { Bell } from "#base/signal.ts";
import type { AnyKind } from "#api/kind.ts";
import type { WatchEvent } from "#api/request.ts";
import type { Guard } from "#store/store.ts";
import { openWatch } from "./cache/open-watch.ts";
import type { KindCache } from "./cache/kind-cache.ts";
import { selectionOf } from "./cache/selection.ts";
import type { RegistryKit } from "./registry/kit.ts";

interface Expiring extends Guard {
  readonly atMs: number;
}

const deletionsPerCommitMax = 100;

/** Runs until `signal` aborts. */
export async function expireObjects(
  kit: RegistryKit,
  kind: AnyKind,
  signal: AbortSignal,
): Promise<void> {
  const ttlMs = seconds(kind.storage?.ttlSeconds ?? Infinity);
  assert(Number.isFinite(ttlMs), `${kind.plural} do not expire`);
  const queue: Expiring[] = [];
  const news = new Bell();
  const sweeping = sweep(kit, { queue, news, signal });
  while (!signal.aborted) {
    const stream = await openWatch(kit.cache, kit.cache.of(kind), {
      selection: selectionOf(kind, { namespace: "", labelSelector: "", fieldSelector: "" }),
      after: undefined,
      wantsBookmarks: false,
      marksInitialEnd: false,
      signal,
    });
    queue.length = 0;
    for await (const batch of stream) {
      for (const event of batch)
        queue.push(...expiringOf(kit, kit.cache.of(kind), { event, ttlMs }));
      news.ring();
    }
  }
  await sweeping;
}

/** What is there from before counts from its creation: when it was written is not known. */
function expiringOf(
  { clock }: RegistryKit,
  cache: KindCache,
  { event, ttlMs }: { readonly event: WatchEvent; readonly ttlMs: number },
): readonly Expiring[] {
  if (event.type !== "ADDED" && event.type !== "MODIFIED") return [];
  const { revision, object } = event.sealed;
  const { namespace = "", name = "", creationTimestamp } = object.metadata;
  const key = `${cache.prefix}/${cache.keyOf(namespace, name)}`;
  const created = event.type === "ADDED" ? Date.parse(creationTimestamp ?? "") : Number.NaN;
  return [{ key, revision, atMs: (Number.isNaN(created) ? clock.now() : created) + ttlMs }];
}

interface Sweeping {
  readonly queue: Expiring[];
  readonly news: Bell;
  readonly signal: AbortSignal;
}

async function sweep(kit: RegistryKit, { queue, news, signal }: Sweeping): Promise<void> {
  while (!signal.aborted) {
    const [next] = queue;
    if (!next) await news.heard(signal);
    else if (next.atMs > kit.clock.now()) {
      await sleep(kit.clock, next.atMs - kit.clock.now(), signal);
    } else await removeDue(kit, takeDue(queue, kit.clock.now()));
  }
}

function takeDue(queue: Expiring[], nowMs: number): readonly Expiring[] {
  const due = queue.findIndex(({ atMs }, i) => atMs > nowMs || i >= deletionsPerCommitMax);
  return queue.splice(0, due < 0 ? queue.length : due);
}

/** What was written again meanwhile has another place in the queue. */
async function removeDue({ cache, store }: RegistryKit, due: readonly Expiring[]): Promise<void> {
  for (;;) {
    const old = due.filter(({ key, revision }) => cache.revisionAt(key) === revision);
    if (old.length === 0) return;
    const result = await store.commit({
      guards: old.map(({ key, revision }) => ({ key, revision })),
      writes: old.map(({ key }) => ({ key, value: undefined })),
      note: JSON.stringify({ user: "system:apiserver", cause: "expired" }),
      lazy: true,
    });
    if (result.ok) return;
    // Somebody was faster with one of them: the others still have to go.
    await cache.isAsNewAs(cache.revision + 1, catchUpMs);
  }
}

const catchUpMs = 1_000;
