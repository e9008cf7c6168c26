/**
 * Events posted in batches to a server that collects them, with back-off while it does not answer.
 * upstream: apiserver/plugin/pkg/audit/{webhook,buffered}
 */
import { type Clock, seconds, sleep } from "#base/clock.ts";
import type { Log } from "#base/log.ts";
import type { Metrics } from "#base/metrics.ts";
import type { AuditBackend } from "../auditor.ts";
import type { AuditEvent } from "../event.ts";
import { errorsOf } from "./log.ts";

export interface WebhookBackendOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Posts a body to the server. Throws what went wrong. */
  readonly post: (body: object, signal: AbortSignal) => Promise<unknown>;
  readonly batchMax?: number;
  readonly bufferMax?: number;
  readonly batchWaitMs?: number;
  readonly initialBackoffMs?: number;
}

const triesMax = 5;
const backoffFactor = 1.5;

export function webhookBackend(options: WebhookBackendOptions): AuditBackend {
  const { clock, log, metrics, batchMax = 400, bufferMax = 10_000 } = options;
  const { batchWaitMs = seconds(30), initialBackoffMs = seconds(10), post } = options;
  const errors = errorsOf(metrics, "webhook");
  const lifetime = new AbortController();
  let waiting: AuditEvent[] = [];
  let isClosing = false;
  let timer: Disposable | undefined;
  let working: Promise<void> | undefined;

  const deliver = async (items: readonly AuditEvent[]): Promise<void> => {
    const list = { kind: "EventList", apiVersion: "audit.k8s.io/v1", metadata: {}, items };
    for (let attempt = 1, delayMs = initialBackoffMs; ; attempt++, delayMs *= backoffFactor) {
      try {
        await post(list, lifetime.signal);
        return;
      } catch (cause) {
        if (attempt >= triesMax || isClosing) {
          errors.inc(items.length);
          log.error("audit events are lost: the webhook does not take them", { cause });
          return;
        }
      }
      await sleep(clock, delayMs, lifetime.signal);
    }
  };

  const work = async (): Promise<void> => {
    timer?.[Symbol.dispose]();
    timer = undefined;
    while (waiting.length > 0) await deliver(waiting.splice(0, batchMax));
    working = undefined;
  };
  const start = (): void => void (working ??= work());

  return {
    write: (events) => {
      const room = bufferMax - waiting.length;
      if (room < events.length) errors.inc(events.length - room);
      waiting.push(...events.slice(0, room));
      if (waiting.length >= batchMax) start();
      else if (!working) timer ??= clock.after(batchWaitMs, start);
    },
    /** One more try for what is left. */
    [Symbol.asyncDispose]: async () => {
      isClosing = true;
      const last = clock.after(seconds(5), () => lifetime.abort());
      start();
      await working;
      last[Symbol.dispose]();
    },
  };
}
