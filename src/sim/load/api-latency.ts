/**
 * How long the API server took, out of its own metrics: a histogram, so each percentile is the upper
 * bound of its bucket.
 */

export interface Latency {
  readonly requests: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

interface Bucket {
  readonly boundMs: number;
  count: number;
}

const line = /^apiserver_request_duration_seconds_bucket\{(.*)\} (\d+)/gm;
const mutating: ReadonlySet<string> = new Set(["POST", "PUT", "PATCH", "DELETE", "APPLY"]);
const reading: ReadonlySet<string> = new Set(["GET", "LIST"]);

export function apiLatencies(metrics: string): {
  readonly mutating: Latency;
  readonly reading: Latency;
} {
  return { mutating: latencyOf(metrics, mutating), reading: latencyOf(metrics, reading) };
}

function latencyOf(metrics: string, verbs: ReadonlySet<string>): Latency {
  const buckets = [...bucketsOf(metrics, verbs)].sort((a, b) => a.boundMs - b.boundMs);
  const requests = buckets.at(-1)?.count ?? 0;
  const at = (share: number): number =>
    buckets.find(({ count }) => count >= share * requests)?.boundMs ?? 0;
  return { requests, p50Ms: at(0.5), p99Ms: at(0.99) };
}

/** Of all resources together; counts include those of the smaller bounds. */
function bucketsOf(metrics: string, verbs: ReadonlySet<string>): Iterable<Bucket> {
  const buckets = new Map<number, Bucket>();
  for (const [, labels = "", count = "0"] of metrics.matchAll(line)) {
    const { verb = "", le = "" } = labelsOf(labels);
    if (!verbs.has(verb)) continue;
    const boundMs = boundOf(le) * 1_000;
    const bucket = buckets.get(boundMs) ?? { boundMs, count: 0 };
    bucket.count += Number(count);
    buckets.set(boundMs, bucket);
  }
  return buckets.values();
}

const labelsOf = (text: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Array.from(text.matchAll(/(\w+)="([^"]*)"/g), ([, name, value]) => [name, value]),
  );

const boundOf = (text: string): number => (text === "+Inf" ? Infinity : Number(text));
