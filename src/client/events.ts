/**
 * Tells users what happened to an object. Repeated news is counted on the event that is there
 * already, much alike news is combined, and an object in trouble cannot flood the cluster.
 * upstream: staging/src/k8s.io/client-go/tools/record/events_cache.go#EventCorrelator
 */
import { isReason } from "#api/errors.ts";
import { Event } from "#api/core/event.ts";
import type { ApiObject, ManifestOf } from "#api/kind.ts";
import { type Clock, formatTime, seconds, sleep } from "#base/clock.ts";
import type { Log } from "#base/log.ts";
import { below, type Random } from "#base/random.ts";
import { Bell } from "#base/signal.ts";
import type { Client } from "./client.ts";
import { EventCounts, type News, type Noted } from "./event-counts.ts";

export interface EventText {
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly message: string;
}

/** What an event is about: an object, or a part of one. */
export interface Subject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace?: string | undefined;
  readonly name: string;
  readonly uid?: string | undefined;
  readonly resourceVersion?: string | undefined;
  readonly fieldPath?: string | undefined;
}

export const subjectOf = ({ apiVersion, kind, metadata }: ApiObject): Subject => ({
  apiVersion,
  kind,
  name: metadata.name ?? "",
  namespace: metadata.namespace,
  uid: metadata.uid,
  resourceVersion: metadata.resourceVersion,
});

export interface EventRecorder {
  /** Returns at once; the event is sent in the background. */
  readonly record: (about: ApiObject | Subject, event: EventText) => void;
  /** Resolves when everything recorded so far was sent, or given up. */
  readonly flushed: () => Promise<void>;
}

export interface EventSource {
  readonly component: string;
  /** The node it runs on. */
  readonly host?: string;
}

export interface RecorderOptions {
  readonly client: Client;
  readonly source: EventSource;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** More is not worth keeping: who cannot send this many has other problems. */
const waitingMax = 1_000;
const attemptsMax = 12;
const retryDelayMs = seconds(10);

export function createRecorder(options: RecorderOptions): EventRecorder {
  const { source, clock, log, signal } = options;
  const counts = new EventCounts();
  const waiting: News[] = [];
  const idle = new Bell();
  const state = { isSending: false };

  async function send(): Promise<void> {
    state.isSending = true;
    for (let next = waiting.shift(); next && !signal.aborted; next = waiting.shift()) {
      const noted = counts.note(next);
      if (noted) await deliver(noted, options);
    }
    state.isSending = false;
    idle.ring();
  }

  return {
    record(about, event) {
      const subject = "metadata" in about ? subjectOf(about) : about;
      if (signal.aborted) return;
      if (waiting.length >= waitingMax) return log.warn("event dropped", { reason: event.reason });
      waiting.push({ subject, source, ...event, atMs: clock.now() });
      if (!state.isSending) void send();
    },
    async flushed() {
      while (state.isSending && !signal.aborted) await idle.heard(signal);
    },
  };
}

/** Tries until it is sent or refused. */
async function deliver(noted: Noted, options: RecorderOptions): Promise<void> {
  const { clock, log, random, signal } = options;
  for (let attempt = 1; attempt <= attemptsMax && !signal.aborted; attempt++) {
    try {
      noted.sentAs(await write(noted, options));
      return;
    } catch (cause) {
      if (signal.aborted) return;
      if (isRefusal(cause)) return log.debug("event refused", { cause: String(cause) });
    }
    // The first wait is random, so that a restarted server is not met by everybody at once.
    const delayMs = attempt === 1 ? retryDelayMs * random.next() : retryDelayMs;
    await sleep(clock, delayMs, signal);
  }
}

/** Asking again would not help: the namespace is going away, or the event is malformed. */
const isRefusal = (cause: unknown): boolean =>
  (["Forbidden", "Invalid", "NotFound", "BadRequest", "AlreadyExists"] as const).some((reason) =>
    isReason(cause, reason),
  );

async function write(noted: Noted, options: RecorderOptions): Promise<string> {
  const { client, signal } = options;
  const { known } = noted;
  if (known !== undefined) {
    try {
      await countUp(known, noted, { client, signal });
      return known;
    } catch (cause) {
      // It expired meanwhile.
      if (!isReason(cause, "NotFound")) throw cause;
    }
  }
  const name = nameOf(noted, options);
  await client.create(Event, manifestOf(noted, name), { signal });
  return name;
}

async function countUp(
  name: string,
  { namespace, count, atMs, message }: Noted,
  { client, signal }: Pick<RecorderOptions, "client" | "signal">,
): Promise<void> {
  const change = { count, lastTimestamp: formatTime(atMs), message };
  await client.patch(Event, { namespace, name }, { is: "strategic", change, signal });
}

const nanosPerMs = 1_000_000;

/** The subject's name and the time in hexadecimal nanoseconds; clocks do not tell those. */
function nameOf({ subject }: Noted, { clock, random }: RecorderOptions): string {
  const nanos = BigInt(Math.floor(clock.now())) * BigInt(nanosPerMs);
  return `${subject.name}.${(nanos + BigInt(below(random, nanosPerMs))).toString(16)}`;
}

function manifestOf(noted: Noted, name: string): ManifestOf<typeof Event> {
  const { subject, source, namespace, type, reason, message, count, firstMs, atMs } = noted;
  return {
    metadata: { name, namespace },
    involvedObject: defined(subject),
    reason,
    message,
    source: defined(source),
    firstTimestamp: formatTime(firstMs),
    lastTimestamp: formatTime(atMs),
    count,
    type,
    reportingComponent: source.component,
    reportingInstance: source.host ?? "",
  };
}

/** Without the fields that are not there. */
const defined = (value: object): object =>
  Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined));
