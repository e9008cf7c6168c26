/**
 * How the proxy itself is: for cloud load balancers, which send no traffic to a node that is not
 * well or is about to go, and for whoever restarts processes.
 * upstream: pkg/proxy/healthcheck/proxy_health.go
 */
import type { Node } from "#api/core/node.ts";
import { type Clock, formatTime } from "#base/clock.ts";
import type { HttpHandler, HttpResponse } from "#base/http.ts";
import type { Metrics } from "#base/metrics.ts";

export interface HealthOptions {
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly isHealthy: () => boolean;
  /** When the rules were last brought up to date. */
  readonly syncedMs: () => number;
  readonly node: () => Node | undefined;
}

const leavingTaint = "ToBeDeletedByClusterAutoscaler";

export function healthHandler(options: HealthOptions): HttpHandler {
  const { metrics, isHealthy, node } = options;
  const pages: Readonly<Record<string, () => Promise<HttpResponse>>> = {
    "/livez": async () => report(isHealthy(), options),
    "/healthz": async () => report(isHealthy() && !isLeaving(node()), options),
    "/metrics": async () => ({
      status: 200,
      headers: { "content-type": metrics.contentType },
      body: encoder.encode(await metrics.text()),
    }),
  };
  const missing = async (): Promise<HttpResponse> => ({ status: 404, headers: {} });
  return ({ target }) => (pages[target.split("?")[0] ?? ""] ?? missing)();
}

const encoder = new TextEncoder();

const isLeaving = (node: Node | undefined): boolean =>
  node?.metadata.deletionTimestamp !== undefined ||
  (node?.spec.taints ?? []).some(({ key }) => key === leavingTaint);

function report(isWell: boolean, { clock, syncedMs, node }: HealthOptions): HttpResponse {
  const now = clock.now();
  const body = {
    lastUpdated: formatTime(isWell ? now : syncedMs()),
    currentTime: formatTime(now),
    nodeEligible: !isLeaving(node()),
  };
  return {
    status: isWell ? 200 : 503,
    headers: { "content-type": "application/json", "x-content-type-options": "nosniff" },
    body: encoder.encode(JSON.stringify(body)),
  };
}
