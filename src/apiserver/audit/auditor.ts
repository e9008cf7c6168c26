/**
 * Keeps what the policy wants kept. On a request's path stands only the choice of the rule; events
 * are put together and written in batches, some milliseconds after the answer.
 * differs: a machine that loses its power may lose the last events (upstream's log backend waits for each write).
 */
import type { Clock } from "#base/clock.ts";
import type { Log } from "#base/log.ts";
import type { Metrics } from "#base/metrics.ts";
import { newUid, type Random } from "#base/random.ts";
import type { Context } from "../context.ts";
import { attributesOf } from "../stages/authorize.ts";
import { type AuditEvent, eventOf } from "./event.ts";
import { findRule, levels, type Policy } from "./policy.ts";
import type { Auditor, Notice } from "./record.ts";

export interface AuditBackend extends AsyncDisposable {
  /** Takes the events over; what cannot be delivered is counted and told by the backend. */
  readonly write: (events: readonly AuditEvent[]) => void;
}

export interface AuditorOptions {
  readonly policy: Policy;
  readonly backends: readonly AuditBackend[];
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: Metrics;
}

const flushDelayMs = 20;
/** What waits to be written keeps requests and answers in memory. */
const noticesMax = 1_000;
const idLengthMax = 64;

export function createAuditor(options: AuditorOptions): Auditor & AsyncDisposable {
  const { policy, backends, clock, random, log, metrics } = options;
  const events = metrics
    .counter(
      "apiserver_audit_event_total",
      "Counter of audit events generated and sent to the audit backend.",
    )
    .with();
  const requests = metrics.counter(
    "apiserver_audit_level_total",
    "Counter of policy levels for audit events (1 per request).",
    ["level"],
  );
  const counters = new Map(levels.map((level) => [level, requests.with(level)]));
  let waiting: Notice[] = [];
  let timer: Disposable | undefined;

  const flush = (): void => {
    timer?.[Symbol.dispose]();
    timer = undefined;
    const batch = waiting;
    waiting = [];
    const made = batch.flatMap((notice) => {
      try {
        return [eventOf(notice)];
      } catch (cause) {
        log.error("an audit event could not be made", { auditID: notice.record.id, cause });
        return [];
      }
    });
    if (made.length === 0) return;
    events.inc(made.length);
    for (const backend of backends) backend.write(made);
  };

  return {
    begin: (context) => {
      const rule = findRule(policy, attributesOf(context));
      const level = rule?.level ?? "None";
      counters.get(level)?.inc();
      if (!rule || level === "None") return undefined;
      return { id: idOf(context, random), rule, context, receivedMs: clock.now() };
    },
    note: (record, stage) => {
      if (record.rule.omitStages.has(stage)) return;
      waiting.push({ record: { ...record }, stage, atMs: clock.now() });
      if (waiting.length >= noticesMax) flush();
      else timer ??= clock.after(flushDelayMs, flush);
    },
    [Symbol.asyncDispose]: async () => {
      flush();
      for (const backend of backends) await backend[Symbol.asyncDispose]();
    },
  };
}

/** A caller may name the request, so that it finds it again. */
function idOf({ request }: Context, random: Random): string {
  const given = (request.headers["audit-id"] ?? "").slice(0, idLengthMax);
  return given === "" ? newUid(random) : given;
}
