/** Pods that have a node and wait for a plugin's word before they are bound to it. */
import { type Clock } from "#base/clock.ts";
import { formatDuration } from "#base/duration.ts";
import { whenAborted } from "#base/signal.ts";
import { type Permission, type Refusal, refuse } from "../plugin.ts";
import { naming } from "./binding.ts";
import type { Finding } from "./verdicts.ts";

export interface Wait {
  readonly plugin: string;
  readonly permission: Permission & { readonly is: "waiting" };
}

/** A plugin may not hold up a pod for longer. upstream: framework/runtime#maxTimeout */
const timeoutMsMax = 15 * 60_000;

export class Permits {
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  readonly #waiting = new Map<string, (finding: Finding) => void>();

  constructor(clock: Clock, signal: AbortSignal) {
    this.#clock = clock;
    this.#signal = signal;
  }

  /** Resolves when all allow it, with the first refusal, or when the scheduler stops. */
  async wait(uid: string, waits: readonly Wait[]): Promise<Finding | undefined> {
    const ended = Promise.withResolvers<Finding | undefined>();
    this.#waiting.set(uid, ended.resolve);
    using timers = new DisposableStack();
    const decisions = waits.map(async ({ plugin, permission }) => {
      const timeoutMs = Math.min(permission.timeoutMs, timeoutMsMax);
      const expire = (): void => ended.resolve({ plugin, refusal: expired(plugin, timeoutMs) });
      timers.use(this.#clock.after(timeoutMs, expire));
      const refusal = await naming("Permit", plugin, () => permission.decision);
      if (refusal) ended.resolve({ plugin, refusal });
    });
    Promise.all(decisions).then(() => ended.resolve(undefined), ended.reject);
    timers.use(whenAborted(this.#signal, () => ended.resolve(undefined)));
    try {
      return await ended.promise;
    } finally {
      this.#waiting.delete(uid);
    }
  }

  /** Nobody waits for it any more; false when nobody did. */
  readonly rejectWaiting = (uid: string, refusal: Refusal): boolean => {
    const end = this.#waiting.get(uid);
    end?.({ plugin: "", refusal });
    return end !== undefined;
  };
}

/** exact: kube-scheduler */
const expired = (plugin: string, timeoutMs: number): Refusal =>
  refuse(`rejected due to timeout after waiting ${formatDuration(timeoutMs)} at plugin ${plugin}`);
