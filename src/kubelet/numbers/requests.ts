/** Requests to the kubelet's own server. upstream: pkg/kubelet/server/metrics */
import type { Clock } from "#base/clock.ts";
import type { HttpRequest, HttpResponse } from "#base/http.ts";
import type { Metrics } from "#base/metrics.ts";

const longRunning: ReadonlySet<string> = new Set(["exec", "attach", "portForward"]);

interface RequestOptions {
  readonly metrics: Metrics;
  readonly clock: Clock;
}

interface Asked {
  readonly request: Pick<HttpRequest, "method">;
  /** As the table of routes calls it: `metrics/cadvisor`. */
  readonly route: string;
}

/** Answers, and counts. */
export async function countRequest(
  { metrics, clock }: RequestOptions,
  { request, route }: Asked,
  answer: () => Promise<HttpResponse | undefined>,
): Promise<HttpResponse | undefined> {
  const labels = ["long_running", "method", "path", "server_type"];
  const values = [String(longRunning.has(route)), request.method, route, "readwrite"];
  const inFlight = metrics
    .gauge("kubelet_http_inflight_requests", "Number of the inflight http requests", labels)
    .with(...values);
  metrics
    .counter(
      "kubelet_http_requests_total",
      "Number of the http requests received since the server started",
      labels,
    )
    .with(...values)
    .inc();
  const startMs = clock.monotonic();
  inFlight.inc();
  try {
    return await answer();
  } finally {
    inFlight.inc(-1);
    metrics
      .histogram(
        "kubelet_http_requests_duration_seconds",
        "Duration in seconds to serve http requests",
        labels,
      )
      .with(...values)
      .observe((clock.monotonic() - startMs) / 1_000);
  }
}
