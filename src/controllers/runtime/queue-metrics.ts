/** A queue in the metrics that every Kubernetes dashboard knows. */
import { exponentialBuckets, type Metrics } from "#base/metrics.ts";
import type { QueueObserver, WorkQueue } from "#base/queue.ts";

const buckets = exponentialBuckets(1e-8, 10, 10);

export interface ObservedQueue {
  readonly observer: QueueObserver;
  readonly attach: (queue: WorkQueue) => void;
}

/** All queues of one process share the families; each has its own label. */
export function observeQueue(metrics: Metrics, name: string): ObservedQueue {
  const label = ["name"];
  const adds = metrics.counter("workqueue_adds_total", "Keys added to the queue", label).with(name);
  const retries = metrics
    .counter("workqueue_retries_total", "Keys added again after a failure", label)
    .with(name);
  const waited = metrics
    .histogram("workqueue_queue_duration_seconds", "How long keys wait", label, buckets)
    .with(name);
  const worked = metrics
    .histogram("workqueue_work_duration_seconds", "How long a look takes", label, buckets)
    .with(name);
  return {
    observer: {
      added: () => adds.inc(),
      retried: () => retries.inc(),
      taken: (waitedMs) => waited.observe(waitedMs / 1_000),
      finished: (workedMs) => worked.observe(workedMs / 1_000),
    },
    attach: (queue) => {
      queuesOf(metrics).set(name, queue);
    },
  };
}

const known = new WeakMap<Metrics, Map<string, WorkQueue>>();

function queuesOf(metrics: Metrics): Map<string, WorkQueue> {
  const before = known.get(metrics);
  if (before) return before;
  const queues = new Map<string, WorkQueue>();
  known.set(metrics, queues);
  const gauges: readonly [name: string, help: string, read: (queue: WorkQueue) => number][] = [
    ["workqueue_depth", "Keys that wait", (queue) => queue.counts().waiting],
    [
      "workqueue_unfinished_work_seconds",
      "Time spent so far on keys that are being worked on",
      (queue) => queue.activeMs().reduce((sum, ms) => sum + ms, 0) / 1_000,
    ],
    [
      "workqueue_longest_running_processor_seconds",
      "Time spent so far on the key worked on longest",
      (queue) => (queue.activeMs()[0] ?? 0) / 1_000,
    ],
  ];
  for (const [name, help, read] of gauges) {
    metrics.observed({ name, help, labels: ["name"] }, () =>
      Array.from(queues, ([queue, of]) => [[queue], read(of)] as const),
    );
  }
  return queues;
}
