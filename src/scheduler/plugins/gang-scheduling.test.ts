import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { PodGroup } from "#api/scheduling/podgroup.ts";
import { minutes } from "#base/clock.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import { nodeOf, podOf, snapshotOf, type TestSnapshot } from "../snapshot/testing.ts";
import { gangScheduling } from "./gang-scheduling.ts";

const inGroup = { spec: { schedulingGroup: { podGroupName: "g" } } };

function groupOf(names: readonly string[], { snapshot }: TestSnapshot): readonly PodInfo[] {
  const pods = names.map((name) => snapshot.podInfos.of(podOf(name, inGroup)));
  for (const pod of pods) snapshot.groups.join(pod);
  return pods;
}

const addGroup = ({ objects }: TestSnapshot, schedulingPolicy: object): void =>
  objects.put(PodGroup, {
    metadata: { namespace: "default", name: "g" },
    spec: { schedulingPolicy },
  });

const gate = (pod: PodInfo | undefined, { snapshot }: TestSnapshot): string =>
  (pod && gangScheduling.preEnqueue?.(pod, snapshot)?.reasons.join()) ?? "in";

function permit(pod: PodInfo | undefined, { snapshot }: TestSnapshot) {
  const node = snapshot.nodes[0];
  if (!pod || !node) throw new Error("nothing to permit");
  snapshot.place(pod, node.name);
  return gangScheduling.permit?.({ pod, node }, snapshot);
}

test("a pod stays out until its group is there, and has enough pods", () => {
  const cluster = snapshotOf([]);
  const [p] = groupOf(["p", "q"], cluster);
  equal(gate(p, cluster), `waiting for pods's pod group "g" to appear in scheduling queue`);
  addGroup(cluster, { gang: { minCount: 3 } });
  equal(gate(p, cluster), "waiting for minCount pods from a gang to appear in scheduling queue");
  groupOf(["r"], cluster);
  equal(gate(p, cluster), "in");
  cluster.snapshot.groups.leave("default/g", "default/q");
  equal(gate(p, cluster), "waiting for minCount pods from a gang to appear in scheduling queue");
  addGroup(cluster, { basic: {} });
  equal(gate(p, cluster), "in");
  equal(gate(cluster.snapshot.podInfos.of(podOf("alone")), cluster), "in");
});

test("those who have a node wait for the rest, and are let go by the last one", async () => {
  const cluster = snapshotOf([nodeOf("a")]);
  addGroup(cluster, { gang: { minCount: 2 } });
  const [p, q] = groupOf(["p", "q"], cluster);
  const first = permit(p, cluster);
  if (first?.is !== "waiting") throw new Error("it does not wait");
  equal(first.timeoutMs, minutes(5));
  equal(first.forTheRest, "waiting for minCount pods from a gang to be scheduled");
  deepEqual(permit(q, cluster), { is: "allowed" });
  equal(await first.decision, undefined);
});

test("only gangs wait, and a group that is gone is told", () => {
  const cluster = snapshotOf([nodeOf("a")]);
  const [p] = groupOf(["p"], cluster);
  deepEqual(permit(cluster.snapshot.podInfos.of(podOf("alone")), cluster), { is: "allowed" });
  addGroup(cluster, { basic: {} });
  deepEqual(permit(p, cluster), { is: "allowed" });
  cluster.objects.remove(PodGroup, "default", "g");
  throws(() => permit(p, cluster), {
    message: 'failed to get podGroup default/g: podgroup.scheduling.k8s.io "g" not found',
  });
});

test("pods that left their node do not count, finished ones not at all", () => {
  const cluster = snapshotOf([nodeOf("a")]);
  const { snapshot } = cluster;
  const [p] = groupOf(["p", "q"], cluster);
  if (p) snapshot.place(p, "a");
  equal(snapshot.groups.placedCount("default/g"), 1);
  deepEqual(snapshot.groups.waiting("default/g"), ["default/q"]);
  snapshot.remove("default/p");
  equal(snapshot.groups.placedCount("default/g"), 0);
  equal(snapshot.groups.size("default/g"), 2);
  for (const uid of ["default/p", "default/q"]) snapshot.groups.leave("default/g", uid);
  equal(snapshot.groups.size("default/g"), 0);
});
