/** From the bytes of a query to those of its answer; what can be answered at once is. */
import { unreachable } from "#base/assert.ts";
import type { Clock } from "#base/clock.ts";
import type { Log } from "#base/log.ts";
import { decodeQuery, type Header, isResponse, Malformed, opcodeOf, readHeader } from "./decode.ts";
import { bytesMaxFor, encodeHeaderOnly, encodeReply } from "./encode.ts";
import { answersIn, rcodeOf, replyWith } from "./forwarded.ts";
import type { Forwarder, Outcome } from "./forwarder.ts";
import {
  classIn,
  type DnsRecord,
  emptyReply,
  flags,
  type Query,
  type Rcode,
  rcodes,
  type Reply,
} from "./message.ts";
import type { CacheUse, DnsMetrics, Transport } from "./metrics.ts";
import type { Zone, ZoneAnswer } from "./zone.ts";

export interface AnsweringOptions {
  readonly zone: Zone;
  readonly forwarder: Forwarder;
  readonly metrics: DnsMetrics;
  readonly clock: Clock;
  readonly log: Log;
}

type Bytes = Uint8Array | undefined;

/** Whole zones are given to nobody. */
const transfers: ReadonlySet<number> = new Set([251, 252]);

export class Answering {
  readonly #options: AnsweringOptions;

  constructor(options: AnsweringOptions) {
    this.#options = options;
  }

  /** Undefined for what deserves no answer. */
  answer(bytes: Uint8Array, transport: Transport): Bytes | Promise<Bytes> {
    const header = readHeader(bytes);
    // Who answers answers keeps them going round for ever.
    if (!header || isResponse(header)) return undefined;
    if (opcodeOf(header) !== 0) return refusal(header, rcodes.NOTIMP);
    const query = read(bytes, header);
    if (!query) return refusal(header, rcodes.FORMERR);
    const { metrics, clock } = this.#options;
    const started = clock.monotonic();
    metrics.asked({ type: query.question.type, transport, bytes: bytes.length });
    const counted = (answer: Uint8Array): Uint8Array => {
      const seconds = (clock.monotonic() - started) / 1_000;
      const rcode = (answer[3] ?? 0) & 15;
      metrics.answered({ rcode, transport, bytes: answer.length, seconds });
      return answer;
    };
    const reply = this.#reply(query, transport);
    return reply instanceof Promise ? reply.then(counted) : counted(reply);
  }

  #reply(query: Query, transport: Transport): Uint8Array | Promise<Uint8Array> {
    const say = (reply: Reply): Uint8Array =>
      encodeReply(query, reply, bytesMaxFor(query, transport === "tcp"));
    const fail = (cause: unknown): Uint8Array => say(this.#failed(cause));
    try {
      const answer = this.#decide(query);
      switch (answer.is) {
        case "reply":
          return say(answer.reply);
        case "alias":
          return this.#behindAlias(query, answer).then(say).catch(fail);
        case "not ours":
          return this.#elsewhere(query, transport).catch(fail);
        default:
          return unreachable(answer);
      }
    } catch (cause) {
      return fail(cause);
    }
  }

  #decide({ question, edns }: Query): ZoneAnswer {
    const { zone, forwarder } = this.#options;
    if (edns && edns.version > 0) return { is: "reply", reply: emptyReply(rcodes.BADVERS) };
    const isRefused = question.class !== classIn || transfers.has(question.type);
    if (isRefused || forwarder.isOwnProbe(question)) {
      return { is: "reply", reply: emptyReply(rcodes.REFUSED) };
    }
    return zone.answer(question);
  }

  async #elsewhere(query: Query, transport: Transport): Promise<Uint8Array> {
    const { forwarder, metrics } = this.#options;
    const { question, edns, checkingDisabled } = query;
    const dnssecOk = edns?.dnssecOk ?? false;
    const outcome = await forwarder.ask({ question, dnssecOk, checkingDisabled });
    metrics.cache(useOf(outcome));
    const overTcp = transport === "tcp";
    if (outcome) return replyWith(outcome.forwarded, query, { ...outcome, overTcp });
    return encodeReply(query, emptyReply(rcodes.SERVFAIL), bytesMaxFor(query, overTcp));
  }

  /** The alias, and what it stands for: askers do not look further themselves. */
  async #behindAlias(
    { question, checkingDisabled }: Query,
    { answers, target }: Extract<ZoneAnswer, { is: "alias" }>,
  ): Promise<Reply> {
    const asked = { ...question, name: target };
    const ask = { question: asked, dnssecOk: false, checkingDisabled };
    const outcome = await this.#options.forwarder.ask(ask);
    const rcode = outcome && known.find((code) => code === rcodeOf(outcome.forwarded));
    if (!outcome || rcode === undefined) return emptyReply(rcodes.SERVFAIL);
    const found = answersIn(outcome.forwarded).map((record) => aged(record, outcome.ageSeconds));
    return { ...emptyReply(rcode), isAuthoritative: true, answers: [...answers, ...found] };
  }

  #failed(cause: unknown): Reply {
    this.#options.metrics.failed();
    this.#options.log.error("a question could not be answered", { cause: String(cause) });
    return emptyReply(rcodes.SERVFAIL);
  }
}

function useOf(outcome: Outcome | undefined): CacheUse {
  if (!outcome?.isCached) return "missed";
  const { counts, bits } = outcome.forwarded;
  return rcodeOf({ bits }) === rcodes.NOERROR && counts[0] > 0 ? "success" : "denial";
}

/** What is an answer about a name. */
const known = [rcodes.NOERROR, rcodes.NXDOMAIN] as const;

const aged = (record: DnsRecord, ageSeconds: number): DnsRecord => ({
  ...record,
  ttl: Math.max(0, record.ttl - ageSeconds),
});

function read(bytes: Uint8Array, header: Header): Query | undefined {
  try {
    return decodeQuery(bytes, header);
  } catch (cause) {
    if (cause instanceof Malformed) return undefined;
    throw cause;
  }
}

const refusal = (header: Header, rcode: Rcode): Uint8Array =>
  encodeHeaderOnly(header.id, flags.response | (opcodeOf(header) << 11) | rcode);
