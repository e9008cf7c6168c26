import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { labelSelectorOf } from "#api/selectors.ts";
import { PodSelection } from "./pod-selection.ts";
import type { Snapshot } from "./snapshot.ts";
import { nodeOf, podOf, snapshotOf } from "./testing.ts";

/** How many pods of the application stand on each node; counted from the first time on. */
function countsOf(snapshot: Snapshot, app: string): readonly number[] {
  const matcher = labelSelectorOf({ matchLabels: { app } });
  const counts = snapshot.tally({ selections: [new PodSelection(["default"], matcher)] });
  return snapshot.nodes.map(({ index }) => counts.of(index));
}

const pods = ["a", "b"].map((on) => podOf(`web-${on}`, { labels: { app: "web" }, on }));
const nodes = ["a", "b"].map((name) => nodeOf(name));

test("counts follow what is supposed, whether or not anybody asked for them before", () => {
  for (const isAskedBefore of [true, false]) {
    const { snapshot } = snapshotOf(nodes, pods);
    const [a, b] = snapshot.nodes;
    const resident = snapshot.findPod("default/web-a")?.pod;
    const guest = snapshot.podInfos.of(podOf("db", { labels: { app: "db" } }));
    const counts = (): unknown => [countsOf(snapshot, "web"), countsOf(snapshot, "db")];
    if (isAskedBefore) counts();
    {
      using without = snapshot.suppose(a!);
      using beside = snapshot.suppose(b!);
      without.lift(resident!);
      beside.add(guest);
      deepEqual(counts(), [
        [0, 1],
        [0, 1],
      ]);
      equal(snapshot.findPod("default/web-a")?.node, a, "it really stands there");
    }
    deepEqual(counts(), [
      [1, 1],
      [0, 0],
    ]);
    snapshot.place(guest, "a");
    snapshot.remove("default/web-b");
    deepEqual(counts(), [
      [1, 0],
      [1, 0],
    ]);
  }
});
