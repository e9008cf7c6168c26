import { deepEqual, equal } from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import { whenAborted } from "./signal.ts";

test("whoever waits for a signal is told once, in order, unless he left before", () => {
  const told: string[] = [];
  const stop = new AbortController();
  whenAborted(stop.signal, () => told.push("first"));
  const left = whenAborted(stop.signal, () => told.push("left"));
  whenAborted(stop.signal, () => told.push("second"));
  equal(getEventListeners(stop.signal, "abort").length, 1);
  left[Symbol.dispose]();
  stop.abort();
  deepEqual(told, ["first", "second"]);
  whenAborted(stop.signal, () => told.push("too late to wait"));
  deepEqual(told, ["first", "second", "too late to wait"]);
});

test("a signal that nobody waits for any more is not listened to", () => {
  const { signal } = new AbortController();
  const [one, other] = [whenAborted(signal, () => {}), whenAborted(signal, () => {})];
  one[Symbol.dispose]();
  one[Symbol.dispose]();
  equal(getEventListeners(signal, "abort").length, 1);
  other[Symbol.dispose]();
  equal(getEventListeners(signal, "abort").length, 0);
  using _again = whenAborted(signal, () => {});
  equal(getEventListeners(signal, "abort").length, 1);
});
