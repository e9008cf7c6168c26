/** Writes messages, with names compressed, and no longer than the asker can take. */
import { ipBytes, ipOf } from "#base/ip.ts";
import { unreachable } from "#base/assert.ts";
import {
  classIn,
  type DnsRecord,
  flags,
  headerBytes,
  labelBytesMax,
  messageBytesMax,
  nameBytesMax,
  plainUdpBytesMax,
  type Query,
  type Question,
  type Reply,
  types,
} from "./message.ts";

/** A safe size for datagrams: no path is so narrow that it would be cut. */
const udpBytesMax = 1_232;
const optBytes = 11;

/** How long an answer to `query` may be. */
export function bytesMaxFor({ edns }: Query, overTcp: boolean): number {
  if (overTcp) return messageBytesMax;
  return edns ? clamp(edns.udpBytesMax, plainUdpBytesMax, udpBytesMax) : plainUdpBytesMax;
}

const clamp = (n: number, min: number, max: number): number => Math.min(Math.max(n, min), max);

/** What does not fit is left out: answers with a mark that says so, additional records without. */
export function encodeReply(query: Query, reply: Reply, bytesMax: number): Uint8Array {
  const writer = new Writer(bytesMax - (query.edns ? optBytes : 0));
  const { answers, authorities, additional, rcode } = reply;
  writer.open(query);
  const counts = [writer.records(answers), 0, 0];
  let isWhole = counts[0] === answers.length;
  if (isWhole) {
    counts[1] = writer.records(authorities);
    isWhole = counts[1] === authorities.length;
  }
  if (isWhole) counts[2] = writer.records(additional);
  if (query.edns) counts[2] = (counts[2] ?? 0) + writer.opt(query, rcode >> 4);
  const bits =
    answerBits(query) |
    (reply.isAuthoritative ? flags.authoritative : 0) |
    (isWhole ? 0 : flags.truncated) |
    (rcode & 15);
  return writer.close(query.id, bits, [1, ...counts]);
}

/** QR, RA, and what is said back as it was asked. */
export const answerBits = ({ opcode, recursionDesired, checkingDisabled }: Query): number =>
  flags.response |
  flags.recursionAvailable |
  (opcode << 11) |
  (recursionDesired ? flags.recursionDesired : 0) |
  (checkingDisabled ? flags.checkingDisabled : 0);

/** To a message of which no more than the header could be read. */
export function encodeHeaderOnly(id: number, bits: number): Uint8Array {
  const bytes = new Uint8Array(headerBytes);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, id);
  view.setUint16(2, bits);
  return bytes;
}

export interface QuestionOptions {
  readonly id: number;
  readonly dnssecOk: boolean;
  readonly checkingDisabled: boolean;
}

/** A question for another name server. */
export function encodeQuestion(question: Question, options: QuestionOptions): Uint8Array {
  const writer = new Writer(messageBytesMax);
  writer.question(question);
  writer.opt({ edns: { version: 0, udpBytesMax, dnssecOk: options.dnssecOk } }, 0);
  const bits = flags.recursionDesired | (options.checkingDisabled ? flags.checkingDisabled : 0);
  return writer.close(options.id, bits, [1, 0, 0, 1]);
}

/** The record by which EDNS goes on from the one side to the other. */
export function optRecord({ edns }: Pick<Query, "edns">, extendedRcode = 0): Uint8Array {
  const bytes = new Uint8Array(optBytes);
  const view = new DataView(bytes.buffer);
  view.setUint16(1, types.OPT);
  view.setUint16(3, udpBytesMax);
  view.setUint32(5, (extendedRcode << 24) | (edns?.dnssecOk ? 0x8000 : 0));
  return bytes;
}

/** The labels of a name as bytes. */
export function labelsOf(name: string): readonly Uint8Array[] {
  if (name === "") return [];
  const labels = name.split(".").map((text) => labelBytes(text));
  const length = labels.reduce((sum, label) => sum + 1 + label.length, 1);
  const isSound = labels.every(({ length: n }) => n > 0 && n <= labelBytesMax);
  if (!isSound || length > nameBytesMax) throw new RangeError(`no name: ${JSON.stringify(name)}`);
  return labels;
}

const labelBytes = (text: string): Uint8Array =>
  Buffer.from(
    text.includes("\\")
      ? text.replaceAll(/\\(\d{3})/g, (_, code: string) => String.fromCharCode(Number(code)))
      : text,
    "latin1",
  );

