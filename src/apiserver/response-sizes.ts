import { exponentialBuckets, type HistogramChild, type Metrics } from "#base/metrics.ts";

/** As upstream: what is written is about as large as what was sent. */
const sizedVerbs: ReadonlySet<string> = new Set(["GET", "LIST"]);

/** Where the sizes of answers are counted, by the values of a request's labels; not all are. */
export function responseSizes(
  metrics: Metrics,
  labels: readonly string[],
): (values: readonly string[]) => HistogramChild | undefined {
  const isOwn = (label: string | undefined): boolean => label !== "dry_run";
  const sizes = metrics.histogram(
    "apiserver_response_sizes",
    "Bytes of answers to get and list.",
    labels.filter(isOwn),
    exponentialBuckets(1_000, 10, 7),
  );
  const verb = labels.indexOf("verb");
  return (values) =>
    sizedVerbs.has(values[verb] ?? "")
      ? sizes.with(...values.filter((_, i) => isOwn(labels[i])))
      : undefined;
}
