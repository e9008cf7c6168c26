import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { parseUpstream, upstreamsIn } from "./resolv-conf.ts";

const cases: Readonly<Record<string, string | undefined>> = {
  "192.0.2.53": "192.0.2.53 53",
  "192.0.2.53:5353": "192.0.2.53 5353",
  "2001:DB8::0:53": "2001:db8::53 53",
  "[2001:db8::53]:5353": "2001:db8::53 5353",
  "[::1]": "::1 53",
  "192.0.2.53:0": undefined,
  "192.0.2.53:65536": undefined,
  "192.0.2.256": undefined,
  "ns.example.com": undefined,
  "": undefined,
};

for (const [text, expected] of Object.entries(cases)) {
  test(`the upstream ${JSON.stringify(text)} is ${expected ?? "none"}`, () => {
    const found = parseUpstream(text);
    deepEqual(found && `${found.address} ${found.port}`, expected);
  });
}

test("the machine's name servers are asked, once each, but not those that would be the pod itself", () => {
  const text = [
    "# nameserver 192.0.2.1",
    "search example.com",
    "nameserver 192.0.2.2",
    "nameserver\t2001:DB8::1%eth0",
    "nameserver 127.0.0.53",
    "nameserver ::1",
    "nameserver 0.0.0.0",
    "nameserver nonsense",
    "nameserver 192.0.2.2",
    "options ndots:5",
  ].join("\n");
  deepEqual(
    upstreamsIn(text).map(({ address, port }) => `${address} ${port}`),
    ["192.0.2.2 53", "2001:db8::1 53"],
  );
  deepEqual(upstreamsIn(""), []);
});
