import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { Lease } from "#api/coordination/lease.ts";
import { ApiError } from "#api/errors.ts";
import { seconds } from "#base/clock.ts";
import { silent } from "#base/log.ts";
import { seededRandom } from "#base/random.ts";
import { drain } from "#sim/clock.ts";
import type { Client } from "./client.ts";
import { takeTurnsLeading } from "./leader-election.ts";
import { admin, startTestApi, type TestApi } from "./testing.ts";
import { inProcess } from "./transports/in-process.ts";
import { createClient } from "./typed.ts";

const lease = { namespace: "kube-system", name: "scheduler" };

class Replica {
  readonly stop = new AbortController();
  isLeading = false;
  isCutOff = false;
  readonly running: Promise<void>;

  constructor(identity: string, api: TestApi, leaders: string[]) {
    const direct = createClient(inProcess(api.handle, admin));
    const check = (): void => {
      if (this.isCutOff) throw new ApiError("ServiceUnavailable", "cut off");
    };
    const client: Client = {
      ...direct,
      get: async (...call) => (check(), direct.get(...call)),
      update: async (...call) => (check(), direct.update(...call)),
      create: async (...call) => (check(), direct.create(...call)),
    };
    const random = seededRandom(identity.charCodeAt(0));
    this.running = takeTurnsLeading(
      {
        client,
        lease,
        identity,
        clock: api.clock,
        random,
        log: silent,
        lead: async (signal) => {
          this.isLeading = true;
          leaders.push(identity);
          await new Promise<void>((resolve) => {
            signal.addEventListener("abort", () => resolve());
          });
          this.isLeading = false;
        },
      },
      this.stop.signal,
    );
  }
}

async function election(
  run: (bench: { api: TestApi; a: Replica; b: Replica; leaders: string[] }) => Promise<void>,
): Promise<void> {
  await using api = await startTestApi();
  const leaders: string[] = [];
  const a = new Replica("a", api, leaders);
  await api.clock.advance(seconds(1));
  const b = new Replica("b", api, leaders);
  await api.clock.advance(seconds(30));
  await run({ api, a, b, leaders });
  for (const replica of [a, b]) replica.stop.abort();
  await drain();
  await Promise.all([a.running, b.running]);
}

test("one leads, the other waits", () =>
  election(async ({ api, a, b, leaders }) => {
    await api.clock.advance(seconds(600));
    deepEqual([a.isLeading, b.isLeading, leaders], [true, false, ["a"]]);
    const { spec } = await createClient(inProcess(api.handle, admin)).get(Lease, lease);
    deepEqual(
      [spec.holderIdentity, spec.leaseDurationSeconds, spec.leaseTransitions],
      ["a", 15, 0],
    );
  }));

test("a leader that ends hands over at once", () =>
  election(async ({ api, a, b, leaders }) => {
    a.stop.abort();
    await api.clock.advance(seconds(5));
    deepEqual([a.isLeading, b.isLeading, leaders], [false, true, ["a", "b"]]);
    const { spec } = await createClient(inProcess(api.handle, admin)).get(Lease, lease);
    deepEqual([spec.holderIdentity, spec.leaseTransitions], ["b", 1]);
  }));

test("a leader that is cut off stops before another starts", () =>
  election(async ({ api, a, b, leaders }) => {
    a.isCutOff = true;
    let together = 0;
    for (let step = 0; step < 60; step++) {
      await api.clock.advance(seconds(0.5));
      if (a.isLeading && b.isLeading) together++;
    }
    equal(together, 0);
    deepEqual([a.isLeading, b.isLeading, leaders], [false, true, ["a", "b"]]);
  }));

test("a short interruption does not cost the lead", () =>
  election(async ({ api, a, leaders }) => {
    a.isCutOff = true;
    await api.clock.advance(seconds(5));
    a.isCutOff = false;
    await api.clock.advance(seconds(60));
    deepEqual([a.isLeading, leaders], [true, ["a"]]);
  }));
