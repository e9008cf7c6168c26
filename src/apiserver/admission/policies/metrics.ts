/** What is counted of policies. upstream: apiserver/pkg/admission/plugin/policy/{validating,mutating}/metrics */
import type { Metrics } from "#base/metrics.ts";

export type ErrorType = "no_error" | "compile_error" | "invalid_error" | "out_of_budget";

export interface Check {
  readonly policy: string;
  readonly binding: string;
  readonly error: ErrorType;
  readonly seconds: number;
}

const buckets = [0.000_000_5, 0.001, 0.01, 0.1, 1];

/** As the labels have it. */
export type Enforcement = "allow" | "deny" | "audit" | "warn";

export type ValidationMetrics = (check: Check, action: Enforcement) => void;

export function validationMetrics(metrics: Metrics): ValidationMetrics {
  const prefix = "apiserver_validating_admission_policy_check";
  const labels = ["enforcement_action", "error_type", "policy", "policy_binding"];
  const total = metrics.counter(`${prefix}_total`, "Verdicts of policies.", labels);
  const duration = metrics.histogram(
    `${prefix}_duration_seconds`,
    "Time that a validation of a policy took.",
    labels,
    buckets,
  );
  return ({ policy, binding, error, seconds }, action) => {
    total.with(action, error, policy, binding).inc();
    duration.with(action, error, policy, binding).observe(seconds);
  };
}

export type MutationMetrics = (check: Check) => void;

export function mutationMetrics(metrics: Metrics): MutationMetrics {
  const prefix = "apiserver_mutating_admission_policy_check";
  const labels = ["error_type", "policy", "policy_binding"];
  const total = metrics.counter(`${prefix}_total`, "Mutations by policies.", labels);
  const duration = metrics.histogram(
    `${prefix}_duration_seconds`,
    "Time that a mutation by a policy took.",
    labels,
    buckets,
  );
  return ({ policy, binding, error, seconds }) => {
    total.with(error, policy, binding).inc();
    duration.with(error, policy, binding).observe(seconds);
  };
}

/** By the message of a failure. */
export function errorTypeOf(message: string): ErrorType {
  if (message.startsWith("compilation")) return "compile_error";
  const isCostly = message.startsWith("validation failed due to running out of cost budget");
  return isCostly ? "out_of_budget" : "invalid_error";
}
