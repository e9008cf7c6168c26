/** What is written is read again as it was; what is no message ends in `Malformed`, and quickly. */
import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { test } from "node:test";
import { below, pick, type Random, seededRandom } from "#base/random.ts";
import {
  decodeAnswer,
  decodeQuery,
  Malformed,
  negativeTtl,
  readHeader,
  readRecord,
} from "./decode.ts";
import { encodeReply, labelsOf } from "./encode.ts";
import { type DnsRecord, emptyReply, type Query, type RecordData, types } from "./message.ts";
import { questionFor } from "./testing.ts";

const edns = { version: 0, udpBytesMax: 4_096, dnssecOk: true };

function queryFor(name: string, type: number, more: Partial<Query> = {}): Query {
  const bytes = questionFor(name, type, more);
  const header = readHeader(bytes);
  ok(header);
  return decodeQuery(bytes, header);
}

test("a question is read as it was written", () => {
  const { question, id, recursionDesired, ...query } = queryFor("www.example.com", types.A, {
    id: 0xbeef,
    edns,
  });
  deepEqual(question, { name: "www.example.com", type: 1, class: 1 });
  deepEqual([id, recursionDesired, query.edns], [0xbeef, true, edns]);
  equal(queryFor("", types.NS).question.name, "");
  equal(queryFor("a.b", types.A).edns, undefined);
});

test("bytes of a name that are no letters survive, and letters are lower case", () => {
  const { question } = queryFor("W\\046w\\000\\255.EXAMPLE", types.A);
  equal(question.name, "w\\046w\\000\\255.example");
  deepEqual(
    labelsOf(question.name).map((label) => [...label]),
    [[0x77, 0x2e, 0x77, 0, 255], [...Buffer.from("example")]],
  );
});

const word = (random: Random): string =>
  Array.from({ length: 1 + below(random, 12) }, () => pick(random, ["a", "b", "-", "\\007"])).join(
    "",
  );

const nameOf = (random: Random): string =>
  Array.from({ length: below(random, 5) }, () => word(random)).join(".");

const dataOf: Readonly<Record<number, (random: Random) => RecordData>> = {
  [types.A]: (random) => ({ is: "address", address: `10.0.0.${below(random, 256)}` }),
  [types.AAAA]: (random) => ({ is: "address", address: `fd00::${1 + below(random, 9)}` }),
  [types.CNAME]: (random) => ({ is: "name", name: nameOf(random) }),
  [types.PTR]: (random) => ({ is: "name", name: nameOf(random) }),
  [types.NS]: (random) => ({ is: "name", name: nameOf(random) }),
  [types.MX]: (random) => ({ is: "exchange", preference: below(random, 99), host: nameOf(random) }),
  [types.TXT]: (random) => ({ is: "raw", bytes: random.bytes(below(random, 40)) }),
  [types.SRV]: (random) => ({
    is: "srv",
    priority: below(random, 65_536),
    weight: below(random, 65_536),
    port: below(random, 65_536),
    target: nameOf(random),
  }),
  [types.SOA]: (random) => ({
    is: "soa",
    primary: nameOf(random),
    contact: nameOf(random),
    serial: below(random, 2 ** 32),
    refresh: 1,
    retry: 2,
    expire: 3,
    minimum: 4,
  }),
};

function recordOf(random: Random): DnsRecord {
  const type = Number(pick(random, Object.keys(dataOf) as [string]));
  const data = dataOf[type]?.(random) as RecordData;
  return { name: nameOf(random), type, ttl: below(random, 2 ** 31), data };
}

const recordsOf = (random: Random): readonly DnsRecord[] =>
  Array.from({ length: below(random, 8) }, () => recordOf(random));

function readAll(bytes: Uint8Array): readonly (readonly (DnsRecord | undefined)[])[] {
  const { records } = decodeAnswer(bytes);
  return [1, 2, 3].map((section) =>
    records
      .filter((place) => place.section === section && place.type !== types.OPT)
      .map((place) => readRecord(bytes, place)),
  );
}

test("any answer is read as it was written", () => {
  for (let seed = 1; seed <= 300; seed++) {
    const random = seededRandom(seed);
    const query = queryFor(nameOf(random), types.A, random.next() < 0.5 ? { edns } : {});
    const sections = [recordsOf(random), recordsOf(random), recordsOf(random)];
    const [answers = [], authorities = [], additional = []] = sections;
    const reply = { ...emptyReply(0), answers, authorities, additional };
    const bytes = encodeReply(query, reply, 65_535);
    deepEqual(decodeAnswer(bytes).question, query.question, `seed ${seed}`);
    deepEqual(readAll(bytes), sections, `seed ${seed}`);
  }
});

test("an answer is never longer than the asker can take, and says when something is missing", () => {
  for (let seed = 1; seed <= 200; seed++) {
    const random = seededRandom(seed);
    const query = queryFor(nameOf(random), types.A, random.next() < 0.5 ? { edns } : {});
    const answers = Array.from({ length: 60 }, () => recordOf(random));
    const bytesMax = 512 + below(random, 800);
    const bytes = encodeReply(query, { ...emptyReply(0), answers }, bytesMax);
    ok(bytes.length <= bytesMax, `seed ${seed}: ${bytes.length} > ${bytesMax}`);
    const { header, records } = decodeAnswer(bytes);
    const found = records.filter(({ type }) => type !== types.OPT).length;
    equal((header.bits & 0x0200) !== 0, found < answers.length, `seed ${seed}`);
    equal(records.length > found, query.edns !== undefined, `seed ${seed}`);
  }
});

