/** What the server counts of its requests. Names and buckets: facts/metrics.json. */
import type { AnyKind } from "#api/kind.ts";
import type { CounterChild, GaugeChild, HistogramChild, Metrics } from "#base/metrics.ts";
import type { Context, RequestInfo } from "./context.ts";
import type { WatchCache } from "./cache/watch-cache.ts";
import type { Served } from "./kinds.ts";
import { responseSizes } from "./response-sizes.ts";

const requestLabels = [
  "component",
  "dry_run",
  "group",
  "resource",
  "scope",
  "subresource",
  "verb",
  "version",
] as const;

const durationBuckets = [
  0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45,
  60,
];

export interface ServerMetrics {
  readonly inFlight: (bucket: "reading" | "writing", count: number) => void;
  /** Who wants to know the size of the answer, if anybody does. */
  readonly request: (
    context: Context,
    code: number,
    seconds: number,
  ) => ((bytes: number) => void) | undefined;
}

interface Cells {
  readonly seconds: HistogramChild;
  /** Of what clients should no longer ask for. */
  readonly deprecated: GaugeChild | undefined;
  /** Of reading requests. */
  readonly sizes: HistogramChild | undefined;
  readonly codes: Map<number, CounterChild>;
  readonly labels: readonly string[];
}

export function createServerMetrics(metrics: Metrics): ServerMetrics {
  const inFlight = metrics.gauge(
    "apiserver_current_inflight_requests",
    "Requests under way at this moment, by kind: mutating or readOnly.",
    ["request_kind"],
  );
  const total = metrics.counter("apiserver_request_total", "Requests answered.", [
    "code",
    ...requestLabels,
  ]);
  const seconds = metrics.histogram(
    "apiserver_request_duration_seconds",
    "Time from request to answer.",
    requestLabels,
    durationBuckets,
  );
  const deprecated = metrics.gauge(
    "apiserver_requested_deprecated_apis",
    "Deprecated APIs that somebody asked for since the server started.",
    ["group", "removed_release", "resource", "subresource", "version"],
  );
  const sizesFor = responseSizes(metrics, requestLabels);
  const gauges = { reading: inFlight.with("readOnly"), writing: inFlight.with("mutating") };
  const ofNoKind = new Map<string, Cells>();
  /** Kinds come and go with their definitions. */
  const ofKinds = new WeakMap<Served, Map<string, Cells>>();

  const cellsOf = (context: Context): Cells => {
    const { served } = context;
    const known = served ? ofKinds.get(served) : ofNoKind;
    const cells = known ?? new Map<string, Cells>();
    if (served && !known) ofKinds.set(served, cells);
    const labels = labelsOf(context);
    const key = `${labels.dryRun}/${labels.verb}/${labels.scope}/${labels.subresource}`;
    const found = cells.get(key);
    if (found) return found;
    const { dryRun, scope, subresource, verb } = labels;
    const { group = "", version = "", plural = "", deprecated: old } = served?.kind ?? {};
    const values = ["apiserver", dryRun, group, plural, scope, subresource, verb, version];
    const made = {
      seconds: seconds.with(...values),
      sizes: sizesFor(values),
      codes: new Map(),
      labels: values,
      // Nothing that is deprecated has a release yet that will be without it.
      deprecated: old ? deprecated.with(group, "", plural, subresource, version) : undefined,
    };
    cells.set(key, made);
    return made;
  };

  return {
    inFlight: (bucket, count) => gauges[bucket].set(count),
    request: (context, code, took) => {
      const cells = cellsOf(context);
      const { codes, labels, seconds: histogram } = cells;
      if (code !== 401 && code !== 403) cells.deprecated?.set(1);
      histogram.observe(took);
      let counter = codes.get(code);
      if (!counter) codes.set(code, (counter = total.with(String(code), ...labels)));
      counter.inc();
      return cells.sizes?.observe;
    },
  };
}

/** What is read from the cache when somebody asks. */
export function observeCache(metrics: Metrics, cache: WatchCache): void {
  const nameOf = ({ group, plural }: AnyKind): string =>
    group === "" ? plural : `${plural}.${group}`;
  const objects = {
    name: "apiserver_storage_objects",
    help: "Objects in the store, by resource.",
    labels: ["resource"],
  };
  metrics.observed(objects, () =>
    Array.from(cache.kinds, ({ kind, size }) => [[nameOf(kind)], size] as const),
  );
  const watches = {
    name: "apiserver_longrunning_requests",
    help: "Watches that are open.",
    labels: requestLabels.filter((label) => label !== "dry_run"),
  };
  metrics.observed(watches, () =>
    Array.from(cache.kinds, ({ kind, watchers }) => {
      const { group, plural, version } = kind;
      const labels = ["apiserver", group, plural, "", "", "WATCH", version];
      return [labels, Array.from(watchers.all()).length] as const;
    }).filter(([, count]) => count > 0),
  );
}

interface Labels {
  readonly dryRun: string;
  readonly scope: string;
  readonly subresource: string;
  readonly verb: string;
}

/** Only what the server knows becomes a label: anybody can ask for anything. */
function labelsOf({ served, info, request }: Context): Labels {
  const dryRun = request.query.get("dryRun") === "All" ? "All" : "";
  const verb = verbNames[info.verb] ?? info.verb.toUpperCase();
  if (!served) return { dryRun, verb, scope: "", subresource: "" };
  const subresource = isPart(served, info.subresource) ? info.subresource : "";
  const scope = scopeOf(info);
  return { dryRun, verb, scope, subresource };
}

const isPart = (served: Served, name: string): boolean =>
  name === "status" || name === "scale" || served.subresources.has(name);

/** upstream: apiserver/pkg/endpoints/metrics */
const verbNames: Readonly<Record<string, string>> = {
  create: "POST",
  update: "PUT",
  deletecollection: "DELETECOLLECTION",
};

function scopeOf({ name, namespace }: RequestInfo): string {
  if (name !== "") return "resource";
  return namespace === "" ? "cluster" : "namespace";
}
