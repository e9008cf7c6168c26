/**
 * Asks the name servers of the world outside what is not about the cluster: in turn, leaving out
 * those that do not answer, each thing once however many want to know it.
 */
import { seconds } from "#base/clock.ts";
import { hostPort } from "#base/ip.ts";
import type { Log } from "#base/log.ts";
import { newSuffix } from "#base/random.ts";
import { AnswerCache } from "./answer-cache.ts";
import { type Forwarded, rcodeOf } from "./forwarded.ts";
import { classIn, type Question, rcodes, types } from "./message.ts";
import type { DnsMetrics } from "./metrics.ts";
import { type Ask, askUpstream, type UpstreamAddress, type UpstreamPorts } from "./upstream.ts";

export interface ForwarderOptions extends UpstreamPorts {
  readonly upstreams: readonly UpstreamAddress[];
  readonly log: Log;
  readonly metrics: Pick<DnsMetrics, "forwarded" | "refused">;
}

export interface Outcome {
  readonly forwarded: Forwarded;
  readonly ageSeconds: number;
  readonly isCached: boolean;
}

const entriesMax = 1_024;
const keepSecondsMax = 30;
/** Questions under way; more would only wait for each other. */
const pendingMax = 1_000;
const failuresMax = 2;
/** Resolvers ask again after five seconds. */
const askingMs = seconds(4);
const restMs = { first: seconds(1), max: seconds(10) };

interface Upstream {
  readonly at: UpstreamAddress;
  failures: number;
  /** Not asked again before, while there are others. */
  restsUntilMs: number;
  /** When it was heard last. */
  heardMs: number;
  /** What it is asked comes back to us. */
  isLoop: boolean;
}

export class Forwarder {
  readonly #options: ForwarderOptions;
  readonly #upstreams: readonly Upstream[];
  readonly #cache: AnswerCache;
  readonly #pending = new Map<string, Promise<Forwarded | undefined>>();
  /** Names that only we know, asked of each upstream to see whether they come back. */
  readonly #probes = new Map<string, Upstream>();
  #turn = 0;

