import { equal } from "node:assert/strict";
import { test } from "node:test";
import { systemRandom } from "./random.ts";

test("no byte is drawn twice, however small or large the draws", () => {
  const drawn = Array.from({ length: 2_000 }, (_, i) => systemRandom.bytes(16 + (i % 80)));
  const firsts = drawn.map((bytes) => Buffer.from(bytes.subarray(0, 16)).toString("hex"));
  equal(new Set(firsts).size, drawn.length);
  for (const [i, bytes] of drawn.entries()) equal(bytes.length, 16 + (i % 80));
});

test("who writes to drawn bytes spoils nobody else's", () => {
  const first = systemRandom.bytes(16);
  const second = systemRandom.bytes(16);
  const before = Buffer.from(second).toString("hex");
  new Uint8Array(first.buffer).fill(0);
  equal(Buffer.from(second).toString("hex"), before);
});
