import { equal } from "node:assert/strict";
import { test } from "node:test";
import { Pod } from "#api/core/pod.ts";
import { KindRegistry } from "../kinds.ts";
import type { Context } from "../context.ts";
import { requestInfoOf } from "../stages/request-info.ts";
import { TestClock, testRequest } from "../testing.ts";
import { Level } from "./level.ts";
import { widthOf } from "./width.ts";

const kinds = new KindRegistry({ kinds: [Pod], subresources: [], virtuals: [] });
const served = kinds.find("v1", "pods");

function width(target: string, seats = 100): number {
  const level = new Level({ name: "own", clock: new TestClock(), short: () => {} });
  level.limit({ nominal: seats, min: seats, max: seats });
  const request = testRequest("GET", `/api/v1${target}`);
  const context = { request, info: requestInfoOf(request), served } as unknown as Context;
  return widthOf(context, level, () => 850);
}

for (const [target, seats, expected] of [
  ["/namespaces/a/pods/web", 100, 1],
  ["/pods", 100, 9],
  ["/pods", 20, 3],
  ["/pods?limit=150", 100, 2],
  ["/pods?limit=5000", 100, 9],
  ["/namespaces/a/pods?fieldSelector=metadata.name%3Dweb", 100, 1],
  ["/pods?watch=true", 100, 1],
  ["/pods?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan", 100, 9],
] as const) {
  test(`of 850 pods and ${seats} seats, ${target} takes ${expected}`, () => {
    equal(width(target, seats), expected);
  });
}
