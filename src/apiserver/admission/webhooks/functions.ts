/** Webhooks that are functions in this process: for tests and simulations, without sockets. */
import { draftOf } from "#schema/copy.ts";
import type { WebhookClient } from "./client.ts";
import type { ReviewRequest } from "../matching/review-request.ts";

/** An AdmissionResponse, with the patch as it is meant: a list of JSON patch operations. */
export interface Verdict {
  readonly allowed: boolean;
  readonly status?: { readonly message?: string; readonly reason?: string; readonly code?: number };
  readonly patch?: readonly object[];
  readonly warnings?: readonly string[];
  readonly auditAnnotations?: Readonly<Record<string, string>>;
}

export type WebhookFunction = (
  request: ReviewRequest,
  signal: AbortSignal,
) => Verdict | Promise<Verdict>;

/**
 * By the URL in the configuration, or `https://name.namespace.svc:443/path` for one behind a
 * Service. What is not among them is called by `others`.
 */
export const webhookFunctions = (
  functions: Readonly<Record<string, WebhookFunction>>,
  others?: WebhookClient,
): WebhookClient => ({
  call: async (target, review, call) => {
    const { url } = target;
    const decide = Object.hasOwn(functions, url) ? functions[url] : undefined;
    if (!decide || review.kind !== "AdmissionReview") {
      if (others) return others.call(target, review, call);
      throw new Error(`no function is known for ${url}`);
    }
    // A copy: what it does to the request is its own business.
    const verdict = await decide(draftOf(review.request) as ReviewRequest, call.signal);
    const { apiVersion, kind, request } = review;
    return { apiVersion, kind, response: { uid: request.uid, ...answerOf(verdict) } };
  },
});

function answerOf({ patch, ...verdict }: Verdict): object {
  if (!patch) return verdict;
  const encoded = Buffer.from(JSON.stringify(patch)).toString("base64");
  return { ...verdict, patch: encoded, patchType: "JSONPatch" };
}
