/** Webhooks do not answer until whoever asks has waited long enough. */
import { aborted } from "#base/signal.ts";
import { defineFault } from "./fault.ts";

interface WebhookTimeout {
  /** All of them when absent. */
  readonly url?: string;
}

export const webhookTimeout = defineFault<WebhookTimeout>({
  draw: () => ({}),

  strike: ({ webhooks }, { url }) =>
    webhooks.add(async (asked, answer, signal) => {
      if (url !== undefined && url !== asked) return answer();
      await aborted(signal);
      throw new Error("context deadline exceeded");
    }),
});
