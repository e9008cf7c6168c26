/** How long conversions take. upstream: apiextensions-apiserver/pkg/apiserver/conversion/metrics.go */
import type { Clock } from "#base/clock.ts";
import { exponentialBuckets, type Metrics } from "#base/metrics.ts";
import type { Question } from "./conversion-review.ts";

export interface Measuring {
  readonly clock: Clock;
  readonly metrics: Metrics;
}

/** Of one definition: to be told when a question is asked, and then how it ended. */
export function conversionMetrics(
  { clock, metrics }: Measuring,
  definition: string,
): (question: Question) => (hasSucceeded: boolean) => void {
  const durations = metrics.histogram(
    "apiserver_crd_webhook_conversion_duration_seconds",
    "CRD webhook conversion duration in seconds",
    ["crd_name", "from_version", "succeeded", "to_version"],
    exponentialBuckets(0.001, 2, 15),
  );
  const requests = metrics.counter(
    "apiserver_crd_conversion_webhook_request_total",
    "Counter for conversion webhook requests",
    ["failure_type", "result"],
  );
  return ({ objects, desiredAPIVersion }) => {
    const started = clock.monotonic();
    const from = versionOf(objects[0]?.apiVersion);
    return (hasSucceeded) => {
      const seconds = (clock.monotonic() - started) / 1_000;
      const to = versionOf(desiredAPIVersion);
      durations.with(definition, from, String(hasSucceeded), to).observe(seconds);
      const [failure, result] = hasSucceeded
        ? ["", "success"]
        : ["conversion_webhook_call_failure", "failure"];
      requests.with(failure, result).inc();
    };
  };
}

const versionOf = (apiVersion = ""): string => apiVersion.slice(apiVersion.indexOf("/") + 1);