/** Answers are made one after the other, so they share the space in which they are made. */
const space = Buffer.allocUnsafeSlow(messageBytesMax + 1_024);

class Writer {
  readonly #bytesMax: number;
  /** Where names stand that were written, by their text. */
  readonly #names = new Map<string, number>();
  #at = headerBytes;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** The question as it came. Its name serves for others to point at. */
  open({ question, questionBytes }: Query): void {
    space.set(questionBytes, headerBytes);
    this.#noteName(question.name, headerBytes);
    this.#at = headerBytes + questionBytes.length;
  }

  question({ name, type, class: kind }: Question): void {
    this.#name(name);
    this.#number16(type);
    this.#number16(kind);
  }

  /** How many of them fitted. */
  records(records: readonly DnsRecord[]): number {
    for (const [i, record] of records.entries()) {
      const start = this.#at;
      this.#record(record);
      if (this.#at <= this.#bytesMax) continue;
      this.#at = start;
      return i;
    }
    return records.length;
  }

  opt(query: Pick<Query, "edns">, extendedRcode: number): 1 {
    space.set(optRecord(query, extendedRcode), this.#at);
    this.#at += optBytes;
    return 1;
  }

  close(id: number, bits: number, counts: readonly number[]): Uint8Array {
    const header = [id, bits, ...counts];
    for (const [i, value] of header.entries()) space.writeUInt16BE(value, 2 * i);
    return new Uint8Array(space.subarray(0, this.#at));
  }

  #record({ name, type, ttl, data }: DnsRecord): void {
    this.#name(name);
    this.#number16(type);
    this.#number16(classIn);
    this.#number32(ttl);
    const lengthAt = this.#at;
    this.#at += 2;
    this.#data(data);
    space.writeUInt16BE(this.#at - lengthAt - 2, lengthAt);
  }

  #data(data: DnsRecord["data"]): void {
    switch (data.is) {
      case "address":
        return this.#bytes(ipBytes(ipOf(data.address)));
      case "name":
        return this.#name(data.name);
      case "srv":
        for (const number of [data.priority, data.weight, data.port]) this.#number16(number);
        // RFC 2782: a target is not compressed.
        return this.#name(data.target, false);
      case "exchange":
        this.#number16(data.preference);
        return this.#name(data.host);
      case "text":
        return this.#text(data.text);
      case "raw":
        return this.#bytes(data.bytes);
      case "soa":
        this.#name(data.primary);
        this.#name(data.contact);
        for (const number of [data.serial, data.refresh, data.retry, data.expire, data.minimum])
          this.#number32(number);
        return;
      default:
        return unreachable(data);
    }
  }

  /** One string; ours are short. */
  #text(text: string): void {
    const bytes = Buffer.from(text).subarray(0, 255);
    this.#bytes(Uint8Array.of(bytes.length));
    this.#bytes(bytes);
  }

  #name(name: string, isCompressed = true): void {
    const labels = labelsOf(name);
    let rest = name;
    for (const label of labels) {
      const known = isCompressed ? this.#names.get(rest) : undefined;
      if (known !== undefined) return this.#number16(0xc000 | known);
      if (this.#at < 0x4000) this.#names.set(rest, this.#at);
      this.#bytes(Uint8Array.of(label.length));
      this.#bytes(label);
      rest = afterLabel(rest);
    }
    this.#bytes(rootName);
  }

  #noteName(name: string, start: number): void {
    let at = start;
    for (let rest = name; rest !== ""; rest = afterLabel(rest)) {
      this.#names.set(rest, at);
      at += 1 + (space[at] ?? 0);
    }
  }

  /** Beyond what any message may have there is a little room; then nothing more is written. */
  #bytes(bytes: Uint8Array): void {
    if (this.#at + bytes.length <= space.length) space.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  #number16(value: number): void {
    this.#bytes(Uint8Array.of(value >> 8, value & 255));
  }

  #number32(value: number): void {
    this.#number16(value >>> 16);
    this.#number16(value & 0xffff);
  }
}

const rootName = Uint8Array.of(0);

const afterLabel = (name: string): string => {
  const dot = name.indexOf(".");
  return dot < 0 ? "" : name.slice(dot + 1);
};
