import type { WatchCache } from "../cache/watch-cache.ts";
import type { Reader } from "./registry.ts";

export const readerOf = (cache: WatchCache): Reader => ({
  get: (kind, namespace, name) => cache.of(kind).get(namespace, name) as never,
  list: (kind, namespace) =>
    cache.of(kind).page({ namespace, from: "", limit: Infinity }).items as never,
  revision: () => cache.revision,
  kinds: () => Array.from(cache.kinds, ({ kind }) => kind),
  changed: (kind) => cache.of(kind).changed,
});
