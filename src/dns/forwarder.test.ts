import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { seconds } from "#base/clock.ts";
import { silent } from "#base/log.ts";
import { Metrics } from "#base/metrics.ts";
import { seededRandom } from "#base/random.ts";
import { drain, VirtualClock } from "#sim/clock.ts";
import { encodeReply } from "./encode.ts";
import { answersIn, rcodeOf } from "./forwarded.ts";
import { Forwarder, type Outcome } from "./forwarder.ts";
import { type DnsRecord, emptyReply, type Query, rcodes, types } from "./message.ts";
import { dnsMetrics } from "./metrics.ts";
import { type Behaviour, lineOf, outside } from "./testing.ts";

const name = "www.example.com";
const record = (address: string, ttl = 60): DnsRecord => ({
  name,
  type: types.A,
  ttl,
  data: { is: "address", address },
});

const says =
  (...addresses: readonly string[]): Behaviour =>
  () => ({ answers: addresses.map((address) => record(address)) });

const soa: DnsRecord = {
  name: "example.com",
  type: types.SOA,
  ttl: 900,
  data: {
    is: "soa",
    primary: "ns.example.com",
    contact: "x.example.com",
    serial: 1,
    refresh: 1,
    retry: 1,
    expire: 1,
    minimum: 10,
  },
};

const silence: Behaviour = () => undefined;
const one = "192.0.2.1";
const two = "192.0.2.2";

interface Bench {
  readonly forwarder: Forwarder;
  readonly clock: VirtualClock;
  readonly asked: readonly string[];
  /** What is heard without time passing; `waiting` otherwise. */
  readonly ask: (about?: string) => Promise<string>;
  /** Until there is an answer, and after how many seconds. */
  readonly wait: (about?: string) => Promise<readonly [string, number]>;
}

function shown(outcome: Outcome | undefined): string {
  if (!outcome) return "nobody answers";
  const { forwarded, isCached, ageSeconds } = outcome;
  const lines = answersIn(forwarded).map(lineOf).join(", ");
  return (lines || `rcode ${rcodeOf(forwarded)}`) + (isCached ? `, kept for ${ageSeconds} s` : "");
}

async function bench(
  servers: Readonly<Record<string, Behaviour>>,
  run: (bench: Bench) => Promise<void>,
  upstreams = Object.keys(servers),
): Promise<void> {
  const clock = new VirtualClock();
  const network = outside(servers);
  const forwarder = new Forwarder({
    ...network,
    clock,
    random: seededRandom(1),
    log: silent,
    metrics: dnsMetrics({ metrics: new Metrics(), server: "dns://:53", cacheSize: () => 0 }),
    upstreams: upstreams.map((address) => ({ address, port: 53 })),
  });
  const begin = (about = name): { text: string; done: Promise<void> } => {
    const question = { name: about, type: types.A, class: 1 };
    const heard = { text: "waiting", done: Promise.resolve() };
    const hear = async (): Promise<void> => {
      const ask = { question, dnssecOk: false, checkingDisabled: false };
      heard.text = shown(await forwarder.ask(ask));
    };
    heard.done = hear();
    return heard;
  };
  await run({
    forwarder,
    clock,
    asked: network.asked,
    async ask(about) {
      const heard = begin(about);
      await drain();
      return heard.text;
    },
    async wait(about) {
      const started = clock.monotonic();
      const heard = begin(about);
      await drain();
      while (heard.text === "waiting") await clock.advance(100);
      await heard.done;
      return [heard.text, (clock.monotonic() - started) / 1_000];
    },
  });
  await clock.advance(seconds(60));
  equal(network.open(), 0, "sockets are left open");
  equal(clock.pending, 0, "timers are left");
}

const line = (address: string, ttl = 60): string => `${name} ${ttl} A ${address}`;

test("an answer from outside is handed on, and kept", () =>
  bench({ [one]: says("198.51.100.1") }, async ({ ask, asked, clock }) => {
    equal(await ask(), line("198.51.100.1"));
    await clock.advance(seconds(12));
    equal(await ask(), `${line("198.51.100.1")}, kept for 12 s`);
    deepEqual(asked, [`udp ${one} ${name}`]);
  }));

