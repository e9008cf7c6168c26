/** The examples of the specification, and what lies around them. */
import { deepEqual, equal } from "node:assert/strict";
import { after, test } from "node:test";
import { Service } from "#api/core/service.ts";
import { EndpointSlice } from "#api/discovery/endpointslice.ts";
import { drain } from "#sim/clock.ts";
import { rcodes, types } from "./message.ts";
import { lineOf, slice, testCluster } from "./testing.ts";

const cluster = await testCluster();
after(() => cluster[Symbol.asyncDispose]());

type TypeName = keyof typeof types;

interface Shown {
  readonly rcode: string;
  readonly answers: readonly string[];
  readonly additional?: readonly string[];
}

const rcodeNames = Object.keys(rcodes);

function ask(name: string, type: TypeName): Shown | string {
  const answer = cluster.zone.answer({ name, type: types[type], class: 1 });
  if (answer.is === "not ours") return "not ours";
  if (answer.is === "alias") return `${answer.answers.map(lineOf).join()} → ${answer.target}`;
  const { rcode, answers, authorities, additional, isAuthoritative } = answer.reply;
  equal(isAuthoritative, true);
  // Whoever hears no learns how long it holds.
  equal(authorities.length, rcode === rcodes.NXDOMAIN || answers.length === 0 ? 1 : 0);
  return {
    rcode: rcodeNames[rcode] ?? String(rcode),
    answers: answers.map(lineOf).sort(),
    ...(additional.length > 0 && { additional: additional.map(lineOf).sort() }),
  };
}

const found = (...answers: readonly string[]): Shown => ({ rcode: "NOERROR", answers });
const noData: Shown = { rcode: "NOERROR", answers: [] };
const noName: Shown = { rcode: "NXDOMAIN", answers: [] };

const headless = "headless.default.svc.cluster.local";
const kubernetes = "kubernetes.default.svc.cluster.local";

const cases: readonly (readonly [question: string, type: TypeName, answer: Shown | string])[] = [
  // 2.2 The version of the schema.
  ["dns-version.cluster.local", "TXT", found("dns-version.cluster.local 5 TXT 1.1.0")],
  ["dns-version.cluster.local", "A", noData],
  ["x.dns-version.cluster.local", "TXT", noName],
  // 2.3 A service with an address.
  [kubernetes, "A", found(`${kubernetes} 5 A 10.3.0.1`)],
  [kubernetes, "AAAA", noData],
  [kubernetes, "TXT", noData],
  [kubernetes, "ANY", found(`${kubernetes} 5 A 10.3.0.1`)],
  [
    "dual.default.svc.cluster.local",
    "AAAA",
    found("dual.default.svc.cluster.local 5 AAAA fd00::3"),
  ],
  [
    `_https._tcp.${kubernetes}`,
    "SRV",
    {
      ...found(`_https._tcp.${kubernetes} 5 SRV 0 100 443 ${kubernetes}`),
      additional: [`${kubernetes} 5 A 10.3.0.1`],
    },
  ],
  [`_https._tcp.${kubernetes}`, "A", noData],
  [`_tcp.${kubernetes}`, "SRV", noData],
  [`_sctp.${kubernetes}`, "SRV", noName],
  [`_http._tcp.${kubernetes}`, "SRV", noName],
  [`_https._udp.${kubernetes}`, "SRV", noName],
  ["_._tcp.plain.default.svc.cluster.local", "SRV", noName],
  [
    kubernetes,
    "SRV",
    {
      ...found(
        `${kubernetes} 5 SRV 0 50 443 ${kubernetes}`,
        `${kubernetes} 5 SRV 0 50 53 ${kubernetes}`,
      ),
      additional: [`${kubernetes} 5 A 10.3.0.1`],
    },
  ],
  ["1.0.3.10.in-addr.arpa", "PTR", found(`1.0.3.10.in-addr.arpa 5 PTR ${kubernetes}`)],
  ["1.0.3.10.in-addr.arpa", "A", noData],
  [`3.${"0.".repeat(27)}0.d.f.ip6.arpa`, "PTR", "not ours"],
  [
    `3.${"0.".repeat(28)}0.d.f.ip6.arpa`,
    "PTR",
    found(`3.${"0.".repeat(28)}0.d.f.ip6.arpa 5 PTR dual.default.svc.cluster.local`),
  ],
  // 2.4 A headless service: its endpoints that are ready.
  [headless, "A", found(...["100", "101", "102"].map((n) => `${headless} 5 A 10.4.0.${n}`))],
  [headless, "AAAA", noData],
  [`my-pet.${headless}`, "A", found(`my-pet.${headless} 5 A 10.4.0.100`)],
  [`10-4-0-102.${headless}`, "A", found(`10-4-0-102.${headless} 5 A 10.4.0.102`)],
  [`sick.${headless}`, "A", noName],
  [`x.my-pet.${headless}`, "A", noName],
  ["nobody.default.svc.cluster.local", "A", noName],
  ["nobody.default.svc.cluster.local", "AAAA", noName],
  // An endpoint that is published before it is ready says that it is ready.
  ["early.default.svc.cluster.local", "A", found("early.default.svc.cluster.local 5 A 10.4.0.110")],
  // One that is on its way out is not.
  ["leaving.default.svc.cluster.local", "A", noName],
  // A service with an address has names for its endpoints too.
  [`192-168-1-10.${kubernetes}`, "A", found(`192-168-1-10.${kubernetes} 5 A 192.168.1.10`)],
  [
    `_https._tcp.${headless}`,
    "SRV",
    {
      ...found(
        `_https._tcp.${headless} 5 SRV 0 33 8443 10-4-0-102.${headless}`,
        `_https._tcp.${headless} 5 SRV 0 33 8443 my-pet-2.${headless}`,
        `_https._tcp.${headless} 5 SRV 0 33 8443 my-pet.${headless}`,
      ),
      additional: [
        `10-4-0-102.${headless} 5 A 10.4.0.102`,
        `my-pet-2.${headless} 5 A 10.4.0.101`,
        `my-pet.${headless} 5 A 10.4.0.100`,
      ],
    },
  ],
  ["100.0.4.10.in-addr.arpa", "PTR", found(`100.0.4.10.in-addr.arpa 5 PTR my-pet.${headless}`)],
  ["103.0.4.10.in-addr.arpa", "PTR", "not ours"],
  ["10.1.168.192.in-addr.arpa", "PTR", "not ours"],
  // 2.5 A name of somebody else.
  [
    "outside.default.svc.cluster.local",
    "A",
    "outside.default.svc.cluster.local 5 CNAME www.example.com → www.example.com",
  ],
  [
    "outside.default.svc.cluster.local",
    "CNAME",
    found("outside.default.svc.cluster.local 5 CNAME www.example.com"),
  ],
  [
    "inside.default.svc.cluster.local",
    "A",
    found(
      "inside.default.svc.cluster.local 5 CNAME plain.default.svc.cluster.local",
      "plain.default.svc.cluster.local 5 A 10.3.0.2",
    ),
  ],
  ["x.outside.default.svc.cluster.local", "A", noName],
  [
    "outside.default.svc.cluster.local",
    "SRV",
    "outside.default.svc.cluster.local 5 CNAME www.example.com → www.example.com",
  ],
  // 2.6 Any address, as the name of a pod.
  [
    "1-2-3-4.default.pod.cluster.local",
    "A",
    found("1-2-3-4.default.pod.cluster.local 5 A 1.2.3.4"),
  ],
  [
    "fd00--1.default.pod.cluster.local",
    "AAAA",
    found("fd00--1.default.pod.cluster.local 5 AAAA fd00::1"),
  ],
  ["1-2-3-4.default.pod.cluster.local", "AAAA", noData],
  ["1-2-3-400.default.pod.cluster.local", "A", noName],
  ["1-2-3-4.nowhere.pod.cluster.local", "A", noName],
  // What exists has no records of its own, what does not is not there.
  ["default.svc.cluster.local", "A", noData],
  ["empty.svc.cluster.local", "A", noData],
  ["nowhere.svc.cluster.local", "A", noName],
  ["web.nowhere.svc.cluster.local", "A", noName],
  ["web.default.svc.cluster.local", "A", noName],
  ["svc.cluster.local", "A", noData],
  ["default.pod.cluster.local", "A", noData],
  ["pod.cluster.local", "A", noData],
  ["cluster.local", "A", noData],
  ["cluster.local", "NS", found("cluster.local 5 NS ns.dns.cluster.local")],
  ["ns.dns.cluster.local", "A", found("ns.dns.cluster.local 5 A 10.3.0.10")],
  ["www.cluster.local", "A", noName],
  // No name stands for others.
  ["*.default.svc.cluster.local", "A", noName],
  ["any.default.svc.cluster.local", "A", noName],
  ["*.*.svc.cluster.local", "SRV", noName],
  ["*.headless.default.svc.cluster.local", "A", noName],
  [`_any._any.${kubernetes}`, "SRV", noName],
  // Names as resolvers make them from their search lists.
  ["www.example.com.default.svc.cluster.local", "A", noName],
  ["www.example.com", "A", "not ours"],
  ["notcluster.local", "A", "not ours"],
  ["", "NS", "not ours"],
];

