/**
 * Asks another server who the bearer of a token is, and remembers the answer for a while.
 * upstream: apiserver/plugin/pkg/authenticator/token/webhook
 */
import { ApiError } from "#api/errors.ts";
import { type Clock, minutes } from "#base/clock.ts";
import type { TokenOwner } from "./authenticator.ts";
import { authenticated } from "./groups.ts";
import { Remembered } from "./remembered.ts";
import type { TokenCheck } from "./service-account-token.ts";

export interface WebhookTokenOptions {
  readonly clock: Clock;
  /** Posts a TokenReview and gives the answer. Throws what went wrong. */
  readonly post: (review: object, signal: AbortSignal) => Promise<unknown>;
  /** 2 minutes unless said, as upstream; 0: never remembered. */
  readonly cacheMs?: number;
  readonly timeoutMs?: number;
}

/** As it comes: unchecked. */
interface Review {
  readonly status?: {
    readonly authenticated?: boolean;
    readonly error?: string;
    readonly audiences?: readonly string[];
    readonly user?: {
      readonly username?: string;
      readonly uid?: string;
      readonly groups?: readonly string[];
      readonly extra?: Readonly<Record<string, readonly string[]>>;
    };
  };
}

/** Undefined: the other server does not know the token either. */
export function webhookTokens(options: WebhookTokenOptions): TokenCheck {
  const { clock, cacheMs = minutes(2), timeoutMs = 30_000 } = options;
  const known = new Remembered<{ readonly untilMs: number; readonly owner?: TokenOwner }>();
  return async (token, audiences) => {
    const key = JSON.stringify([token, audiences]);
    const found = known.get(key);
    if (found && found.untilMs > clock.now()) return found.owner;
    const owner = ownerIn(await ask(options, { token, audiences }, timeoutMs), audiences);
    known.set(key, { untilMs: clock.now() + cacheMs, ...(owner ? { owner } : {}) });
    return owner;
  };
}

async function ask(
  { clock, post }: WebhookTokenOptions,
  spec: { readonly token: string; readonly audiences: readonly string[] },
  timeoutMs: number,
): Promise<Review> {
  const late = new AbortController();
  using _timer = clock.after(timeoutMs, () => late.abort());
  const review = {
    kind: "TokenReview",
    apiVersion: "authentication.k8s.io/v1",
    metadata: {},
    spec,
  };
  try {
    return (await post(review, late.signal)) ?? {};
  } catch (cause) {
    // Whom the webhook knows cannot be told now: nobody is let in for that.
    throw new ApiError("Unauthorized", "the token webhook does not answer", { cause });
  }
}

function ownerIn({ status = {} }: Review, wanted: readonly string[]): TokenOwner | undefined {
  if (!status.authenticated) {
    if (status.error) throw new ApiError("Unauthorized", status.error);
    return undefined;
  }
  const { username = "", uid, groups = [], extra } = status.user ?? {};
  if (username === "") return undefined;
  const user = { name: username, groups, ...(uid ? { uid } : {}), ...(extra ? { extra } : {}) };
  const audiences = status.audiences ?? wanted;
  return { user: authenticated(user), audiences };
}
