import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import {
  type ConditionLike,
  findCondition,
  isConditionTrue,
  withCondition,
  withoutCondition,
} from "./conditions.ts";

const ready: ConditionLike = { type: "Ready", status: "True", lastTransitionTime: "t1" };
const synced: ConditionLike = { type: "Synced", status: "Unknown", lastTransitionTime: "t1" };

test("conditions are found by type", () => {
  equal(findCondition([ready, synced], "Synced"), synced);
  equal(findCondition(undefined, "Synced"), undefined);
  equal(isConditionTrue([ready, synced], "Ready"), true);
  equal(isConditionTrue([ready, synced], "Synced"), false);
});

test("a new condition goes to the end, a changed one to its place", () => {
  deepEqual(withCondition(undefined, ready), [ready]);
  deepEqual(withCondition([ready], synced), [ready, synced]);
  const failed = { ...ready, status: "False", lastTransitionTime: "t2" };
  deepEqual(withCondition([ready, synced], failed), [failed, synced]);
});

test("only a change of status is a transition", () => {
  const again = { ...ready, message: "still", lastTransitionTime: "t2" };
  deepEqual(withCondition([ready], again), [{ ...ready, message: "still" }]);
});

test("nothing to change gives the same list", () => {
  const conditions = [ready, synced];
  equal(withCondition(conditions, { ...ready, lastTransitionTime: "t2" }), conditions);
});

test("conditions can be taken out", () => {
  deepEqual(withoutCondition([ready, synced], "Ready"), [synced]);
  deepEqual(withoutCondition(undefined, "Ready"), []);
});
