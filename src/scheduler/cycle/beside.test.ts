/** What runs beside decisions: waiting for permits, writing statuses, assumptions. */
import { deepEqual, equal, rejects } from "node:assert/strict";
import { test } from "node:test";
import { minutes, seconds } from "#base/clock.ts";
import { drain, VirtualClock } from "#sim/clock.ts";
import { type Refusal, refuse } from "../plugin.ts";
import { Assumptions } from "../snapshot/assumptions.ts";
import { podOf, snapshotOf } from "../snapshot/testing.ts";
import { Attempts } from "./attempts.ts";
import { Outbox } from "./outbox.ts";
import { Permits, type Wait } from "./permits.ts";

const wait = (
  plugin: string,
  decision: Promise<Refusal | undefined>,
  timeoutMs = seconds(10),
): Wait => ({ plugin, permission: { is: "waiting", timeoutMs, decision } });

const { signal } = new AbortController();

const forever = new Promise<undefined>(() => {});

test("a pod waits until everybody allows it", async () => {
  const clock = new VirtualClock();
  const first = Promise.withResolvers<undefined>();
  const second = Promise.withResolvers<undefined>();
  const waits = [wait("A", first.promise), wait("B", second.promise)];
  let isOver = false;
  const waiting = new Permits(clock, signal).wait("u", waits).then((finding) => {
    isOver = true;
    return finding;
  });
  first.resolve(undefined);
  await drain();
  equal(isOver, false);
  second.resolve(undefined);
  equal(await waiting, undefined);
  equal(clock.pending, 0);
});

test("one refusal is enough", async () => {
  const refusal = refuse("no");
  const waits = [wait("A", forever), wait("B", Promise.resolve(refusal))];
  deepEqual(await new Permits(new VirtualClock(), signal).wait("u", waits), {
    plugin: "B",
    refusal,
  });
});

test("nobody waits longer than the plugin said", async () => {
  const clock = new VirtualClock();
  const waiting = new Permits(clock, signal).wait("u", [wait("A", forever, seconds(90))]);
  await clock.advance(seconds(90));
  const finding = await waiting;
  deepEqual(
    [finding?.plugin, finding?.refusal.reasons],
    ["A", ["rejected due to timeout after waiting 1m30s at plugin A"]],
  );
});

test("a pod that is gone is not waited for", async () => {
  const permits = new Permits(new VirtualClock(), signal);
  const waiting = permits.wait("u", [wait("A", forever)]);
  const gone = refuse("gone");
  permits.rejectWaiting("u", gone);
  equal((await waiting)?.refusal, gone);
});

test("a scheduler that stops waits for nobody", async () => {
  const clock = new VirtualClock();
  const stop = new AbortController();
  const waiting = new Permits(clock, stop.signal).wait("u", [wait("A", forever)]);
  stop.abort();
  equal(await waiting, undefined);
  equal(clock.pending, 0);
});

test("a plugin that breaks while a pod waits is named", async () => {
  const broken = Promise.reject(new Error("oops"));
  const waiting = new Permits(new VirtualClock(), signal).wait("u", [wait("A", broken)]);
  await rejects(waiting, { message: 'running Permit plugin "A": oops' });
});

test("only so many writes are under way, and a newer one replaces one that waits", async () => {
  const failures: unknown[] = [];
  const outbox = new Outbox(2, (cause) => void failures.push(cause));
  const done: string[] = [];
  const gates = new Map<string, () => void>();
  const write = (name: string) => async () => {
    const gate = Promise.withResolvers<void>();
    gates.set(name, gate.resolve);
    await gate.promise;
    done.push(name);
  };
  outbox.put("a", write("a1"));
  outbox.put("b", write("b1"));
  outbox.put("c", write("c1"));
  outbox.put("c", write("c2"));
  outbox.put("a", write("a2"));
  await drain();
  deepEqual([...gates.keys()], ["a1", "b1"]);
  gates.get("b1")?.();
  await drain();
  deepEqual([...gates.keys()], ["a1", "b1", "c2"], "not before a1 is through");
  gates.get("a1")?.();
  await drain();
  gates.get("c2")?.();
  gates.get("a2")?.();
  await drain();
  deepEqual(done, ["b1", "a1", "c2", "a2"]);
  outbox.put("d", () => Promise.reject(new Error("no")));
  await outbox.close();
  equal(failures.length, 1);
});

test("a write that is no longer wanted is dropped", async () => {
  const outbox = new Outbox(1, () => {});
  const done: string[] = [];
  const gate = Promise.withResolvers<void>();
  outbox.put("a", () => gate.promise);
  outbox.put("b", async () => void done.push("b"));
  outbox.drop("b");
  gate.resolve();
  await drain();
  deepEqual(done, []);
});

test("a bound pod that is never seen is let go after a while", async () => {
  const clock = new VirtualClock();
  const expired: string[] = [];
  const assumptions = new Assumptions({ clock, onExpired: ({ name }) => expired.push(name) });
  const { podInfos } = snapshotOf([]).snapshot;
  const add = (name: string) => {
    const pod = podInfos.of(podOf(name));
    assumptions.add(pod);
    return pod.uid;
  };
  const [seen, lost] = [add("seen"), add("lost")];
  add("binding");
  assumptions.bound(seen);
  await clock.advance(minutes(1));
  assumptions.bound(lost);
  await clock.advance(minutes(13));
  equal(assumptions.end(seen), true);
  await clock.advance(minutes(3));
  deepEqual(expired, ["lost"]);
  equal(assumptions.has("default/binding"), true);
  equal(clock.pending, 0);
});

test("only the latest attempts are kept", () => {
  const attempts = new Attempts();
  for (let i = 0; i < 2_000; i++) attempts.note(`u${i}`, { atMs: i, message: "" });
  equal(attempts.find("u0"), undefined);
  equal(attempts.find("u1999")?.atMs, 1999);
  attempts.forget("u1999");
  equal(attempts.find("u1999"), undefined);
});
