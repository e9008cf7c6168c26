import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { overlapOf, parseIndexes } from "./indexes.ts";

test("indexes are single ones and ranges, in order", () => {
  deepEqual(parseIndexes("", 5), { intervals: [], total: 0 });
  deepEqual(parseIndexes("0,2-4,7", 8), {
    intervals: [
      [0, 0],
      [2, 4],
      [7, 7],
    ],
    total: 5,
  });
});

test("other texts are told why they are none", () => {
  const problems: { readonly [text: string]: string } = {
    "1-2-3": `the fragment "1-2-3" violates the requirement that an index interval can have at most two parts separated by '-'`,
    "1,": 'cannot convert string to integer for index: ""',
    "a-3": 'cannot convert string to integer for index: "a"',
    "1-5": 'too large index: "5"',
    "5": 'too large index: "5"',
    "3-3": "non-increasing order, previous: 3, current: 3",
    "1-3,3": "non-increasing order, previous: 3, current: 3",
  };
  for (const [text, problem] of Object.entries(problems)) equal(parseIndexes(text, 5), problem);
});

test("the first index that two texts share is found", () => {
  equal(overlapOf("0-3,6", "4,6-7", 10), 6);
  equal(overlapOf("0-3", "2", 10), 2);
  equal(overlapOf("0-3", "4,x", 10), undefined);
});
