/** Asks the conversion webhook of a definition to turn objects of one version into another. */
import type { CustomResourceDefinition } from "#api/apiextensions/customresourcedefinition.ts";
import { ApiError } from "#api/errors.ts";
import type { ConversionTrait } from "#api/kind.ts";
import { type Clock, seconds } from "#base/clock.ts";
import type { Metrics } from "#base/metrics.ts";
import { newUid, type Random } from "#base/random.ts";
import { conversionMetrics } from "./conversion-metrics.ts";
import type { WebhookClient } from "../admission/webhooks/client.ts";
import { targetOf } from "../admission/webhooks/hooks.ts";
import { DeadlineExceeded, within } from "#base/deadline.ts";
import {
  checkConversion,
  conversionOf,
  conversionReview,
  type ConversionQuestion,
  type Question,
  type ReviewVersion,
} from "./conversion-review.ts";

export interface ConversionWays {
  readonly client: WebhookClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly metrics: Metrics;
  /** Of the server. */
  readonly signal: AbortSignal;
}

/** As upstream. */
const timeoutSeconds = 30;

/** Undefined where the versions differ in their names only. */
export function webhookConversion(
  { metadata, spec: { conversion } }: CustomResourceDefinition,
  ways: ConversionWays | undefined,
): ConversionTrait["convert"] | undefined {
  const { strategy, webhook } = conversion ?? {};
  if (!ways || strategy !== "Webhook" || !webhook?.clientConfig) return undefined;
  const target = targetOf(webhook.clientConfig);
  const version = (webhook.conversionReviewVersions ?? []).find(isReviewVersion) ?? "v1";
  const post = async (question: Question, review: ConversionQuestion): Promise<unknown> => {
    const limit = { timeoutMs: seconds(timeoutSeconds), signal: ways.signal };
    try {
      return await within(ways.clock, limit, (signal) =>
        ways.client.call(target, review, { timeoutSeconds, signal }),
      );
    } catch (cause) {
      const isLate = cause instanceof DeadlineExceeded;
      const late = isLate ? `Post "${target.url}?timeout=${timeoutSeconds}s": ` : "";
      const why = `${late}${(cause as Error).message}`;
      throw new Error(`${conversionOf(question)} failed: ${why}`, { cause });
    }
  };
  const measured = conversionMetrics(ways, metadata.name ?? "");
  return async (objects, desiredAPIVersion) => {
    const question: Question = { uid: newUid(ways.random), desiredAPIVersion, objects };
    const ended = measured(question);
    try {
      const answer = await post(question, conversionReview(version, question));
      const converted = checkConversion(answer, question, version);
      ended(true);
      return converted;
    } catch (cause) {
      ended(false);
      throw new ApiError("InternalError", (cause as Error).message, { cause });
    }
  };
}

const isReviewVersion = (text: string): text is ReviewVersion =>
  text === "v1" || text === "v1beta1";
