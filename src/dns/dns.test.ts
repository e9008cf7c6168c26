/** The whole server, from bytes to bytes. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { test } from "node:test";
import { EndpointSlice } from "#api/discovery/endpointslice.ts";
import { Service } from "#api/core/service.ts";
import { seconds } from "#base/clock.ts";
import { drain } from "#sim/clock.ts";
import { type Answer, decodeAnswer, readRecord } from "./decode.ts";
import { framed, frames } from "./frames.ts";
import { type DnsRecord, flags, rcodes, types } from "./message.ts";
import { type Behaviour, lineOf, questionFor, type TestServer, testServer } from "./testing.ts";

async function serving(
  servers: Readonly<Record<string, Behaviour>>,
  run: (server: TestServer) => Promise<void>,
): Promise<void> {
  const server = await testServer(servers);
  try {
    await run(server);
  } finally {
    await server[Symbol.asyncDispose]();
  }
  equal(server.open(), 0, "sockets are left open");
  equal(server.api.clock.pending, 0, "timers are left");
}

interface Heard {
  readonly rcode: number;
  readonly answers: readonly string[];
  readonly bits: number;
  readonly answer: Answer;
}

function read(bytes: Uint8Array | undefined): Heard | undefined {
  if (!bytes) return undefined;
  const answer = decodeAnswer(bytes);
  const answers = answer.records.filter(({ section }) => section === 1);
  return {
    rcode: answer.header.bits & 15,
    bits: answer.header.bits,
    answers: answers.map((place) => lineOf(readRecord(bytes, place) as DnsRecord)),
    answer,
  };
}

const name = "plain.default.svc.cluster.local";
const has = (heard: Heard | undefined, flag: number): boolean => ((heard?.bits ?? 0) & flag) !== 0;
const optOf = (heard: Heard | undefined) =>
  heard?.answer.records.find(({ type }) => type === types.OPT);
const edns = { version: 0, udpBytesMax: 1_232, dnssecOk: false };

test("a name of the cluster is answered with authority, in the letters of the question", () =>
  serving({}, async ({ ask }) => {
    const question = questionFor(name, types.A, { id: 0x1234 });
    // pLaIn, as careful resolvers write it.
    for (const at of [14, 16]) question[at] = (question[at] ?? 0) - 0x20;
    const bytes = await ask(question);
    const heard = read(bytes);
    deepEqual([heard?.rcode, heard?.answers], [0, [`${name} 5 A 10.3.0.2`]]);
    deepEqual([bytes?.[0], bytes?.[1]], [0x12, 0x34]);
    deepEqual(bytes?.slice(12, question.length), question.slice(12));
    ok(has(heard, flags.response) && has(heard, flags.authoritative));
    ok(has(heard, flags.recursionDesired) && has(heard, flags.recursionAvailable));
    equal(optOf(heard), undefined);
  }));

test("who speaks EDNS hears EDNS; who speaks a later one hears which one we do", () =>
  serving({}, async ({ ask }) => {
    const heard = read(await ask(questionFor(name, types.A, { edns })));
    deepEqual([heard?.rcode, optOf(heard)?.class, optOf(heard)?.ttl], [0, 1_232, 0]);
    const later = { ...edns, version: 1 };
    const refused = read(await ask(questionFor(name, types.A, { edns: later })));
    const extended = (((optOf(refused)?.ttl ?? 0) >>> 24) << 4) | (refused?.rcode ?? 0);
    deepEqual([extended, refused?.answers], [rcodes.BADVERS, []]);
  }));

test("what cannot be answered is refused, what should not be is dropped", () =>
  serving({}, async ({ ask }) => {
    const sound = questionFor(name, types.A);
    const changed = (at: number, value: number): Uint8Array => sound.with(at, value);
    const rcodeOf = async (bytes: Uint8Array): Promise<number | undefined> => {
      const answer = await ask(bytes);
      return answer && (answer[3] ?? 0) & 15;
    };
    const chaos = { question: { name: "version.bind", type: types.TXT, class: 3 } };
    deepEqual(
      {
        "an answer": await rcodeOf(changed(2, 0x80)),
        "half a header": await rcodeOf(sound.slice(0, 11)),
        nothing: await rcodeOf(new Uint8Array()),
        "an update": await rcodeOf(changed(2, 5 << 3)),
        "two questions": await rcodeOf(changed(5, 2)),
        "half a question": await rcodeOf(sound.slice(0, 20)),
        "a pointer to itself": await rcodeOf(changed(12, 0xc0).with(13, 12)),
        "a transfer": await rcodeOf(questionFor("cluster.local", 252)),
        "another class": await rcodeOf(questionFor("version.bind", types.TXT, chaos)),
      },
      {
        "an answer": undefined,
        "half a header": undefined,
        nothing: undefined,
        "an update": rcodes.NOTIMP,
        "two questions": rcodes.FORMERR,
        "half a question": rcodes.FORMERR,
        "a pointer to itself": rcodes.FORMERR,
        "a transfer": rcodes.REFUSED,
        "another class": rcodes.REFUSED,
      },
    );
  }));

const crowd = "crowd.default.svc.cluster.local";

/** A headless service with a hundred endpoints. */
async function addCrowd({ client }: TestServer): Promise<void> {
  const namespace = "default";
  await client.create(Service, {
    metadata: { namespace, name: "crowd" },
    spec: { clusterIP: "None", clusterIPs: ["None"], ports: [{ port: 80 }] },
  });
  const labels = { "kubernetes.io/service-name": "crowd" };
  await client.create(EndpointSlice, {
    metadata: { namespace, name: "crowd-1", labels },
    addressType: "IPv4",
    endpoints: Array.from({ length: 100 }, (_, i) => ({ addresses: [`10.4.1.${i}`] })),
  });
  await drain();
}