test("nothing is kept for longer than half a minute, nor for longer than it is good", () =>
  bench(
    {
      [one]: ({ question }) => ({
        answers: [record("198.51.100.1", question.name === name ? 999 : 3)],
      }),
    },
    async ({ ask, asked, clock }) => {
      await ask();
      await ask("short.example.com");
      await clock.advance(seconds(3));
      await ask("short.example.com");
      await clock.advance(seconds(26.9));
      await ask();
      equal(asked.length, 3);
      await clock.advance(seconds(0.2));
      await ask();
      equal(asked.length, 4);
    },
  ));

test("a no is kept as long as its zone says; without that, and a failure, not at all", () => {
  const answers: Readonly<Record<string, ReturnType<Behaviour>>> = {
    "no.example.com": { rcode: rcodes.NXDOMAIN, authorities: [soa] },
    "empty.example.com": { authorities: [soa] },
    "bare.example.com": { rcode: rcodes.NXDOMAIN },
    "broken.example.com": { rcode: rcodes.SERVFAIL },
  };
  return bench({ [one]: ({ question }) => answers[question.name] }, async ({ ask, clock }) => {
    const names = Object.keys(answers);
    const askAll = async (): Promise<readonly string[]> => {
      const heard: string[] = [];
      for (const each of names) heard.push(await ask(each));
      return heard;
    };
    deepEqual(await askAll(), ["rcode 3", "rcode 0", "rcode 3", "rcode 2"]);
    await clock.advance(seconds(9));
    const kept = ["rcode 3, kept for 9 s", "rcode 0, kept for 9 s"];
    deepEqual(await askAll(), [...kept, "rcode 3", "rcode 2"]);
    await clock.advance(seconds(1));
    deepEqual(await askAll(), ["rcode 3", "rcode 0", "rcode 3", "rcode 2"]);
  });
});

test("however many want to know one thing, it is asked once", () =>
  bench({ [one]: silence }, async ({ forwarder, asked, clock }) => {
    const question = { name, type: types.A, class: 1 };
    const ask = { question, dnssecOk: false, checkingDisabled: false };
    const all = Promise.all(Array.from({ length: 50 }, () => forwarder.ask(ask)));
    await drain();
    equal(asked.length, 1);
    await clock.advance(seconds(5));
    deepEqual(new Set(await all), new Set([undefined]));
  }));

test("what does not fit into a datagram is asked again over a connection", () => {
  const many = Array.from({ length: 90 }, (_, i) => `198.51.100.${i}`);
  return bench({ [one]: says(...many) }, async ({ ask, asked }) => {
    equal((await ask()).split(", ").length, 90);
    deepEqual(asked, [`udp ${one} ${name}`, `tcp ${one} ${name}`]);
  });
});

test("who says only over a connection nothing is given up after a while", () => {
  const mute: Behaviour = (_, transport) =>
    transport === "tcp" ? undefined : { answers: Array.from({ length: 90 }, () => record(one)) };
  return bench({ [one]: mute }, async ({ wait }) => deepEqual(await wait(), ["nobody answers", 4]));
});

test("another name server is asked when one is silent, and the silent one is left out", () =>
  bench({ [one]: silence, [two]: says("198.51.100.2") }, async ({ wait, ask, asked, clock }) => {
    const waits: number[] = [];
    for (let i = 0; i < 8; i++) waits.push((await wait(`${i}.example.com`))[1]);
    deepEqual(waits, [2, 2, 0, 0, 0, 0, 0, 0]);
    const toOne = (): number => asked.filter((text) => text.includes(one)).length;
    equal(toOne(), 2);
    await clock.advance(seconds(10));
    await ask("x.example.com");
    await ask("y.example.com");
    equal(toOne(), 3);
  }));

test("another name server is asked when one cannot be reached, or fails", () =>
  bench(
    { [one]: () => ({ rcode: rcodes.SERVFAIL }), [two]: says("198.51.100.2") },
    async ({ ask }) => {
      for (let i = 0; i < 6; i++) equal(await ask(`${i}.example.com`), line("198.51.100.2"));
    },
    [one, two, "203.0.113.9"],
  ));

test("when all fail, their failure is the answer; when none answers, there is none", async () => {
  await bench({ [one]: () => ({ rcode: rcodes.REFUSED }) }, async ({ ask }) =>
    equal(await ask(), "rcode 5"),
  );
  await bench({}, async ({ ask }) => equal(await ask(), "nobody answers"), ["203.0.113.9"]);
  await bench({}, async ({ ask, asked }) => {
    equal(await ask(), "nobody answers");
    deepEqual(asked, []);
  });
});