  constructor(options: ForwarderOptions) {
    this.#options = options;
    this.#upstreams = options.upstreams.map((at) => ({
      at,
      failures: 0,
      restsUntilMs: 0,
      heardMs: -Infinity,
      isLoop: false,
    }));
    this.#cache = new AnswerCache({ clock: options.clock, entriesMax, keepSecondsMax });
  }

  get cacheSize(): number {
    return this.#cache.size;
  }

  /** Undefined when nobody answers. */
  async ask(ask: Ask): Promise<Outcome | undefined> {
    const key = keyOf(ask);
    const cached = this.#cache.find(key);
    if (cached) return { ...cached, isCached: true };
    const forwarded = await this.#once(key, ask);
    return forwarded && { forwarded, ageSeconds: 0, isCached: false };
  }

  /** Asks each upstream something that only a loop would bring back here. */
  async findLoops(): Promise<void> {
    await Promise.all(this.#upstreams.map((upstream) => this.#probe(upstream)));
  }

  /** Tells a question of ours that came back; the upstream is not asked again. */
  isOwnProbe({ name, type }: Question): boolean {
    const upstream = type === types.HINFO ? this.#probes.get(name) : undefined;
    if (!upstream) return false;
    if (!upstream.isLoop) {
      const { address, port } = upstream.at;
      this.#options.log.error("an upstream asks us what we ask it: not used", { address, port });
    }
    upstream.isLoop = true;
    return true;
  }

  #once(key: string, ask: Ask): Promise<Forwarded | undefined> {
    const pending = this.#pending.get(key);
    if (pending) return pending;
    if (this.#pending.size >= pendingMax) {
      this.#options.metrics.refused();
      return Promise.resolve(undefined);
    }
    const asking = this.#askAround(ask)
      .then((forwarded) => {
        if (forwarded) this.#cache.keep(key, forwarded);
        return forwarded;
      })
      .finally(() => this.#pending.delete(key));
    this.#pending.set(key, asking);
    return asking;
  }

  /** One upstream after the other, as long as there is time. An answer that says "failed" may do. */
  async #askAround(ask: Ask): Promise<Forwarded | undefined> {
    const { clock } = this.#options;
    const endMs = clock.monotonic() + askingMs;
    const tried = new Set<Upstream>();
    let fallback: Forwarded | undefined;
    const attemptsMax = Math.max(2, this.#upstreams.length);
    for (let i = 0; i < attemptsMax && clock.monotonic() < endMs; i++) {
      const upstream = this.#next(tried);
      if (!upstream) return fallback;
      tried.add(upstream);
      const forwarded = await this.#askOne(upstream, ask);
      if (forwarded && !hasFailed(forwarded)) return forwarded;
      fallback ??= forwarded;
    }
    return fallback;
  }

  /** Another one than those that were tried, if it can be. */
  #next(tried: ReadonlySet<Upstream>): Upstream | undefined {
    const now = this.#options.clock.monotonic();
    const sound = this.#upstreams.filter((one) => !one.isLoop);
    const awake = sound.filter((one) => one.restsUntilMs <= now);
    const others = awake.filter((one) => !tried.has(one));
    const choice = others.length > 0 ? others : awake;
    // It may be back, or was only slow about one name: nobody shall be refused unheard.
    const upstream =
      choice.length > 0
        ? choice[this.#turn++ % choice.length]
        : sound.filter((one) => !tried.has(one)).toSorted(byRest)[0];
    // One that failed is tried by one question at a time.
    if (upstream && upstream.failures >= failuresMax) this.#rest(upstream);
    return upstream;
  }

  async #askOne(upstream: Upstream, ask: Ask): Promise<Forwarded | undefined> {
    const { clock, log, metrics } = this.#options;
    const { address, port } = upstream.at;
    const askedMs = clock.monotonic();
    try {
      const forwarded = await askUpstream(upstream.at, ask, this.#options);
      upstream.failures = 0;
      upstream.restsUntilMs = 0;
      upstream.heardMs = clock.monotonic();
      const tookSeconds = (upstream.heardMs - askedMs) / 1_000;
      metrics.forwarded(hostPort(address, port), rcodeOf(forwarded), tookSeconds);
      return forwarded;
    } catch (cause) {
      log.debug("upstream did not answer", { address, cause: String(cause) });
      // It said something else meanwhile: this one name is what is slow.
      if (upstream.heardMs > askedMs) return undefined;
      upstream.failures++;
      if (upstream.failures >= failuresMax) this.#rest(upstream);
      return undefined;
    }
  }

  /** Longer and longer, and never so long that one would notice that it is back. */
  #rest(upstream: Upstream): void {
    const delayMs = Math.min(restMs.first * 2 ** (upstream.failures - failuresMax), restMs.max);
    upstream.restsUntilMs = this.#options.clock.monotonic() + delayMs;
  }

  async #probe(upstream: Upstream): Promise<void> {
    const { random } = this.#options;
    const name = `${newSuffix(random, 16)}.${newSuffix(random, 16)}`;
    this.#probes.set(name, upstream);
    const question = { name, type: types.HINFO, class: classIn };
    await this.#askOne(upstream, { question, dnssecOk: false, checkingDisabled: false });
    this.#probes.delete(name);
  }
}

const byRest = (a: Upstream, b: Upstream): number => a.restsUntilMs - b.restsUntilMs;

const hasFailed = (forwarded: Forwarded): boolean => {
  const rcode = rcodeOf(forwarded);
  return rcode === rcodes.SERVFAIL || rcode === rcodes.REFUSED;
};

const keyOf = ({ question, dnssecOk, checkingDisabled }: Ask): string =>
  `${question.name} ${question.type} ${question.class} ${dnssecOk} ${checkingDisabled}`;
