import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { cidrWarnings, ipWarnings } from "./ip-warnings.ts";

test("addresses of IPv6 have one form that is right, and others that are accepted", () => {
  for (const text of ["10.0.0.1", "2001:db8::2", "a.example.com"]) {
    deepEqual([...ipWarnings("a", text)], []);
  }
  deepEqual(
    [...ipWarnings("a[0]", "2001:DB8:0:0::2")],
    ['a[0]: IPv6 address "2001:DB8:0:0::2" should be in RFC 5952 canonical format ("2001:db8::2")'],
  );
});

test("so have networks", () => {
  for (const text of ["10.0.0.0/8", "2001:db8::/64", "none"]) {
    deepEqual([...cidrWarnings("a", text)], []);
  }
  deepEqual(
    [...cidrWarnings("a", "2001:db8:0:0::/64")],
    [
      'a: IPv6 CIDR value "2001:db8:0:0::/64" should be in RFC 5952 canonical format ("2001:db8::/64")',
    ],
  );
});
