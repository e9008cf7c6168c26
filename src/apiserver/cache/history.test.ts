import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { History } from "./history.ts";
import { Transition } from "./transition.ts";

const change = (revision: number): Transition =>
  new Transition({ revision, namespace: "default" }, undefined, undefined);

const revisionsAfter = (history: History, revision: number): readonly number[] =>
  history.since(revision).map((transition) => transition.revision);

test("what is older than 75 seconds is forgotten when something comes", () => {
  const history = new History(1);
  history.push(change(2), 0);
  history.push(change(3), 1_000);
  history.push(change(5), 75_000);
  deepEqual([history.start, revisionsAfter(history, 1)], [1, [2, 3, 5]]);
  history.push(change(6), 76_000);
  deepEqual([history.start, revisionsAfter(history, 2)], [2, [3, 5, 6]]);
  deepEqual(revisionsAfter(history, 5), [6]);
  history.push(change(9), 500_000);
  deepEqual([history.start, revisionsAfter(history, 6)], [6, [9]]);
});

test("of very many changes the last thousand stay, for twins as well", () => {
  const history = new History(0);
  for (let revision = 1; revision <= 5_000; revision++) history.push(change(revision), 0);
  equal(history.start, 5_000 - 1_024);
  const twin = history.fork();
  twin.push(change(5_001), 0);
  deepEqual([twin.start, history.start], [5_001 - 1_024, 5_000 - 1_024]);
  deepEqual(revisionsAfter(twin, 4_999), [5_000, 5_001]);
  deepEqual(revisionsAfter(history, 4_999), [5_000]);
});
