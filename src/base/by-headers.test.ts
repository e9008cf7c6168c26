import { deepEqual, throws } from "node:assert/strict";
import { test } from "node:test";
import { byHeaders } from "./by-headers.ts";

test("headers that never change are looked at once, others each time", () => {
  const seen: string[] = [];
  const hostIn = byHeaders(({ host = "" }) => {
    seen.push(host);
    return host;
  });
  const frozen = Object.freeze({ host: "a" });
  const open: Record<string, string> = { host: "b" };
  const found = [hostIn(frozen), hostIn(frozen), hostIn(open)];
  open["host"] = "c";
  deepEqual([...found, hostIn(open)], ["a", "a", "b", "c"]);
  deepEqual(seen, ["a", "b", "c"]);
});

test("what cannot be read is refused each time", () => {
  const fail = byHeaders(() => {
    throw new Error("no");
  });
  const headers = Object.freeze({});
  throws(() => fail(headers));
  throws(() => fail(headers));
});