test("names that stand there already are pointed at", () => {
  const name = "web.default.svc.cluster.local";
  const query = queryFor(name, types.A);
  const record: DnsRecord = { name, type: 1, ttl: 5, data: { is: "address", address: "10.0.0.1" } };
  const bytes = encodeReply(query, { ...emptyReply(0), answers: [record, record] }, 512);
  equal(bytes.length, 12 + query.questionBytes.length + 2 * 16);
});

/** A header with these counts, and what follows. */
function message(counts: readonly number[], ...rest: readonly number[]): Uint8Array {
  const header = [0, 7, 1, 0, ...counts.flatMap((count) => [count >> 8, count & 255])];
  return Uint8Array.from([...header, ...rest]);
}

const read = (bytes: Uint8Array): unknown => {
  const header = readHeader(bytes);
  ok(header);
  return decodeQuery(bytes, header);
};

const one = [1, 0, 0, 0];
const typeAndClass = [0, 1, 0, 1];
const root = [0, ...typeAndClass];
const opt = [0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0];

const malformed: Readonly<Record<string, Uint8Array>> = {
  "no question": message([0, 0, 0, 0]),
  "two questions": message([2, 0, 0, 0], ...root, ...root),
  "a question that is not there": message(one),
  "a name without an end": message(one, 1, 97),
  "a label longer than the message": message(one, 63, 97, 97),
  "a name without a type": message(one, 0, 0, 1),
  "a pointer to itself": message(one, 0xc0, 12, ...typeAndClass),
  "a pointer that leads back to its own label": message(one, 1, 97, 0xc0, 12, ...typeAndClass),
  "a pointer forward": message(one, 0xc0, 18, ...typeAndClass, 0, 0),
  "a pointer into the header": message(one, 0xc0, 0, ...typeAndClass),
  "half a pointer": message(one, 0xc0),
  "a label of a kind that nobody knows": message(one, 0x41, 0, ...typeAndClass),
  "a name of more than 255 bytes": message(
    one,
    ...Array.from({ length: 5 }, () => [62, ...Array.from({ length: 62 }, () => 97)]).flat(),
    ...root,
  ),
  "a record that is not there": message([1, 0, 0, 1], ...root),
  "a record that is longer than the message": message([1, 0, 0, 1], ...root, ...opt.with(10, 1)),
  "EDNS twice": message([1, 0, 0, 2], ...root, ...opt, ...opt),
  "more records than bytes": message([1, 0xffff, 0xffff, 0xffff], ...root, ...opt),
};

for (const [name, bytes] of Object.entries(malformed)) {
  test(`${name} is malformed`, () => throws(() => read(bytes), Malformed));
}

test("less than a header is nothing that could be answered", () => {
  equal(readHeader(new Uint8Array(11)), undefined);
});

/** A record whose name leads through so many pointers, each to the one before, to the root. */
function throughPointers(count: number): Uint8Array {
  const dataAt = 28;
  const pointer = (to: number): readonly number[] => [0xc0 | (to >> 8), to & 255];
  const chain = Array.from({ length: count }, (_, i) =>
    pointer(i === 0 ? 12 : dataAt + 2 * (i - 1)),
  ).flat();
  const holder = [0, 0, 99, 0, 1, 0, 0, 0, 0, chain.length >> 8, chain.length & 255, ...chain];
  const address = [...typeAndClass, 0, 0, 0, 0, 0, 4, 1, 2, 3, 4];
  const name = pointer(dataAt + chain.length - 2);
  return message([1, 2, 0, 0], ...root, ...holder, ...name, ...address);
}

test("a chain of pointers is followed only so far", () => {
  equal(readAll(throughPointers(100))[0]?.[1]?.name, "");
  throws(() => readAll(throughPointers(200)), Malformed);
});

test("whatever comes, reading ends with a value or Malformed", () => {
  const sound = encodeReply(
    queryFor("www.example.com", types.A, { edns }),
    {
      ...emptyReply(0),
      answers: recordsOf(seededRandom(5)),
      authorities: recordsOf(seededRandom(6)),
    },
    65_535,
  );
  let sane = 0;
  for (let seed = 1; seed <= 20_000; seed++) {
    const random = seededRandom(seed);
    const bytes = random.next() < 0.2 ? random.bytes(below(random, 80)) : damaged(sound, random);
    try {
      const header = readHeader(bytes);
      if (header) decodeQuery(bytes, header);
      const answer = decodeAnswer(bytes);
      negativeTtl(bytes, answer);
      for (const place of answer.records) readRecord(bytes, place);
      sane++;
    } catch (cause) {
      ok(cause instanceof Malformed, `seed ${seed}: ${String(cause)}`);
    }
  }
  ok(sane > 1_000);
});

function damaged(sound: Uint8Array, random: Random): Uint8Array {
  const bytes = sound.slice(0, sound.length - below(random, 3) * below(random, sound.length));
  for (let i = below(random, 4); i > 0 && bytes.length > 0; i--) {
    bytes[below(random, bytes.length)] = below(random, 256);
  }
  return bytes;
}
