import { equal, rejects } from "node:assert/strict";
import { test } from "node:test";
import { seconds } from "#base/clock.ts";
import { ManualClock } from "#base/testing.ts";
import { VirtualClock } from "./clock.ts";
import { noOutsideWorld } from "./outside-world.ts";
import { webhooksBehindUrls } from "./webhook-gate.ts";

test("time goes on when a program outside never answers", async () => {
  const real = new ManualClock();
  const clock = new VirtualClock();
  const { upgrade } = noOutsideWorld.http;
  const http = { call: () => new Promise<never>(() => undefined), upgrade };
  const webhooks = webhooksBehindUrls({ http, clock: real }, clock);
  const { signal } = new AbortController();
  const asking = webhooks.call({ url: "https://a.b/" }, {} as never, { timeoutSeconds: 2, signal });
  const late = rejects(asking, { message: "context deadline exceeded" });
  await Promise.resolve();
  real.advance(seconds(2));
  await late;
  const started = clock.now();
  await clock.advance(seconds(1));
  equal(clock.now() - started, seconds(1));
});
