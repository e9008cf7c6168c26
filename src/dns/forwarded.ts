/** Answers of other name servers, kept as they came and fitted to whoever asks. */
import { type Answer, negativeTtl, readRecord, type RecordPlace } from "./decode.ts";
import { answerBits, bytesMaxFor, encodeReply, optRecord } from "./encode.ts";
import {
  type DnsRecord,
  emptyReply,
  flags,
  headerBytes,
  type Query,
  rcodes,
  types,
} from "./message.ts";

export interface Forwarded {
  /** Without the record of EDNS, which is between neighbours only. */
  readonly bytes: Uint8Array;
  readonly bits: number;
  readonly counts: readonly [answers: number, authorities: number, additional: number];
  readonly questionEnd: number;
  readonly ttlPlaces: readonly number[];
  /** Of the records that were asked for, and of aliases on the way there. */
  readonly answerPlaces: readonly RecordPlace[];
  /** How long it may be kept. */
  readonly keepSeconds: number;
}

export function forwardedOf(bytes: Uint8Array, answer: Answer): Forwarded {
  const opt = answer.records.findIndex(({ type }) => type === types.OPT);
  // What follows EDNS is additional, and names in it could point past the cut: it goes too.
  const kept = opt < 0 ? answer.records : answer.records.slice(0, opt);
  const count = (section: number): number => kept.filter((one) => one.section === section).length;
  const end = kept.at(-1)?.end ?? answer.questionEnd;
  return {
    // A copy: what came may be a part of something bigger, which would be kept with it.
    bytes: new Uint8Array(bytes.subarray(0, end)),
    bits: answer.header.bits,
    counts: [count(1), count(2), count(3)],
    questionEnd: answer.questionEnd,
    ttlPlaces: kept.map(({ ttlAt }) => ttlAt),
    answerPlaces: kept.filter(({ section }) => section === 1),
    keepSeconds: keepSeconds(bytes, { ...answer, records: kept }),
  };
}

export const answersIn = ({ bytes, answerPlaces }: Forwarded): readonly DnsRecord[] =>
  answerPlaces.flatMap((place) => readRecord(bytes, place) ?? []);

export const rcodeOf = ({ bits }: Pick<Forwarded, "bits">): number => bits & 15;

/** As long as the record that dies first; a negative answer as long as its zone says. */
function keepSeconds(bytes: Uint8Array, answer: Answer): number {
  const rcode = answer.header.bits & 15;
  if (rcode !== rcodes.NOERROR && rcode !== rcodes.NXDOMAIN) return 0;
  const isNegative = rcode === rcodes.NXDOMAIN || answer.header.counts[1] === 0;
  if (isNegative) return negativeTtl(bytes, answer) ?? 0;
  return Math.min(...answer.records.map(({ ttl }) => ttl));
}

/** The same answer, `ageSeconds` later, to another query for the same thing. */
export function replyWith(
  forwarded: Forwarded,
  query: Query,
  { ageSeconds, overTcp }: { readonly ageSeconds: number; readonly overTcp: boolean },
): Uint8Array {
  const { bytes, questionEnd, counts, bits } = forwarded;
  const opt = query.edns ? optRecord(query) : nothing;
  if (bytes.length + opt.length > bytesMaxFor(query, overTcp)) return truncated(query, bits);
  const reply = new Uint8Array(bytes.length + opt.length);
  reply.set(bytes);
  // The question comes back in the asker's own letters.
  if (query.questionBytes.length === questionEnd - headerBytes) {
    reply.set(query.questionBytes, headerBytes);
  }
  reply.set(opt, bytes.length);
  const view = new DataView(reply.buffer);
  const header = [query.id, replyBits(query, bits), 1, counts[0], counts[1], counts[2]];
  for (const [i, value] of header.entries()) view.setUint16(2 * i, value);
  if (query.edns) view.setUint16(10, counts[2] + 1);
  for (const at of forwarded.ttlPlaces) {
    view.setUint32(at, Math.max(0, view.getUint32(at) - ageSeconds));
  }
  return reply;
}

const nothing = new Uint8Array();

const replyBits = (query: Query, bits: number): number => {
  const understands = query.wantsAuthenticity || query.edns?.dnssecOk === true;
  const kept = bits & (flags.authoritative | (understands ? flags.authentic : 0));
  return answerBits(query) | kept | (bits & 15);
};

/** Without any records: whoever asked will ask again over TCP. */
function truncated(query: Query, bits: number): Uint8Array {
  const reply = encodeReply(query, emptyReply(rcodes.NOERROR), bytesMaxFor(query, false));
  new DataView(reply.buffer).setUint16(2, replyBits(query, bits) | flags.truncated);
  return reply;
}
