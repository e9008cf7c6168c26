/**
 * Asks another server whether somebody may do something, and remembers the answer for a while.
 * upstream: apiserver/plugin/pkg/authorizer/webhook/webhook.go
 * differs: a call that fails is not tried again; the failure policy decides at once.
 */
import type { Clock } from "#base/clock.ts";
import type { Metrics } from "#base/metrics.ts";
import { Remembered } from "../authn/remembered.ts";
import { DeadlineExceeded, within } from "#base/deadline.ts";
import type { Answer, Attributes, Decision } from "./authorizer.ts";
import type { WebhookConfiguration } from "./configuration.ts";
import { type CallResult, webhookCounts } from "./metrics.ts";
import { type ReviewSpec, reviewSpecOf } from "./review-spec.ts";
import type { Outsider } from "./union.ts";

export interface WebhookAuthorizerOptions {
  readonly clock: Clock;
  readonly name: string;
  readonly metrics: Metrics;
  readonly configuration: WebhookConfiguration;
  /** Posts a SubjectAccessReview and gives the answer. Throws what went wrong. */
  readonly post: (review: object, signal: AbortSignal) => Promise<unknown>;
}

/** As it comes: unchecked. */
interface Review {
  readonly status?: {
    readonly allowed?: boolean;
    readonly denied?: boolean;
    readonly reason?: string;
  };
}

interface Known {
  readonly untilMs: number;
  readonly decision: Decision;
}

/** Longer questions are not remembered: callers choose how long they are. exact: apiserver */
const rememberedBytesMax = 10_000;

export function webhookAuthorizer(options: WebhookAuthorizerOptions): Outsider {
  const { clock, configuration, name, metrics } = options;
  const known = new Remembered<Known>();
  const counts = webhookCounts(metrics, name);
  const ask = async (spec: ReviewSpec, key: string): Promise<Decision> => {
    const started = clock.monotonic();
    const called = (result: CallResult): void =>
      counts.called(result, (clock.monotonic() - started) / 1_000);
    try {
      const decision = decisionIn(await review(options, spec));
      called("success");
      const ttlMs = decision.allowed ? configuration.authorizedMs : configuration.unauthorizedMs;
      if (key.length <= rememberedBytesMax)
        known.set(key, { untilMs: clock.monotonic() + ttlMs, decision });
      return decision;
    } catch (cause) {
      const result = cause instanceof DeadlineExceeded ? "timeout" : "error";
      called(result);
      if (configuration.failurePolicy !== "Deny") counts.failedOpen(result);
      return failed(configuration, (cause as Error).message);
    }
  };
  return {
    name,
    authorize: (attributes: Attributes): Answer => {
      const spec = reviewSpecOf(attributes);
      const started = clock.monotonic();
      const { isMet, error } = configuration.conditions(spec);
      counts.conditionSeconds.observe((clock.monotonic() - started) / 1_000);
      if (error !== undefined) {
        counts.conditionFailed.inc();
        return failed(configuration, error);
      }
      if (!isMet) {
        counts.excluded.inc();
        return noOpinion;
      }
      const key = JSON.stringify(spec);
      const found = known.get(key);
      return found && found.untilMs > clock.monotonic() ? found.decision : ask(spec, key);
    },
  };
}

const noOpinion: Decision = Object.freeze({ allowed: false, reason: "" });

const failed = ({ failurePolicy }: WebhookConfiguration, error: string): Decision => ({
  allowed: false,
  ...(failurePolicy === "Deny" ? { denied: true } : {}),
  reason: "",
  error,
});

async function review(
  { clock, configuration, post }: WebhookAuthorizerOptions,
  spec: ReviewSpec,
): Promise<Review> {
  const { apiVersion, timeoutMs } = configuration;
  const body = { kind: "SubjectAccessReview", apiVersion, metadata: {}, spec, status: {} };
  const answer = await within(clock, { timeoutMs, signal: undefined }, (signal) =>
    post(apiVersion === v1 ? body : { ...body, spec: inBeta(spec) }, signal),
  );
  return (answer as Review | undefined) ?? {};
}

const v1 = "authorization.k8s.io/v1";

/** There groups were called group. */
const inBeta = ({ groups, ...rest }: ReviewSpec): object => ({ ...rest, group: groups });

/** exact: apiserver, the message */
function decisionIn({ status = {} }: Review): Decision {
  const { allowed = false, denied = false, reason = "" } = status;
  if (allowed && denied)
    throw new Error("webhook subject access review returned both allow and deny response");
  return { allowed, ...(denied ? { denied } : {}), reason };
}
