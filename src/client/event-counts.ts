/**
 * What a recorder remembers of the events it sent, to count repetitions, to combine what is much
 * alike, and to silence an object that talks too much.
 * upstream: staging/src/k8s.io/client-go/tools/record/events_cache.go
 */
import { minutes } from "#base/clock.ts";
import type { EventSource, EventText, Subject } from "./events.ts";

export interface News extends EventText {
  readonly subject: Subject;
  readonly source: EventSource;
  /** When it was recorded. */
  readonly atMs: number;
}

/** One event to send: a new one, or `known` with a higher count. */
export interface Noted extends News {
  readonly namespace: string;
  readonly known: string | undefined;
  readonly count: number;
  readonly firstMs: number;
  /** The name under which the server has it. */
  readonly sentAs: (name: string) => void;
}

/** Entries that each of the memories below keeps; the least recently used goes first. */
const entriesMax = 4_096;
/** Events about one object at once, and how fast the right to more comes back. */
const burst = 25;
const refillMs = minutes(5);
/** So many different messages of one reason are told one by one; then they are combined. */
const similarMax = 10;
const similarWindowMs = minutes(10);

interface Bucket {
  tokens: number;
  atMs: number;
}

interface Similar {
  messages: Set<string>;
  atMs: number;
}

interface Count {
  name: string | undefined;
  count: number;
  firstMs: number;
}

export class EventCounts {
  readonly #buckets = new Recent<Bucket>();
  readonly #similar = new Recent<Similar>();
  readonly #counts = new Recent<Count>();

  /** Undefined when there was too much news about the object. */
  note(news: News): Noted | undefined {
    const { atMs: nowMs } = news;
    const about = subjectText(news);
    if (!this.#mayTell(about, nowMs)) return undefined;
    const likeness = `${about}|${news.type}|${news.reason}`;
    const isMany = this.#areMany(likeness, news.message, nowMs);
    // exact: client-go
    const message = isMany ? `(combined from similar events): ${news.message}` : news.message;
    const count = this.#counted(isMany ? likeness : `${likeness}|${message}`, nowMs);
    return {
      ...news,
      message,
      namespace: news.subject.namespace || "default",
      known: count.name,
      count: count.count,
      firstMs: count.firstMs,
      sentAs: (name) => {
        count.name = name;
      },
    };
  }

  #mayTell(about: string, nowMs: number): boolean {
    const bucket = this.#buckets.at(about, () => ({ tokens: burst, atMs: nowMs }));
    const refilled = bucket.tokens + (nowMs - bucket.atMs) / refillMs;
    bucket.tokens = Math.min(burst, refilled);
    bucket.atMs = nowMs;
    if (bucket.tokens < 1) return false;
    bucket.tokens--;
    return true;
  }

  #areMany(likeness: string, message: string, nowMs: number): boolean {
    const similar = this.#similar.at(likeness, () => ({ messages: new Set(), atMs: nowMs }));
    if (nowMs - similar.atMs > similarWindowMs) similar.messages.clear();
    similar.atMs = nowMs;
    similar.messages.add(message);
    if (similar.messages.size < similarMax) return false;
    // Only their number matters from here on: keep the memory small.
    const [oldest] = similar.messages;
    if (oldest !== undefined) similar.messages.delete(oldest);
    return true;
  }

  #counted(key: string, nowMs: number): Count {
    const count = this.#counts.at(key, () => ({ name: undefined, count: 0, firstMs: nowMs }));
    count.count++;
    return count;
  }
}

const subjectText = ({ source, subject }: News): string =>
  [
    source.component,
    source.host ?? "",
    subject.kind,
    subject.namespace ?? "",
    subject.name,
    subject.uid ?? "",
    subject.apiVersion,
    subject.fieldPath ?? "",
  ].join("|");

/** A map that forgets what was not asked for in a long time. */
class Recent<T> {
  readonly #entries = new Map<string, T>();

  at(key: string, make: () => T): T {
    const entry = this.#entries.get(key) ?? make();
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    // Looking for the oldest walks past the holes that moved entries left.
    if (this.#entries.size <= entriesMax) return entry;
    const [oldest] = this.#entries.keys();
    if (oldest !== undefined) this.#entries.delete(oldest);
    return entry;
  }
}
