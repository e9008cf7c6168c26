import { deepEqual, ok, throws } from "node:assert/strict";
import { test } from "node:test";
import { below, seededRandom } from "#base/random.ts";
import { VirtualClock } from "#sim/clock.ts";
import { definePlugin } from "../plugin.ts";
import { defaultProfile, type Profile } from "../profile.ts";
import { nodeOf, place, podOf, snapshotOf, type TestSnapshot } from "../snapshot/testing.ts";
import { Framework } from "./framework.ts";
import { LocalAnswers } from "./local-answers.ts";
import { Ranking } from "./ranking.ts";
import { Trace } from "./trace.ts";

const count = 12;
const image = { names: ["main:1"], sizeBytes: 500_000_000 };
const shy = { key: "example.com/shy", effect: "PreferNoSchedule" };
const nodeAt = (i: number, isShy = false) =>
  nodeOf(`n${i}`, { images: i % 3 === 0 ? [image] : [], taints: isShy ? [shy] : [] });

function rankingOf({ snapshot }: TestSnapshot, profile: Profile = defaultProfile) {
  const framework = new Framework(profile);
  const trace = new Trace(new VirtualClock(), () => {});
  const pod = snapshot.podInfos.of(podOf("asking", { requests: { cpu: "500m" } }));
  const local = new LocalAnswers({ framework, snapshot, trace, pod, remembers: true });
  const ranking = new Ranking({ framework, snapshot, trace, random: seededRandom(1) });
  const totals = () => {
    local.catchUp();
    return [...ranking.totals(pod, local, snapshot.nodes)];
  };
  /** Worked out plugin by plugin. */
  const summed = () => {
    const parts = ranking.parts(pod, local, snapshot.nodes);
    return snapshot.nodes.map((_, i) =>
      parts.reduce((sum, { points }) => sum + (points[i] ?? 0), 0),
    );
  };
  const best = () => ranking.best(pod, local, snapshot.nodes).name;
  return { totals, summed, best };
}

test("what plugins give together is what each gives, however nodes change", () => {
  const cluster = snapshotOf(Array.from({ length: count }, (_, i) => nodeAt(i)));
  const { totals, summed } = rankingOf(cluster);
  const random = seededRandom(7);
  const seen = new Set<string>();
  for (let round = 0; round < 60; round++) {
    const i = below(random, count);
    if (round % 3 === 0) cluster.snapshot.setNode(nodeAt(i, below(random, 6) === 0));
    else {
      const requests = { cpu: `${below(random, 9)}00m` };
      place(cluster.snapshot, podOf(`p${round}`, { requests, on: `n${i}` }));
    }
    const found = totals();
    deepEqual(found, summed(), `round ${round}`);
    seen.add(found.join());
  }
  ok(seen.size > 30, "the changes matter");
});

test("each of the best nodes has the same chance", () => {
  const cluster = snapshotOf(Array.from({ length: 4 }, (_, i) => nodeOf(`n${i}`)));
  place(cluster.snapshot, podOf("there", { requests: { cpu: "3" }, on: "n1" }));
  const { best } = rankingOf(cluster);
  const times = new Map<string, number>();
  for (let i = 0; i < 3_000; i++) {
    const name = best();
    times.set(name, (times.get(name) ?? 0) + 1);
  }
  deepEqual([...times.keys()].sort(), ["n0", "n2", "n3"]);
  for (const one of times.values()) ok(one > 850 && one < 1_150, `${one} of 3000`);
});

test("a score out of range is the plugin's fault, and named", () => {
  const broken = definePlugin({ name: "Broken", dependsOn: "node", score: () => 101 });
  const { totals } = rankingOf(snapshotOf([nodeOf("n")]), {
    schedulerName: "test",
    plugins: [broken],
  });
  throws(totals, {
    name: "PluginFailed",
    message:
      'applying score defaultWeights on Score plugins: plugin "Broken" returns an invalid score 101, it should in the range of [0, 100] after normalizing',
  });
});
