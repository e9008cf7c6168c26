import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { ForkMap } from "./fork-map.ts";

test("a fork and its origin change without each other", () => {
  const origin = new ForkMap<string, number>();
  origin.set("a", 1);
  origin.set("b", 2);
  const branch = origin.fork();
  const twig = branch.fork();
  origin.set("a", 10);
  equal(branch.delete("b"), true);
  equal(branch.delete("none"), false);
  deepEqual(
    [[...origin], [...branch], [...twig]],
    [
      [
        ["a", 10],
        ["b", 2],
      ],
      [["a", 1]],
      [
        ["a", 1],
        ["b", 2],
      ],
    ],
  );
});
