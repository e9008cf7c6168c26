/** A short run of `npm run fuzz`: whatever comes over the wire, the server answers, survives and forgets. */
import { deepEqual, ok } from "node:assert/strict";
import { test } from "node:test";
import { type Found, fuzz } from "./run.ts";

const seed = 20_260;

test(`a few thousand requests that nobody should send, seed ${seed}`, async () => {
  const found: string[] = [];
  const onFound = ({ round, problem, sent }: Found): void =>
    void found.push(`request ${round}: ${problem}\n${Buffer.from(sent.bytes).toString("latin1")}`);
  const statuses = await fuzz({ seed, requests: 3_000, onFound });
  deepEqual(found, [], `again: npm run fuzz -- --seed ${seed} --requests 3000`);
  // It must get somewhere: in at the door, and turned away for many reasons.
  for (const wanted of [200, 201, 400, 404, 405, 415, 422])
    ok(statuses.has(wanted), `no ${wanted}`);
});
