/** The way to webhooks: they can be slow, or never answer. */
import type { WebhookClient } from "#apiserver/admission/webhooks/client.ts";

type Answer = () => Promise<unknown>;

/** What may happen to a call: `answer` makes it. */
export type WebhookInterference = (
  url: string,
  answer: Answer,
  signal: AbortSignal,
) => Promise<unknown>;

export class WebhookGate {
  readonly #interferences = new Set<WebhookInterference>();

  add(interference: WebhookInterference): Disposable {
    this.#interferences.add(interference);
    return { [Symbol.dispose]: () => void this.#interferences.delete(interference) };
  }

  open(webhooks: WebhookClient): WebhookClient {
    return {
      call: (target, review, call) => {
        let answer: Answer = () => webhooks.call(target, review, call);
        for (const interfere of this.#interferences) {
          const next = answer;
          answer = () => interfere(target.url, next, call.signal);
        }
        return answer();
      },
    };
  }
}
