/** What is counted of webhooks. upstream: apiserver/pkg/admission/metrics/metrics.go */
import type { Metrics } from "#base/metrics.ts";

/** As the labels have it. */
export type HookType = "admit" | "validating";

export interface Call {
  readonly name: string;
  readonly type: HookType;
  readonly operation: string;
}

export type RejectionCause = "calling_webhook_error" | "apiserver_internal_error" | "no_error";

export interface WebhookMetrics {
  readonly called: (
    call: Call,
    result: { readonly seconds: number; readonly isRejected: boolean; readonly code: number },
  ) => void;
  readonly rejected: (call: Call, cause: RejectionCause, code: number) => void;
  readonly failedOpen: (call: Call) => void;
}

const buckets = [0.005, 0.025, 0.1, 0.5, 1, 2.5, 10, 25];
/** Webhooks could make up as many codes as they like. */
const codeMax = 600;

const prefix = "apiserver_admission_webhook";

export function createWebhookMetrics(metrics: Metrics): WebhookMetrics {
  const duration = metrics.histogram(
    `${prefix}_admission_duration_seconds`,
    "Time that a webhook took.",
    ["name", "operation", "rejected", "type"],
    buckets,
  );
  const requests = metrics.counter(`${prefix}_request_total`, "Calls of webhooks.", [
    "code",
    "name",
    "operation",
    "rejected",
    "type",
  ]);
  const rejections = metrics.counter(
    `${prefix}_rejection_count`,
    "Requests that were refused by a webhook, or because it failed.",
    ["error_type", "name", "operation", "rejection_code", "type"],
  );
  const open = metrics.counter(
    `${prefix}_fail_open_count`,
    "Failures of webhooks that their failure policy ignored.",
    ["name", "type"],
  );
  return {
    called: ({ name, operation, type }, { seconds, isRejected, code }) => {
      duration.with(name, operation, String(isRejected), type).observe(seconds);
      requests.with(codeText(code), name, operation, String(isRejected), type).inc();
    },
    rejected: ({ name, operation, type }, cause, code) =>
      rejections.with(cause, name, operation, codeText(code), type).inc(),
    failedOpen: ({ name, type }) => open.with(name, type).inc(),
  };
}

const codeText = (code: number): string => String(Math.min(code, codeMax));