async function overTcp(server: TestServer, ...questions: readonly Uint8Array[]): Promise<Heard[]> {
  const stream = server.connect();
  const heard: Heard[] = [];
  const reading = (async () => {
    for await (const message of frames(stream.incoming)) heard.push(read(message) as Heard);
  })();
  for (const question of questions) await stream.write(framed(question));
  stream.end();
  await reading;
  return heard;
}

test("an answer too long for a datagram is cut and says so; over a connection it is whole", () =>
  serving({}, async (server) => {
    await addCrowd(server);
    const plain = await server.ask(questionFor(crowd, types.A));
    const wide = await server.ask(questionFor(crowd, types.A, { edns }));
    const greedy = { ...edns, udpBytesMax: 65_535 };
    const widest = await server.ask(questionFor(crowd, types.A, { edns: greedy }));
    for (const [bytes, max] of [
      [plain, 512],
      [wide, 1_232],
      [widest, 1_232],
    ] as const) {
      ok(bytes && bytes.length <= max && bytes.length > max - 16, `${bytes?.length} of ${max}`);
      ok(has(read(bytes), flags.truncated));
    }
    const [whole] = await overTcp(server, questionFor(crowd, types.A));
    deepEqual([whole?.answers.length, has(whole, flags.truncated)], [100, false]);
  }));

test("a connection takes many questions, in pieces too, and is closed when nothing comes", () =>
  serving({}, async (server) => {
    const questions = [1, 2, 3].map((id) => questionFor(name, types.A, { id }));
    const heard = await overTcp(server, ...questions);
    deepEqual(
      heard.map(({ answer, answers }) => [answer.header.id, ...answers]),
      [1, 2, 3].map((id) => [id, `${name} 5 A 10.3.0.2`]),
    );
    const open = server.open();
    const stream = server.connect();
    const reader = frames(stream.incoming)[Symbol.asyncIterator]();
    for (const byte of framed(questionFor(name, types.A))) await stream.write(Uint8Array.of(byte));
    const { value } = await reader.next();
    deepEqual(read(value as Uint8Array)?.answers, [`${name} 5 A 10.3.0.2`]);
    await server.api.clock.advance(seconds(9));
    equal(server.open(), open + 1);
    await server.api.clock.advance(seconds(2));
    equal(server.open(), open);
  }));

test("a connection on which nonsense comes is closed", () =>
  serving({}, async (server) => {
    const open = server.open();
    const stream = server.connect();
    await stream.write(Uint8Array.of(0, 3, 1, 2, 3));
    await drain();
    equal(server.open(), open);
  }));

