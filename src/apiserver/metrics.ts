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

const sliBuckets = [
  0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60,
];

const isNotDryRun = (label: string): boolean => label !== "dry_run";

export interface ServerMetrics {
  /** There was no seat for it. */
  readonly refused: (context: Context) => void;
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
  /** Of what is no watch: those last as long as they last. */
  readonly sli: HistogramChild | undefined;
  /** Of what clients should no longer ask for. */
  readonly deprecated: GaugeChild | undefined;
  /** Of reading requests. */
  readonly sizes: HistogramChild | undefined;
  readonly codes: Map<number, CounterChild>;
  readonly labels: readonly string[];
  /** The same without `dry_run`. */
  readonly own: readonly string[];
}

export function createServerMetrics(metrics: Metrics): ServerMetrics {
  const families = requestFamilies(metrics);
  const { inFlight, total, terminations } = families;
  const gauges = { reading: inFlight.with("readOnly"), writing: inFlight.with("mutating") };
  const cellsOf = cellsFinder(families);
  return {
    refused: (context) => terminations.with("429", ...cellsOf(context).own).inc(),
    inFlight: (bucket, count) => gauges[bucket].set(count),
    request: (context, code, took) => {
      const cells = cellsOf(context);
      const { codes, labels, seconds: histogram } = cells;
      if (code !== 401 && code !== 403) cells.deprecated?.set(1);
      histogram.observe(took);
      cells.sli?.observe(took);
      let counter = codes.get(code);
      if (!counter) codes.set(code, (counter = total.with(String(code), ...labels)));
      counter.inc();
      return cells.sizes?.observe;
    },
  };
}

type Families = ReturnType<typeof requestFamilies>;

const requestFamilies = (metrics: Metrics) => ({
  inFlight: metrics.gauge(
    "apiserver_current_inflight_requests",
    "Requests under way at this moment, by kind: mutating or readOnly.",
    ["request_kind"],
  ),
  total: metrics.counter("apiserver_request_total", "Requests answered.", [
    "code",
    ...requestLabels,
  ]),
  seconds: metrics.histogram(
    "apiserver_request_duration_seconds",
    "Time from request to answer.",
    requestLabels,
    durationBuckets,
  ),
  // differs: upstream leaves out what webhooks and the queue took.
  sli: metrics.histogram(
    "apiserver_request_sli_duration_seconds",
    "Time from request to answer, of all that is no watch.",
    requestLabels.filter(isNotDryRun),
    sliBuckets,
  ),
  terminations: metrics.counter(
    "apiserver_request_terminations_total",
    "Requests that the server refused in self-defence.",
    ["code", ...requestLabels.filter(isNotDryRun)],
  ),
  deprecated: metrics.gauge(
    "apiserver_requested_deprecated_apis",
    "Deprecated APIs that somebody asked for since the server started.",
    ["group", "removed_release", "resource", "subresource", "version"],
  ),
  sizesFor: responseSizes(metrics, requestLabels),
});

function cellsFinder(families: Families): (context: Context) => Cells {
  const ofNoKind = new Branch<Cells>();
  /** Kinds come and go with their definitions. */
  const ofKinds = new WeakMap<Served, Branch<Cells>>();
  return (context) => {
    const { served } = context;
    const known = served ? ofKinds.get(served) : ofNoKind;
    const root = known ?? new Branch<Cells>();
    if (served && !known) ofKinds.set(served, root);
    const labels = labelsOf(context);
    const branch = root.at(labels.verb).at(labels.scope).at(labels.subresource).at(labels.dryRun);
    branch.value ??= newCells(families, labels, served);
    return branch.value;
  };
}

function newCells(
  { seconds, sli, sizesFor, deprecated }: Families,
  { dryRun, scope, subresource, verb }: Labels,
  served: Served | undefined,
): Cells {
  const { group = "", version = "", plural = "", deprecated: old } = served?.kind ?? {};
  const labels = ["apiserver", dryRun, group, plural, scope, subresource, verb, version];
  const own = labels.filter((_, index) => requestLabels[index] !== "dry_run");
  return {
    seconds: seconds.with(...labels),
    sli: verb === "WATCH" ? undefined : sli.with(...own),
    sizes: sizesFor(labels),
    codes: new Map(),
    labels,
    own,
    // Nothing that is deprecated has a release yet that will be without it.
    deprecated: old ? deprecated.with(group, "", plural, subresource, version) : undefined,
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
    labels: requestLabels.filter(isNotDryRun),
  };
  metrics.observed(watches, () =>
    Array.from(cache.kinds, ({ kind, watchers }) => {
      const { group, plural, version } = kind;
      const labels = ["apiserver", group, plural, "", "", "WATCH", version];
      return [labels, Array.from(watchers.all()).length] as const;
    }).filter(([, count]) => count > 0),
  );
}

/** What is known of one combination of labels after the other: to make one text of them first costs more than to look. */
class Branch<T> {
  value: T | undefined;
  readonly #next = new Map<string, Branch<T>>();

  at(label: string): Branch<T> {
    const known = this.#next.get(label);
    if (known) return known;
    const made = new Branch<T>();
    this.#next.set(label, made);
    return made;
  }
}

interface Labels {
  readonly dryRun: string;
  readonly scope: string;
  readonly subresource: string;
  readonly verb: string;
}

/** Only what the server knows becomes a label: anybody can ask for anything. */
function labelsOf({ served, info, request }: Context): Labels {
  const { query } = request;
  const dryRun = query.size > 0 && query.get("dryRun") === "All" ? "All" : "";
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
  get: "GET",
  list: "LIST",
  watch: "WATCH",
  create: "POST",
  update: "PUT",
  patch: "PATCH",
  delete: "DELETE",
  deletecollection: "DELETECOLLECTION",
};

/** Of what is asked for. upstream: CleanScope */
export function scopeOf({ name, namespace }: RequestInfo): string {
  if (name !== "") return "resource";
  return namespace === "" ? "cluster" : "namespace";
}
