/**
 * Keeps a flood of events from filling the store: so many per second of the server, of a namespace, of a user
 * or of what they are about. Off by default.
 * upstream: plugin/pkg/admission/eventratelimit
 */
import { Event } from "#api/core/event.ts";
import { ApiError } from "#api/errors.ts";
import type { Clock } from "#base/clock.ts";
import type { Section } from "#base/configuration.ts";
import { type AdmissionRequest, defineAdmission } from "./admission.ts";

const types = ["Server", "Namespace", "User", "SourceAndObject"] as const;

export interface EventLimit {
  readonly type: (typeof types)[number];
  /** Events per second, in the long run. */
  readonly qps: number;
  /** Events at once. */
  readonly burst: number;
  /** How many namespaces, users or objects are remembered. */
  readonly cacheSize: number;
}

/** As upstream. */
const cacheSizeUnlessSaid = 4096;

export function readEventLimits(section: Section): readonly EventLimit[] {
  section.oneOf("apiVersion", ["eventratelimit.admission.k8s.io/v1alpha1"]);
  section.oneOf("kind", ["Configuration"]);
  const limits = section.sections("limits");
  if (limits.length === 0) section.wrong("limits", "must not be empty"); // exact: apiserver
  return limits.map((each) => {
    const cacheSize = each.integer("cacheSize") ?? 0;
    if (cacheSize < 0) each.wrong("cacheSize", "must not be negative"); // exact: apiserver
    return {
      type: each.oneOf("type", types) ?? "Server",
      qps: positive(each, "qps"),
      burst: positive(each, "burst"),
      cacheSize: cacheSize || cacheSizeUnlessSaid,
    };
  });
}

function positive(section: Section, name: string): number {
  const value = section.integer(name) ?? 0;
  if (value <= 0) section.wrong(name, "must be positive"); // exact: apiserver
  return value;
}

export function eventRateLimit(clock: Clock, limits: readonly EventLimit[]) {
  const buckets = limits.map((limit) => new Buckets(clock, limit));
  return defineAdmission<Event>({
    name: "EventRateLimit",
    on: [Event],
    when: ["CREATE", "UPDATE"],

    validate(event, request) {
      if (request.dryRun) return;
      // Each of them counts it, whatever the others say.
      const problems = buckets.flatMap((each) => each.problem(event, request) ?? []);
      if (problems.length === 0) return;
      const text = problems.length === 1 ? problems[0] : `[${problems.join(", ")}]`;
      // exact: apimachinery
      throw new ApiError("TooManyRequests", `Too many requests: ${text}`);
    },
  });
}

type KeyOf = (event: Event, request: AdmissionRequest<Event>) => string;

const keys: Readonly<Record<EventLimit["type"], KeyOf>> = {
  Server: () => "",
  Namespace: (_, { namespace }) => namespace,
  User: (_, { user }) => user.name,
  SourceAndObject: ({ source, involvedObject }) => {
    const { kind, namespace, name, uid, apiVersion } = involvedObject;
    const parts = [source?.component, source?.host, kind, namespace, name, uid, apiVersion];
    return parts.map((part) => part ?? "").join("");
  },
};

interface Bucket {
  tokens: number;
  atMs: number;
}

/** Buckets that fill by themselves, of those that were seen last. */
class Buckets {
  readonly #clock: Clock;
  readonly #limit: EventLimit;
  readonly #buckets = new Map<string, Bucket>();

  constructor(clock: Clock, limit: EventLimit) {
    this.#clock = clock;
    this.#limit = limit;
  }

  problem(event: Event, request: AdmissionRequest<Event>): string | undefined {
    const { type } = this.#limit;
    const key = keys[type](event, request);
    // exact: apiserver
    return this.#take(key) ? undefined : `limit reached on type ${type} for key ${key}`;
  }

  #take(key: string): boolean {
    const { qps, burst, cacheSize } = this.#limit;
    const now = this.#clock.monotonic();
    const before = this.#buckets.get(key) ?? { tokens: burst, atMs: now };
    const tokens = Math.min(burst, before.tokens + ((now - before.atMs) / 1_000) * qps);
    const isFull = tokens >= 1;
    this.#buckets.delete(key);
    this.#buckets.set(key, { tokens: isFull ? tokens - 1 : tokens, atMs: now });
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size > cacheSize && oldest !== undefined) this.#buckets.delete(oldest);
    return isFull;
  }
}
