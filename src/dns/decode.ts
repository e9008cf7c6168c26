/**
 * Reads messages that anybody may have sent. Whatever they hold, reading ends, quickly, with a
 * value or a `Malformed`.
 */
import { formatIp, ipOfBytes } from "#base/ip.ts";
import {
  classIn,
  type DnsRecord,
  type Edns,
  flags,
  headerBytes,
  nameBytesMax,
  type Query,
  type Question,
  type RecordData,
  types,
} from "./message.ts";

/** Not a message. */
export class Malformed extends Error {
  override readonly name = "Malformed";
}

/** What can be said of any message, however broken the rest. */
export interface Header {
  readonly id: number;
  readonly bits: number;
  readonly counts: readonly [
    questions: number,
    answers: number,
    authorities: number,
    additional: number,
  ];
}

/** Undefined when there is not even a header to answer to. */
export function readHeader(bytes: Uint8Array): Header | undefined {
  if (bytes.length < headerBytes) return undefined;
  const view = viewOf(bytes);
  const count = (i: number): number => view.getUint16(4 + 2 * i);
  return {
    id: view.getUint16(0),
    bits: view.getUint16(2),
    counts: [count(0), count(1), count(2), count(3)],
  };
}

export const opcodeOf = ({ bits }: Header): number => (bits >> 11) & 15;
export const isResponse = ({ bits }: Header): boolean => (bits & flags.response) !== 0;

/** A message with exactly one question, which the caller has seen to be a query. */
export function decodeQuery(bytes: Uint8Array, header: Header): Query {
  const { id, bits, counts } = header;
  const reader = new Reader(bytes);
  if (counts[0] !== 1) throw new Malformed("not one question");
  const question = reader.question();
  return {
    id,
    opcode: opcodeOf(header),
    recursionDesired: (bits & flags.recursionDesired) !== 0,
    wantsAuthenticity: (bits & flags.authentic) !== 0,
    checkingDisabled: (bits & flags.checkingDisabled) !== 0,
    question,
    questionBytes: bytes.slice(headerBytes, reader.at),
    edns: reader.edns(counts[1] + counts[2] + counts[3]),
  };
}

/** Where a record lies in the message. */
export interface RecordPlace {
  readonly section: 1 | 2 | 3;
  readonly start: number;
  readonly end: number;
  readonly type: number;
  readonly class: number;
  readonly ttl: number;
  readonly ttlAt: number;
  readonly dataAt: number;
}

export interface Answer {
  readonly header: Header;
  readonly question: Question;
  readonly questionEnd: number;
  readonly records: readonly RecordPlace[];
}

/** What a name server sent back. */
export function decodeAnswer(bytes: Uint8Array): Answer {
  const header = readHeader(bytes);
  if (header?.counts[0] !== 1) throw new Malformed("not one question");
  const reader = new Reader(bytes);
  const question = reader.question();
  const questionEnd = reader.at;
  const records: RecordPlace[] = [];
  for (const section of [1, 2, 3] as const) {
    for (let i = 0; i < header.counts[section]; i++) records.push(reader.place(section));
  }
  return { header, question, questionEnd, records };
}

/** The record as a value; undefined for types that nobody uses any more. */
export function readRecord(bytes: Uint8Array, place: RecordPlace): DnsRecord | undefined {
  const { start, type, ttl, end } = place;
  if (place.class !== classIn) return undefined;
  const data = dataOf(bytes.subarray(0, end), place);
  return data && { name: new Reader(bytes, start).name(), type, ttl, data };
}

function dataOf(bytes: Uint8Array, { type, dataAt }: RecordPlace): RecordData | undefined {
  const reader = new Reader(bytes, dataAt);
  const data = bytes.subarray(dataAt);
  switch (type) {
    case types.A:
    case types.AAAA: {
      const ip = ipOfBytes(data);
      return ip && { is: "address", address: formatIp(ip) };
    }
    case types.CNAME:
    case types.NS:
    case types.PTR:
      return { is: "name", name: reader.name() };
    case types.MX:
      return { is: "exchange", preference: reader.number16(), host: reader.name() };
    case types.SRV: {
      const [priority, weight, port] = [reader.number16(), reader.number16(), reader.number16()];
      return { is: "srv", priority, weight, port, target: reader.name() };
    }
    case types.SOA:
      return reader.soa();
    default:
      return namesInside.has(type) ? undefined : { is: "raw", bytes: new Uint8Array(data) };
  }
}

/** Old types whose data may hold compressed names. RFC 3597, 4. */
const namesInside: ReadonlySet<number> = new Set([3, 4, 7, 8, 9, 14, 17, 18, 21, 24, 26, 30, 35]);

