import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { draftFrom, problemsOf } from "#api/testing.ts";
import { TokenRequest } from "./tokenrequest.ts";

test("a token is good for an hour unless said", () => {
  equal(draftFrom(TokenRequest, { spec: { audiences: null } }).spec.expirationSeconds, 3600);
});

test("a token is good for ten minutes at least, and for 2^32 seconds at most", () => {
  const asking = (expirationSeconds: number) =>
    problemsOf(TokenRequest, { spec: { expirationSeconds } });
  deepEqual(asking(600), []);
  deepEqual(asking(2 ** 32), []);
  deepEqual(asking(599), [
    "spec.expirationSeconds: Invalid value: 599: may not specify a duration less than 10 minutes",
  ]);
  deepEqual(asking(2 ** 32 + 1), [
    "spec.expirationSeconds: Invalid value: 4294967297: may not specify a duration larger than 2^32 seconds",
  ]);
});
