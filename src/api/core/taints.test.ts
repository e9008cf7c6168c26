import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { findUntoleratedTaint, isSameTaint, isTolerated, tolerates } from "./taints.ts";
import type { Toleration } from "./affinity.ts";
import type { Taint } from "./node.ts";

const taint: Taint = { key: "gpu", value: "yes", effect: "NoSchedule" };

const cases: readonly (readonly [Toleration, boolean])[] = [
  [{ key: "gpu", operator: "Equal", value: "yes", effect: "NoSchedule" }, true],
  [{ key: "gpu", value: "yes" }, true],
  [{ key: "gpu", value: "no" }, false],
  [{ key: "gpu", operator: "Exists" }, true],
  [{ key: "gpu", operator: "Exists", effect: "NoExecute" }, false],
  [{ operator: "Exists" }, true],
  [{ key: "disk", operator: "Exists" }, false],
  [{ value: "yes" }, true],
  [{ key: "gpu" }, false],
  [{ key: "gpu", operator: "Gt", value: "1" }, false],
];

for (const [toleration, expected] of cases) {
  test(`${JSON.stringify(toleration)} ${expected ? "tolerates" : "does not tolerate"} a taint`, () => {
    equal(tolerates(toleration, taint), expected);
  });
}

test("the first taint that hinders is found", () => {
  const soft: Taint = { key: "busy", effect: "PreferNoSchedule" };
  const leaving: Taint = { key: "leaving", effect: "NoExecute" };
  const tolerations: Toleration[] = [{ key: "gpu", operator: "Exists" }];
  equal(findUntoleratedTaint([soft, taint, leaving], tolerations), leaving);
  equal(findUntoleratedTaint([soft, taint, leaving], tolerations, ["PreferNoSchedule"]), soft);
  equal(findUntoleratedTaint([taint], tolerations), undefined);
  equal(findUntoleratedTaint(undefined, undefined), undefined);
  equal(isTolerated(taint, undefined), false);
});

test("taints are told apart by key and effect", () => {
  deepEqual(
    [
      isSameTaint(taint, { ...taint, value: "no" }),
      isSameTaint(taint, { ...taint, effect: "NoExecute" }),
    ],
    [true, false],
  );
});
