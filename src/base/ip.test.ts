import { deepEqual, equal, throws } from "node:assert/strict";
import { describe, test } from "node:test";
import * as ip from "./ip.ts";

const { cidrOf, formatCidr, formatIp, ipOf } = ip;

describe("addresses", () => {
  for (const [text, canonical] of [
    ["10.0.0.1", "10.0.0.1"],
    ["255.255.255.255", "255.255.255.255"],
    ["::", "::"],
    ["::1", "::1"],
    ["1::", "1::"],
    ["2001:DB8:0:0:0:0:0:1", "2001:db8::1"],
    ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["2001:0:0:1:0:0:0:1", "2001:0:0:1::1"],
    ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"],
    ["0:0:0:0:0:ffff:10.1.2.3", "::ffff:10.1.2.3"],
    ["64:ff9b::1.2.3.4", "64:ff9b::102:304"],
  ] as const) {
    test(`${text} is written ${canonical}`, () => {
      equal(ip.canonicalIp(text), canonical);
      equal(ip.canonicalIp(canonical), canonical);
    });
  }

  for (const text of [
    "",
    "1.2.3",
    "1.2.3.256",
    "01.2.3.4",
    "1.2.3.4.5",
    " 1.2.3.4",
    "1.2.3.4 ",
    "::1%eth0",
  ]
    .concat([
      ":",
      ":::",
      "1::2::3",
      "1:2:3:4:5:6:7",
      "1:2:3:4:5:6:7:8:9",
      "1:2:3:4:5:6:7:8::",
      "12345::",
    ])
    .concat([
      "::1.2.3",
      "1.2.3.4::",
      "g::",
      "[::1]",
      "1:2:3:4:5:6:7:1.2.3.4",
      "-1.2.3.4",
      "1e1.2.3.4",
    ])) {
    test(`${JSON.stringify(text)} is none`, () => equal(ip.parseIp(text), undefined));
  }

  test("bytes and back", () => {
    for (const text of ["10.1.2.3", "0.0.0.1", "::1", "2001:db8::1"])
      deepEqual(ip.ipOfBytes(ip.ipBytes(ipOf(text))), ipOf(text));
    deepEqual([...ip.ipBytes(ipOf("10.1.2.3"))], [10, 1, 2, 3]);
    equal(ip.ipOfBytes(new Uint8Array(5)), undefined);
  });

  test("names for reverse look-ups", () => {
    equal(ip.reverseName(ipOf("10.1.2.3")), "3.2.1.10.in-addr.arpa");
    const v6 = ip.reverseName(ipOf("2001:db8::1"));
    equal(v6, `1.${"0.".repeat(23)}8.b.d.0.1.0.0.2.ip6.arpa`);
    deepEqual(ip.parseReverseName("3.2.1.10.IN-ADDR.ARPA."), ipOf("10.1.2.3"));
    deepEqual(ip.parseReverseName(v6), ipOf("2001:db8::1"));
    deepEqual(["x.arpa", "1.2.3.in-addr.arpa", "1.0.ip6.arpa"].map(ip.parseReverseName), [
      undefined,
      undefined,
      undefined,
    ]);
  });

  test("special addresses, also when a dual-stack socket spells them", () => {
    deepEqual(
      ["127.3.2.1", "::1", "::ffff:127.0.0.1", "128.0.0.1"].map((t) => ip.isLoopback(ipOf(t))),
      [true, true, true, false],
    );
    deepEqual(
      ["0.0.0.0", "::", "0.0.0.1"].map((t) => ip.isUnspecified(ipOf(t))),
      [true, true, false],
    );
    deepEqual(
      ["169.254.1.1", "fe80::1", "febf::1", "fec0::1"].map((t) => ip.isLinkLocal(ipOf(t))),
      [true, true, true, false],
    );
    deepEqual(
      ["224.0.0.251", "ff02::1", "224.0.1.1"].map((t) => ip.isLinkLocalMulticast(ipOf(t))),
      [true, true, false],
    );
  });

  test("hosts with ports", () => {
    deepEqual([ip.hostPort("10.0.0.1", 80), ip.hostPort("::1", 80)], ["10.0.0.1:80", "[::1]:80"]);
  });
});

describe("networks", () => {
  test("host bits are dropped", () => {
    deepEqual(
      ["10.1.2.3/8", "10.1.2.3/32", "0.0.0.0/0", "2001:DB8::1/64"].map((t) =>
        formatCidr(cidrOf(t)),
      ),
      ["10.0.0.0/8", "10.1.2.3/32", "0.0.0.0/0", "2001:db8::/64"],
    );
  });

  for (const text of [
    "10.0.0.0",
    "10.0.0.0/33",
    "10.0.0.0/08",
    "10.0.0.0/",
    "10.0.0.0/8/8",
    "::/129",
    "x/8",
    "/8",
  ])
    test(`${JSON.stringify(text)} is none`, () => equal(ip.parseCidr(text), undefined));

  test("what lies in them", () => {
    const pods = cidrOf("10.244.0.0/16");
    deepEqual(
      ["10.244.0.0", "10.244.255.255", "10.245.0.0", "::a"].map((t) => ip.contains(pods, ipOf(t))),
      [true, true, false, false],
    );
    deepEqual(
      ["10.244.7.0/24", "10.0.0.0/8", "10.245.0.0/24"].map((t) => [
        ip.containsCidr(pods, cidrOf(t)),
        ip.overlap(pods, cidrOf(t)),
      ]),
      [
        [true, true],
        [false, true],
        [false, false],
      ],
    );
  });

  test("addresses by number", () => {
    const services = cidrOf("10.96.0.0/12");
    equal(ip.sizeOf(services), 2n ** 20n);
    deepEqual(
      [1, 10, -1].map((n) => formatIp(ip.nthAddress(services, n))),
      ["10.96.0.1", "10.96.0.10", "10.111.255.255"],
    );
    equal(ip.indexIn(services, ipOf("10.96.1.0")), 256n);
    equal(ip.indexIn(services, ipOf("10.1.1.0")), undefined);
    throws(() => ip.nthAddress(services, 2 ** 20), RangeError);
    equal(formatIp(ip.nthAddress(cidrOf("fd00::/108"), 0xabcde)), "fd00::a:bcde");
    deepEqual([...ip.addressesIn(cidrOf("10.0.0.4/30"))].map(formatIp), [
      "10.0.0.4",
      "10.0.0.5",
      "10.0.0.6",
      "10.0.0.7",
    ]);
  });

  test("subnets by number", () => {
    const pods = cidrOf("10.244.0.0/16");
    equal(ip.subnetCount(pods, 24), 256);
    deepEqual(
      [0, 7, 255].map((n) => formatCidr(ip.nthSubnet(pods, 24, n))),
      ["10.244.0.0/24", "10.244.7.0/24", "10.244.255.0/24"],
    );
    throws(() => ip.nthSubnet(pods, 24, 256), RangeError);
    equal(formatCidr(ip.nthSubnet(cidrOf("fd00:10:244::/56"), 64, 3)), "fd00:10:244:3::/64");
    equal(ip.subnetCount(pods, 8), 0);
  });
});
