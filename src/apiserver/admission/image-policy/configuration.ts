/**
 * Whom ImagePolicyWebhook asks, and how long answers are remembered.
 * upstream: plugin/pkg/admission/imagepolicy/config.go
 */
import { minutes, seconds } from "#base/clock.ts";
import type { Section } from "#base/configuration.ts";
import { formatDuration } from "#base/duration.ts";

export interface ImagePolicy {
  /** A kubeconfig file: who is asked, and who the API server is there. */
  readonly kubeConfigFile: string;
  /** How long it is remembered that images are allowed; 0: not at all. */
  readonly allowMs: number;
  readonly denyMs: number;
  /** Before it is asked once more after the first failure; 0: at once. */
  readonly backoffMs: number;
  /** Whether pods are let in when nobody answers. */
  readonly defaultAllow: boolean;
}

interface Limits {
  /** Of one unit, in ms. */
  readonly unitMs: number;
  readonly usualMs: number;
  /** More than this. */
  readonly minMs: number;
  readonly maxMs: number;
}

const minTtlMs = seconds(1);
const maxTtlMs = minutes(30);
const ttl = { unitMs: seconds(1), minMs: minTtlMs, maxMs: maxTtlMs };

/** `section` holds `imagePolicy`. */
export function readImagePolicy(section: Section): ImagePolicy {
  const policy = section.section("imagePolicy");
  if (!policy) section.required("imagePolicy");
  return {
    kubeConfigFile: policy?.requiredText("kubeConfigFile") ?? "",
    allowMs: time(policy, "allowTTL", { ...ttl, usualMs: minutes(5) }),
    denyMs: time(policy, "denyTTL", { ...ttl, usualMs: seconds(30) }),
    backoffMs: time(policy, "retryBackoff", {
      unitMs: 1,
      usualMs: 500,
      minMs: 1e-6,
      maxMs: minutes(5),
    }),
    defaultAllow: policy?.flag("defaultAllow") ?? false,
  };
}

/** -1: none. 0, or nothing: what is usual. */
function time(policy: Section | undefined, name: string, limits: Limits): number {
  const { unitMs, usualMs, minMs, maxMs } = limits;
  const value = policy?.integer(name) ?? 0;
  if (value === -1) return 0;
  if (value === 0) return usualMs;
  const ms = value * unitMs;
  if (ms > minMs && ms <= maxMs) return ms;
  const [min, max, got] = [minMs, maxMs, ms].map(formatDuration);
  policy?.wrong(name, `valid value is between ${min} and ${max}, got ${got}`); // exact: apiserver
  return usualMs;
}
