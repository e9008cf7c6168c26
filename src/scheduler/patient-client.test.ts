import { equal, rejects } from "node:assert/strict";
import { test } from "node:test";
import { Pod } from "#api/core/pod.ts";
import { ApiError } from "#api/errors.ts";
import { seconds } from "#base/clock.ts";
import type { Client } from "#client/client.ts";
import { VirtualClock } from "#sim/clock.ts";
import { patientClient } from "./patient-client.ts";

/** A client of which only `delete` works: as `answer` says. */
function deleting(answer: (name: string) => Promise<void>): Client {
  const client: Partial<Client> = { delete: (_kind, { name }) => answer(name) };
  return client as Client;
}

const { signal } = new AbortController();

test("a server that has too much to do is asked again when it said so", async () => {
  const clock = new VirtualClock();
  let asked = 0;
  const busy = deleting(() => {
    if (++asked > 1) return Promise.resolve();
    const details = { retryAfterSeconds: 3 };
    return Promise.reject(new ApiError("TooManyRequests", "later", { details }));
  });
  const client = patientClient(busy, { clock, signal });
  const done = client.delete(Pod, { name: "a" });
  await clock.advance(seconds(2));
  equal(asked, 1);
  await clock.advance(seconds(1));
  await done;
  equal(asked, 2);
});

test("other refusals are the caller's, and come at once", async () => {
  const failing = deleting(() => Promise.reject(new ApiError("NotFound", "gone")));
  const client = patientClient(failing, { clock: new VirtualClock(), signal });
  for (const name of ["a", "b"]) await rejects(client.delete(Pod, { name }), /gone/);
});
