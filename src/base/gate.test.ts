import { deepEqual, equal, rejects } from "node:assert/strict";
import { test } from "node:test";
import { Gate } from "./gate.ts";

test("so many are inside at once, and the others come in the order in which they asked", async () => {
  const gate = new Gate(2);
  const came: number[] = [];
  const leave: (() => void)[] = [];
  const all = Array.from({ length: 3_000 }, (_, i) =>
    gate.through(() => {
      came.push(i);
      return new Promise<void>((resolve) => leave.push(resolve));
    }),
  );
  deepEqual(came, [0, 1]);
  for (let i = 0; i < 3_000; i++) {
    leave[i]?.();
    await all[i];
    equal(came.length, Math.min(i + 3, 3_000));
  }
  deepEqual(
    came,
    [...came].sort((a, b) => a - b),
  );
});

test("who fails inside leaves as well", async () => {
  const gate = new Gate(1);
  await rejects(
    gate.through(async () => Promise.reject(new Error("no"))),
    /no/,
  );
  equal(await gate.through(async () => 7), 7);
});