test("more connections than it can serve are closed at once", () =>
  serving({}, async (server) => {
    const open = server.open();
    for (let i = 0; i < 510; i++) server.connect();
    await drain();
    equal(server.open(), open + 500);
    await server.api.clock.advance(seconds(11));
    equal(server.open(), open);
    equal((await overTcp(server, questionFor(name, types.A))).length, 1);
  }));

const outsider = "www.example.com";
const record = (of: string, type: number, data: DnsRecord["data"]): DnsRecord => ({
  name: of,
  type,
  ttl: 20,
  data,
});
const address = record(outsider, types.A, { is: "address", address: "198.51.100.1" });

test("names of others are asked of others, and answered in the asker's letters, number and size", () =>
  serving({ "192.0.2.1": () => ({ answers: [address] }) }, async ({ ask, network, api }) => {
    const question = questionFor(outsider, types.A, { id: 99, edns });
    question[13] = 0x57;
    const bytes = await ask(question);
    const heard = read(bytes);
    deepEqual(heard?.answers, [`${outsider} 20 A 198.51.100.1`]);
    deepEqual([heard?.answer.header.id, optOf(heard)?.class], [99, 1_232]);
    deepEqual(bytes?.slice(12, 33), question.slice(12, 33));
    ok(!has(heard, flags.authoritative));
    await api.clock.advance(seconds(7));
    const later = read(await ask(questionFor(outsider, types.A, { id: 100 })));
    deepEqual(later?.answers, [`${outsider} 13 A 198.51.100.1`]);
    deepEqual([later?.answer.header.id, optOf(later)], [100, undefined]);
    equal(network.asked.filter((text) => text.endsWith(outsider)).length, 1);
  }));

test("an answer from outside that is too long for the asker is cut", () =>
  serving(
    { "192.0.2.1": () => ({ answers: Array.from({ length: 40 }, () => address) }) },
    async (server) => {
      const heard = read(await server.ask(questionFor(outsider, types.A)));
      deepEqual([heard?.answers, has(heard, flags.truncated)], [[], true]);
      const [whole] = await overTcp(server, questionFor(outsider, types.A));
      deepEqual([whole?.answers.length, has(whole, flags.truncated)], [40, false]);
    },
  ));

test("without name servers outside, their names fail at once", () =>
  serving({}, async ({ ask }) => {
    equal(read(await ask(questionFor(outsider, types.A)))?.rcode, rcodes.SERVFAIL);
    const own = read(await ask(questionFor("www.cluster.local", types.A)));
    equal(own?.rcode, rcodes.NXDOMAIN);
  }));

test("behind an alias for somebody else stands what the other one says", () => {
  const exchange = { is: "exchange", preference: 10, host: "mx.example.com" } as const;
  const alias = record(outsider, types.CNAME, { is: "name", name: "a.example.net" });
  const target = record("a.example.net", types.A, { is: "address", address: "198.51.100.7" });
  const answers: Readonly<Record<number, readonly DnsRecord[]>> = {
    [types.A]: [alias, target],
    [types.MX]: [record(outsider, types.MX, exchange)],
  };
  const other: Behaviour = ({ question }) =>
    question.name === outsider ? { answers: answers[question.type] ?? [] } : undefined;
  return serving({ "192.0.2.1": other }, async ({ ask }) => {
    const of = "outside.default.svc.cluster.local";
    const cname = `${of} 5 CNAME ${outsider}`;
    deepEqual(read(await ask(questionFor(of, types.A)))?.answers, [
      cname,
      `${outsider} 20 CNAME a.example.net`,
      "a.example.net 20 A 198.51.100.7",
    ]);
    deepEqual(read(await ask(questionFor(of, types.MX)))?.answers, [
      cname,
      `${outsider} 20 15 10 mx.example.com`,
    ]);
    deepEqual(read(await ask(questionFor(of, types.AAAA)))?.answers, [cname]);
  });
});

test("an alias for somebody whom nobody knows fails", () =>
  serving({}, async ({ ask }) => {
    const heard = read(await ask(questionFor("outside.default.svc.cluster.local", types.A)));
    deepEqual([heard?.rcode, heard?.answers], [rcodes.SERVFAIL, []]);
  }));

