import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import type { FieldError } from "#schema/field-error.ts";
import {
  isDualStack,
  isIP,
  validCanonicalCIDR,
  validCanonicalIP,
  validCIDR,
  validIP,
  validPublicIP,
} from "./ip-rules.ts";

type Rule = (path: string, text: string) => Iterable<FieldError>;

const notIP = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
const notCIDR = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";

const cases: readonly (readonly [Rule, text: string, ...problems: string[]])[] = [
  [validIP, "10.0.0.1"],
  [validIP, "2001:DB8::1"],
  [validIP, "10.0.0", notIP],
  [validIP, "", notIP],
  [validIP, "010.0.0.1", "must not have leading 0s"],
  [validIP, "::ffff:1.2.3.4", "must not be an IPv4-mapped IPv6 address"],
  [validCIDR, "10.0.0.0/8"],
  [validCIDR, "2001:db8::/64"],
  [validCIDR, "10.0.0.0", notCIDR],
  [validCIDR, "10.0.0.0/33", notCIDR],
  [validCIDR, "10.0.0.0/08", "must not have leading 0s in IP or prefix length"],
  [validCIDR, "10.0.0.1/8", "must not have bits set beyond the prefix length"],
  [validPublicIP, "1.2.3.4"],
  [validPublicIP, "x", "must be a valid IP address"],
  [validPublicIP, "0.0.0.0", "may not be unspecified (0.0.0.0)"],
  [validPublicIP, "127.0.0.1", "may not be in the loopback range (127.0.0.0/8, ::1/128)"],
  [validPublicIP, "169.254.1.1", "may not be in the link-local range (169.254.0.0/16, fe80::/10)"],
  [
    validPublicIP,
    "224.0.0.1",
    "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)",
  ],
  [validCanonicalIP, "2001:db8::1"],
  [validCanonicalIP, "2001:DB8::1", 'must be in canonical form ("2001:db8::1")'],
  [validCanonicalCIDR, "2001:0db8::/64", 'must be in canonical form ("2001:db8::/64")'],
];

for (const [rule, text, ...problems] of cases) {
  const name = rule.name.replace(/^valid/, "").replace(/([a-z])([A-Z])/g, "$1 $2");
  test(`${JSON.stringify(text)} as ${name}: ${problems.length === 0 ? "fine" : "refused"}`, () => {
    const messages = Array.from(rule("ip", text), ({ path, message }) => `${path}: ${message}`);
    deepEqual(
      messages,
      problems.map((problem) => `ip: Invalid value: ${JSON.stringify(text)}: ${problem}`),
    );
  });
}

test("addresses and families are recognized", () => {
  equal(isIP("010.0.0.1"), true);
  equal(isIP("example.com"), false);
  equal(isDualStack(["10.0.0.1", "::1"]), true);
  equal(isDualStack(["::1", "::2"]), false);
});