/** The time for which a negative answer may be kept, as its SOA record says. */
export function negativeTtl(bytes: Uint8Array, { records }: Answer): number | undefined {
  const soa = records.find(({ section, type }) => section === 2 && type === types.SOA);
  if (!soa || soa.end - soa.dataAt < 20) return undefined;
  return Math.min(soa.ttl, viewOf(bytes).getUint32(soa.end - 4));
}

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** As many as a name has labels at most. */
const jumpsMax = 127;

class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  at: number;

  constructor(bytes: Uint8Array, at = headerBytes) {
    this.#bytes = bytes;
    this.#view = viewOf(bytes);
    this.at = at;
  }

  question(): Question {
    const name = this.name();
    this.#need(4);
    const question = {
      name,
      type: this.#view.getUint16(this.at),
      class: this.#view.getUint16(this.at + 2),
    };
    this.at += 4;
    return question;
  }

  soa(): RecordData {
    return {
      is: "soa",
      primary: this.name(),
      contact: this.name(),
      serial: this.#number32(),
      refresh: this.#number32(),
      retry: this.#number32(),
      expire: this.#number32(),
      minimum: this.#number32(),
    };
  }

  number16(): number {
    this.#need(2);
    this.at += 2;
    return this.#view.getUint16(this.at - 2);
  }

  #number32(): number {
    this.#need(4);
    this.at += 4;
    return this.#view.getUint32(this.at - 4);
  }

  /** Skips `records`, of which one may be EDNS. */
  edns(records: number): Edns | undefined {
    let found: Edns | undefined;
    for (let i = 0; i < records; i++) {
      const { type, ttl, ttlAt } = this.place(3);
      if (type !== types.OPT) continue;
      if (found) throw new Malformed("two OPT records");
      found = {
        version: (ttl >>> 16) & 255,
        udpBytesMax: this.#view.getUint16(ttlAt - 2),
        dnssecOk: (ttl & 0x8000) !== 0,
      };
    }
    return found;
  }

  place(section: RecordPlace["section"]): RecordPlace {
    const start = this.at;
    this.#skipName();
    this.#need(10);
    const ttlAt = this.at + 4;
    const dataAt = this.at + 10;
    const end = dataAt + this.#view.getUint16(this.at + 8);
    if (end > this.#bytes.length) throw new Malformed("record beyond the end");
    const place = {
      section,
      start,
      end,
      type: this.#view.getUint16(this.at),
      class: this.#view.getUint16(this.at + 2),
      ttl: this.#view.getUint32(ttlAt),
      ttlAt,
      dataAt,
    };
    this.at = end;
    return place;
  }

  /** Follows pointers, each of which has to lead further back: so it ends, and soon. */
  name(): string {
    const labels: string[] = [];
    let length = 1;
    let at = this.at;
    let back = this.at;
    let after: number | undefined;
    let jumps = 0;
    while (true) {
      const size = this.#byte(at);
      if (size >= 0xc0) {
        const target = ((size & 0x3f) << 8) | this.#byte(at + 1);
        if (target >= back || target < headerBytes) throw new Malformed("pointer not backwards");
        if (++jumps > jumpsMax) throw new Malformed("pointers to pointers");
        after ??= at + 2;
        at = back = target;
        continue;
      }
      if (size > 63) throw new Malformed("label of unknown kind");
      at += 1 + size;
      if (size === 0) break;
      length += 1 + size;
      if (length > nameBytesMax || at > this.#bytes.length) throw new Malformed("name too long");
      labels.push(labelText(this.#bytes.subarray(at - size, at)));
    }
    this.at = after ?? at;
    return labels.join(".");
  }

  #skipName(): void {
    while (true) {
      const size = this.#byte(this.at);
      if (size >= 0xc0) {
        this.at += 2;
        return;
      }
      if (size > 63) throw new Malformed("label of unknown kind");
      this.at += 1 + size;
      if (size === 0) return;
    }
  }

  #byte(at: number): number {
    const byte = this.#bytes[at];
    if (byte === undefined) throw new Malformed("message ends early");
    return byte;
  }

  #need(count: number): void {
    if (this.at + count > this.#bytes.length) throw new Malformed("message ends early");
  }
}

const isPlain = (byte: number): boolean =>
  byte > 0x20 && byte < 0x7f && byte !== 0x2e && byte !== 0x5c;

/** Lower case; everything that is no plain letter as `\123`. */
function labelText(label: Uint8Array): string {
  let text = "";
  for (const byte of label) {
    text += isPlain(byte) ? String.fromCharCode(byte) : `\\${String(byte).padStart(3, "0")}`;
  }
  return text.toLowerCase();
}