test("an alias that is no name fails, and nothing else does", () =>
  serving({}, async ({ ask, client }) => {
    const at = { namespace: "default", name: "outside" };
    const change = { spec: { externalName: `${"x".repeat(64)}.example.com` } };
    await client.patch(Service, at, { is: "merge", change });
    await drain();
    const heard = read(await ask(questionFor("outside.default.svc.cluster.local", types.CNAME)));
    equal(heard?.rcode, rcodes.SERVFAIL);
    equal(read(await ask(questionFor(name, types.A)))?.rcode, 0);
  }));

test("its pages say that it lives, that it is ready, and what it did", () =>
  serving({ "192.0.2.1": () => ({ answers: [address] }) }, async ({ ask, page }) => {
    await ask(questionFor(name, types.A));
    await ask(questionFor(name, 65));
    await ask(questionFor(outsider, types.A));
    await ask(questionFor(outsider, types.A));
    await ask(new Uint8Array(12));
    deepEqual(await page(8_080, "/health"), { status: 200, text: "OK" });
    deepEqual(await page(8_181, "/ready"), { status: 200, text: "OK" });
    equal((await page(8_080, "/")).status, 404);
    const { text } = await page(9_153, "/metrics");
    const where = 'server="dns://:53",zone=".",view=""';
    for (const line of [
      `coredns_dns_requests_total{${where},proto="udp",family="1",type="A"} 3`,
      `coredns_dns_requests_total{${where},proto="udp",family="1",type="HTTPS"} 1`,
      `coredns_dns_responses_total{${where},rcode="NOERROR",plugin=""} 4`,
      `coredns_dns_request_duration_seconds_count{${where}} 4`,
      `coredns_dns_response_size_bytes_count{${where},proto="udp"} 4`,
      'coredns_cache_hits_total{server="dns://:53",type="success",zones=".",view=""} 1',
      'coredns_cache_misses_total{server="dns://:53",zones=".",view=""} 1',
      "coredns_cache_entries 1",
      'coredns_proxy_request_duration_seconds_count{proxy_name="forward",to="192.0.2.1:53",rcode="NOERROR"} 2',
      "coredns_panics_total 0",
    ]) {
      ok(text.includes(`${line}\n`), `${line} is not in\n${text}`);
    }
  }));

test("told to stop, it is not ready any more, and answers for a while", () =>
  serving({}, async (server) => {
    const { ask, page, stop, stopped, api, open } = server;
    let isOver = false;
    void stopped.then(() => (isOver = true));
    stop();
    await api.clock.advance(seconds(4.9));
    equal((await page(8_181, "/ready")).status, 503);
    equal((await page(8_080, "/health")).status, 200);
    equal(read(await ask(questionFor(name, types.A)))?.rcode, 0);
    equal(isOver, false);
    await api.clock.advance(seconds(0.2));
    equal(isOver, true);
    equal(open(), 0);
  }));

test("before it knows the cluster it is not ready, and says nothing about its names", async () => {
  const server = await testServer(
    { "192.0.2.1": () => ({ answers: [address] }) },
    { isDeaf: true },
  );
  const { ask, page } = server;
  const rcodeOf = async (of: string, type: number): Promise<number | undefined> =>
    read(await ask(questionFor(of, type)))?.rcode;
  equal((await page(8_181, "/ready")).status, 503);
  equal((await page(8_080, "/health")).status, 200);
  deepEqual(
    [
      await rcodeOf(name, types.A),
      await rcodeOf("1.0.3.10.in-addr.arpa", types.PTR),
      await rcodeOf(outsider, types.A),
    ],
    [rcodes.SERVFAIL, rcodes.SERVFAIL, rcodes.NOERROR],
  );
  await server[Symbol.asyncDispose]();
  equal(server.open(), 0);
});

test("an upstream that leads back here is found out", async () => {
  let ask: TestServer["ask"] | undefined;
  const looping: Behaviour = ({ question, id }) => {
    void ask?.(questionFor(question.name, question.type, { id }));
    return undefined;
  };
  const server = await testServer({ "192.0.2.1": looping }, { before: (own) => (ask = own) });
  await server.api.clock.advance(seconds(3));
  const asked = server.network.asked.length;
  equal(read(await server.ask(questionFor(outsider, types.A)))?.rcode, rcodes.SERVFAIL);
  equal(server.network.asked.length, asked);
  match(server.network.asked[0] ?? "", /^udp 192\.0\.2\.1 \w{16}\.\w{16}$/);
  await server[Symbol.asyncDispose]();
  equal(server.open(), 0);
});
