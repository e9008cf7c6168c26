import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { Event } from "#api/core/event.ts";
import { ApiError } from "#api/errors.ts";
import { minutes, seconds } from "#base/clock.ts";
import { silent } from "#base/log.ts";
import { seededRandom } from "#base/random.ts";
import { drain } from "#sim/clock.ts";
import type { Client } from "./client.ts";
import { createRecorder, type EventRecorder, type Subject } from "./events.ts";
import { admin, startTestApi, type TestApi } from "./testing.ts";
import { inProcess } from "./transports/in-process.ts";
import { createClient } from "./typed.ts";

const web: Subject = {
  apiVersion: "v1",
  kind: "Pod",
  namespace: "default",
  name: "web",
  uid: "u1",
  resourceVersion: "7",
};

interface Bench {
  readonly api: TestApi;
  readonly client: Client;
  readonly recorder: EventRecorder;
  readonly say: (reason: string, message?: string, about?: Subject) => Promise<void>;
  readonly events: () => Promise<readonly Event[]>;
}

async function bench(
  run: (bench: Bench) => Promise<void>,
  through: (client: Client) => Client = (direct) => direct,
): Promise<void> {
  await using api = await startTestApi();
  const client = createClient(inProcess(api.handle, admin));
  const stop = new AbortController();
  const recorder = createRecorder({
    client: through(client),
    source: { component: "kubelet", host: "node-1" },
    clock: api.clock,
    random: seededRandom(1),
    log: silent,
    signal: stop.signal,
  });
  await run({
    api,
    client,
    recorder,
    say: async (reason, message = "it happened", about = web) => {
      recorder.record(about, { type: "Normal", reason, message });
      await recorder.flushed();
    },
    events: async () => (await client.list(Event)).items,
  });
  stop.abort();
}

test("an event says what happened to what, who says so, and when", () =>
  bench(async ({ say, events }) => {
    await say("Started", "Started container c");
    const [event] = await events();
    const { metadata: _metadata, kind: _kind, apiVersion: _version, ...said } = event as Event;
    deepEqual(said, {
      involvedObject: web,
      reason: "Started",
      message: "Started container c",
      source: { component: "kubelet", host: "node-1" },
      firstTimestamp: "2030-01-01T00:00:00Z",
      lastTimestamp: "2030-01-01T00:00:00Z",
      count: 1,
      type: "Normal",
      eventTime: null,
      reportingComponent: "kubelet",
      reportingInstance: "node-1",
    });
    equal(/^web\.[0-9a-f]{16}$/.test(event?.metadata.name ?? ""), true);
    equal(event?.metadata.namespace, "default");
  }));

test("what has no namespace is told in `default`", () =>
  bench(async ({ say, events }) => {
    const { namespace: _namespace, ...node } = { ...web, kind: "Node" };
    await say("Ready", "m", node);
    equal((await events())[0]?.metadata.namespace, "default");
  }));

test("the same news again is counted", () =>
  bench(async ({ api, say, events }) => {
    await say("BackOff");
    await api.clock.advance(seconds(30));
    await say("BackOff");
    await say("BackOff");
    const all = await events();
    deepEqual(
      all.map(({ count, firstTimestamp, lastTimestamp }) => [count, firstTimestamp, lastTimestamp]),
      [[3, "2030-01-01T00:00:00Z", "2030-01-01T00:00:30Z"]],
    );
  }));

test("news that comes faster than it can be sent is counted all the same", () =>
  bench(async ({ recorder, events }) => {
    for (let i = 0; i < 5; i++)
      recorder.record(web, { type: "Warning", reason: "R", message: "m" });
    await recorder.flushed();
    deepEqual(
      (await events()).map(({ count }) => count),
      [5],
    );
  }));

test("other messages, reasons and subjects are events of their own", () =>
  bench(async ({ say, events }) => {
    await say("A");
    await say("B");
    await say("A", "something else");
    await say("A", "it happened", { ...web, uid: "u2" });
    equal((await events()).length, 4);
  }));

test("many messages that are much alike are combined", () =>
  bench(async ({ say, events }) => {
    for (let i = 0; i < 14; i++) await say("Failed", `attempt ${i}`);
    const all = await events();
    equal(all.length, 10);
    const combined = all.filter(({ message }) =>
      message?.startsWith("(combined from similar events): "),
    );
    deepEqual(
      combined.map(({ count, message }) => [count, message]),
      [[5, "(combined from similar events): attempt 13"]],
    );
  }));

test("an object in trouble cannot flood the cluster", () =>
  bench(async ({ api, say, events }) => {
    const counts = async (): Promise<number> =>
      (await events()).reduce((sum, { count = 0 }) => sum + count, 0);
    for (let i = 0; i < 60; i++) await say("Flapping", `state ${i % 3}`);
    equal(await counts(), 25);
    await say("Other", "m", { ...web, name: "calm" });
    equal(await counts(), 26);
    await api.clock.advance(minutes(5));
    await say("Flapping", "state 0");
    await say("Flapping", "state 0");
    equal(await counts(), 27);
  }));

test("an event that expired is made anew", () =>
  bench(async ({ client, say, events }) => {
    await say("BackOff");
    const [first] = await events();
    await client.delete(Event, { namespace: "default", name: first?.metadata.name ?? "" });
    await say("BackOff");
    deepEqual(
      (await events()).map(({ count }) => count),
      [2],
    );
  }));

test("while the server is away events wait; what is refused is dropped", async () => {
  let failure: ApiError | undefined = new ApiError("ServiceUnavailable", "later");
  const through = (client: Client): Client => ({
    ...client,
    create: async (kind, object, options) => {
      if (failure) throw failure;
      return client.create(kind, object, options);
    },
  });
  await bench(async ({ api, recorder, events }) => {
    recorder.record(web, { type: "Normal", reason: "A", message: "m" });
    await api.clock.advance(seconds(15));
    failure = undefined;
    await api.clock.advance(seconds(15));
    equal((await events()).length, 1);
    failure = new ApiError("Forbidden", "namespace is being terminated");
    recorder.record(web, { type: "Normal", reason: "B", message: "m" });
    await drain();
    failure = undefined;
    await api.clock.advance(minutes(5));
    equal((await events()).length, 1);
  }, through);
});
