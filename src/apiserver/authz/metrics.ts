/** What is counted of who may do what. upstream: apiserver/pkg/authorization/metrics/metrics.go */
import {
  type CounterChild,
  exponentialBuckets,
  type HistogramChild,
  type Metrics,
  type Sample,
} from "#base/metrics.ts";
import type { Authorizer } from "./authorizer.ts";

export function observeDecisions(metrics: Metrics, { decisions }: Authorizer): void {
  const options = {
    name: "apiserver_authorization_decisions_total",
    help: "Total number of terminal decisions made by an authorizer split by authorizer type, name, and decision.",
    labels: ["decision", "name", "type"],
    type: "counter",
  } as const;
  metrics.observed(options, () =>
    Array.from(decisions?.() ?? []).flatMap(({ type, name, allowed, denied }): Sample[] =>
      [
        [["allowed", name, type], allowed] as const,
        [["denied", name, type], denied] as const,
      ].filter(([, count]) => count > 0),
    ),
  );
}

export type CallResult = "success" | "timeout" | "error";

/** Of one webhook. */
export interface WebhookCounts {
  readonly called: (result: CallResult, seconds: number) => void;
  /** It could not be asked, and the policy is to go on. */
  readonly failedOpen: (result: CallResult) => void;
  readonly conditionFailed: CounterChild;
  /** By its conditions it was not to be asked. */
  readonly excluded: CounterChild;
  readonly conditionSeconds: HistogramChild;
}

const conditions = "apiserver_authorization_match_condition_evaluation";
const calls = "apiserver_authorization_webhook";

/** upstream: apiserver/plugin/pkg/authorizer/webhook/metrics, apiserver/pkg/authorization/cel/metrics.go */
export function webhookCounts(metrics: Metrics, name: string): WebhookCounts {
  const labels = ["name", "result"];
  const evaluations = metrics.counter(
    `${calls}_evaluations_total`,
    "Round-trips to authorization webhooks.",
    labels,
  );
  const duration = metrics.histogram(
    `${calls}_duration_seconds`,
    "Request latency in seconds.",
    labels,
  );
  const failOpen = metrics.counter(
    `${calls}_evaluations_fail_open_total`,
    "NoOpinion results due to webhook timeout or error.",
    labels,
  );
  const own = ["name", "type"];
  const ownCounter = (ending: string, help: string): CounterChild =>
    metrics.counter(`${conditions}_${ending}_total`, help, own).with(name, "Webhook");
  return {
    called: (result, seconds) => {
      evaluations.with(name, result).inc();
      duration.with(name, result).observe(seconds);
    },
    failedOpen: (result) => failOpen.with(name, result).inc(),
    conditionFailed: ownCounter(
      "errors",
      "Total number of errors when an authorization webhook encounters a match condition error split by authorizer type and name.",
    ),
    excluded: ownCounter(
      "exclusions",
      "Total number of exclusions when an authorization webhook is skipped because match conditions exclude it.",
    ),
    conditionSeconds: metrics
      .histogram(
        `${conditions}_seconds`,
        "Authorization match condition evaluation time in seconds, split by authorizer type and name.",
        own,
        exponentialBuckets(0.001, 2, 13),
      )
      .with(name, "Webhook"),
  };
}