test("the only name server is asked again though it was silent, with less patience", () => {
  let isBack = false;
  const flaky: Behaviour = () => (isBack ? { answers: [record("198.51.100.1")] } : undefined);
  return bench({ [one]: flaky }, async ({ wait, ask }) => {
    deepEqual(await wait("a.example.com"), ["nobody answers", 4]);
    deepEqual(await wait("b.example.com"), ["nobody answers", 2]);
    isBack = true;
    equal(await ask("c.example.com"), line("198.51.100.1"));
  });
});

test("a name server that is slow about one name is not left out for it", () => {
  const lame: Behaviour = ({ question }) =>
    question.name.startsWith("lame") ? undefined : { answers: [record("198.51.100.1")] };
  return bench({ [one]: lame, [two]: lame }, async ({ forwarder, ask, clock, asked }) => {
    const slow = Array.from({ length: 6 }, (_, i) =>
      forwarder.ask({
        question: { name: `lame${i}.example.com`, type: types.A, class: 1 },
        dnssecOk: false,
        checkingDisabled: false,
      }),
    );
    await clock.advance(seconds(1));
    await ask("a.example.com");
    await ask("b.example.com");
    await clock.advance(seconds(5));
    await Promise.all(slow);
    const before = asked.length;
    for (let i = 0; i < 4; i++) await ask(`after${i}.example.com`);
    deepEqual(new Set(asked.slice(before).map((text) => text.split(" ")[1])), new Set([one, two]));
  });
});

test("answers to what was not asked are passed over", () => {
  const forged = (query: Query): Uint8Array =>
    encodeReply(
      { ...query, id: query.id ^ 1 },
      { ...emptyReply(0), answers: [record("6.6.6.6")] },
      512,
    );
  const other = (query: Query): Uint8Array => {
    const bytes = encodeReply(query, { ...emptyReply(0), answers: [record("6.6.6.6")] }, 512);
    bytes[13] = 0x78;
    return bytes;
  };
  const question = (query: Query): Uint8Array => {
    const bytes = encodeReply(query, { ...emptyReply(0), answers: [record("6.6.6.6")] }, 512);
    bytes[2] = 1;
    return bytes;
  };
  const servers = [forged, other, question, () => new Uint8Array(5), () => new Uint8Array(40)];
  return bench({ [one]: (query) => servers.shift()?.(query) ?? {} }, async ({ wait }) => {
    deepEqual(await wait(), ["nobody answers", 4]);
    deepEqual(await wait(), ["nobody answers", 2]);
    deepEqual(await wait(), ["nobody answers", 2]);
  });
});

test("an upstream that asks us back is found out, and not used", () =>
  bench(
    { [one]: silence, [two]: says("198.51.100.2") },
    async ({ forwarder, asked, ask, clock }) => {
      const probing = forwarder.findLoops();
      await drain();
      const probe = asked.find((text) => text.includes(one))?.split(" ")[2] ?? "";
      equal(forwarder.isOwnProbe({ name: probe, type: types.A, class: 1 }), false);
      equal(forwarder.isOwnProbe({ name: probe, type: types.HINFO, class: 1 }), true);
      await clock.advance(seconds(3));
      await probing;
      equal(forwarder.isOwnProbe({ name: probe, type: types.HINFO, class: 1 }), false);
      const before = asked.length;
      for (let i = 0; i < 4; i++) await ask(`${i}.example.com`);
      deepEqual(
        asked.slice(before).filter((text) => text.includes(one)),
        [],
      );
    },
  ));

test("a thousand answers are kept, not more, and none that is big", () => {
  const big: DnsRecord = {
    name,
    type: types.TXT,
    ttl: 60,
    data: { is: "raw", bytes: new Uint8Array(5_000) },
  };
  const answers: Behaviour = ({ question }, transport) => {
    if (question.name !== "big") return { answers: [record("198.51.100.1")] };
    return transport === "tcp" ? { answers: [big] } : { answers: [big, big] };
  };
  return bench({ [one]: answers }, async ({ forwarder, ask, asked }) => {
    for (let i = 0; i < 1_100; i++) await ask(`${i}.example.com`);
    equal(forwarder.cacheSize, 1_024);
    await ask("big");
    const before = asked.length;
    await ask("big");
    equal(asked.length, before + 2);
    await ask("1099.example.com");
    equal(asked.length, before + 2);
  });
});
