/**
 * What is counted of what is stored and watched, read when somebody asks.
 * upstream: apiserver/pkg/storage/{cacher,etcd3}/metrics/metrics.go
 */
import type { Metrics, ObservedOptions, Sample } from "#base/metrics.ts";
import type { Store } from "#store/store.ts";
import type { KindCache } from "./kind-cache.ts";
import type { WatchCache } from "./watch-cache.ts";

const byResource = ["group", "resource"];
const counter = "counter";

type Reading = readonly [ObservedOptions, (cache: KindCache) => number];

const readings: readonly Reading[] = [
  [
    {
      name: "apiserver_resource_objects",
      help: "Number of stored objects at the time of last check split by kind.",
      labels: byResource,
    },
    ({ size }) => size,
  ],
  [
    {
      name: "apiserver_storage_events_received_total",
      help: "Number of etcd events received split by kind.",
      labels: byResource,
      type: counter,
    },
    ({ counts }) => counts.received,
  ],
  [
    {
      name: "apiserver_watch_cache_events_received_total",
      help: "Counter of events received in watch cache broken by resource type.",
      labels: byResource,
      type: counter,
    },
    ({ counts }) => counts.received,
  ],
  [
    {
      name: "apiserver_watch_cache_events_dispatched_total",
      help: "Counter of events dispatched in watch cache broken by resource type.",
      labels: byResource,
      type: counter,
    },
    ({ counts }) => counts.received,
  ],
  [
    {
      name: "apiserver_watch_cache_initializations_total",
      help: "Counter of watch cache initializations broken by resource type.",
      labels: byResource,
      type: counter,
    },
    () => 1,
  ],
];

export function observeStorage(metrics: Metrics, cache: WatchCache, store: Store): void {
  for (const [options, read] of readings)
    metrics.observed(options, () =>
      Array.from(cache.kinds, (one): Sample => [[one.kind.group, one.kind.plural], read(one)]),
    );
  const events = {
    name: "apiserver_watch_events_total",
    help: "Number of events sent in watch clients",
    labels: ["group", "resource", "version"],
    type: counter,
  } as const;
  metrics.observed(events, () =>
    Array.from(cache.kinds, ({ kind, counts }): Sample => {
      const { group, plural, version } = kind;
      return [[group, plural, version], counts.sent];
    }).filter(([, sent]) => sent > 0),
  );
  const size = {
    name: "apiserver_storage_size_bytes",
    help: "Size of the storage database file physically allocated in bytes.",
    labels: ["storage_cluster_id"],
  };
  metrics.observed(size, () => (store.bytes ? [[["etcd-0"], store.bytes()]] : []));
}
