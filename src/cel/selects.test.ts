import { equal } from "node:assert/strict";
import { test } from "node:test";
import { selects } from "./selects.ts";

for (const [text, isThere] of [
  ["claims.email", true],
  ["claims.?email.orValue('')", true],
  ["has(claims.email) ? 'a' : 'b'", true],
  ["['x', claims.email]", true],
  ["{'a': claims.email}", true],
  ["claims.roles.exists(role, role == claims.email)", true],
  ["claims.roles.map(role, role.email)", false],
  ["cel.bind(x, claims.email, x)", true],
  ["claims.email_verified", false],
  ["claims.user.email", false],
  ["'claims.email'", false],
  ["claims.email +", false],
] as const)
  test(`${text} ${isThere ? "reads" : "does not read"} the e-mail address`, () =>
    equal(selects(text, "claims", "email"), isThere));
