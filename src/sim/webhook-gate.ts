/** The way to webhooks: they can be slow, or never answer. */
import { httpWebhooks, type WebhookClient } from "#apiserver/admission/webhooks/client.ts";
import { seconds } from "#base/clock.ts";
import { within } from "#base/deadline.ts";
import type { OutsideWorld } from "./outside-world.ts";
import type { VirtualClock } from "./clock.ts";

type Answer = () => Promise<unknown>;

/** What may happen to a call: `answer` makes it. */
export type WebhookInterference = (
  url: string,
  answer: Answer,
  signal: AbortSignal,
) => Promise<unknown>;

/** Programs outside: time stands still until they have answered, or have had as long as they may take. */
export function webhooksBehindUrls(
  { http, clock: real }: Pick<OutsideWorld, "http" | "clock">,
  clock: VirtualClock,
): WebhookClient {
  const serviceUrl = (): string => {
    throw new Error("no program is behind a Service of a simulated cluster");
  };
  const webhooks = httpWebhooks({ http, serviceUrl });
  return {
    call: (target, asked, { timeoutSeconds, signal }) =>
      clock.outside(() =>
        within(real, { timeoutMs: seconds(timeoutSeconds), signal }, (limited) =>
          webhooks.call(target, asked, { timeoutSeconds, signal: limited }),
        ),
      ),
  };
}

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