for (const [name, type, expected] of cases) {
  test(`${name || "."} ${type}`, () => deepEqual(ask(name, type), expected));
}

test("the zone says who speaks for it, and how long a no may be kept", () => {
  deepEqual(ask("cluster.local", "SOA"), {
    rcode: "NOERROR",
    answers: [
      "cluster.local 5 SOA ns.dns.cluster.local hostmaster.cluster.local 1 7200 1800 86400 5",
    ],
  });
});

test("names that lead round in a circle are given up", () => {
  const question = { name: "ring.default.svc.cluster.local", type: types.A, class: 1 };
  const answer = cluster.zone.answer(question);
  equal(answer.is === "reply" && answer.reply.rcode, rcodes.SERVFAIL);
});

test("any endpoint may stand first, whatever was asked in between", () => {
  const first = (): string | undefined => {
    ask(headless, "AAAA");
    const answer = cluster.zone.answer({ name: headless, type: types.A, class: 1 });
    const [record] = answer.is === "reply" ? answer.reply.answers : [];
    return record?.data.is === "address" ? record.data.address : undefined;
  };
  equal(new Set(Array.from({ length: 40 }, first)).size, 3);
});

test("what changes in the cluster changes at once", async () => {
  const { client } = cluster;
  const name = "fresh.default.svc.cluster.local";
  const at = { namespace: "default", name: "fresh" };
  await client.create(Service, {
    metadata: at,
    spec: { clusterIP: "None", clusterIPs: ["None"], ports: [{ port: 80 }] },
  });
  await drain();
  deepEqual(ask(name, "A"), noName);
  await slice(client, "fresh", [{ addresses: ["10.4.0.200"] }]);
  await drain();
  deepEqual(ask(name, "A"), found(`${name} 5 A 10.4.0.200`));
  await client.delete(EndpointSlice, { namespace: "default", name: "fresh-1" });
  await drain();
  deepEqual(ask(name, "A"), noName);
  await client.delete(Service, at);
  await drain();
  deepEqual(ask(name, "A"), noName);
});
