/** Clusters drawn from seeds, in which things go wrong: a fixed budget of them. */
import { deepEqual, equal, notEqual, ok } from "node:assert/strict";
import { test } from "node:test";
import { drawPlan, type Plan } from "./plan.ts";
import { type Outcome, runPlan } from "./run.ts";
import { shrink } from "./shrink.ts";

const seeds = 16;

for (let seed = 1; seed <= seeds; seed++)
  test(`seed ${seed}: whatever goes wrong, what must hold holds`, async () => {
    equal((await runPlan(await drawPlan(seed))).failure, undefined);
  });

test("a plan is drawn from its seed, and a run follows from its plan", async () => {
  const plan = await drawPlan(4);
  deepEqual(await drawPlan(4), plan);
  ok(plan.steps.length > 1);
  const { trace } = await runPlan(plan);
  equal((await runPlan(plan)).trace, trace);
  // Also one that went through JSON, as people keep it.
  equal((await runPlan(JSON.parse(JSON.stringify(plan)) as Plan)).trace, trace);
  notEqual((await runPlan({ ...plan, steps: plan.steps.slice(1) })).trace, trace);
});

test("a plan that fails is shrunk to what it fails of", async () => {
  const plan = await drawPlan(4);
  const faults = Array.from({ length: 9 }, (_, i) => ({
    fault: "nodeLost" as const,
    args: { node: `node-${i}` },
  }));
  const culprits = ["node-3", "node-7"];
  let runs = 0;
  const run = async (tried: Plan): Promise<Outcome> => {
    runs++;
    const struck = new Set(tried.faults.map(({ args }) => (args as { node: string }).node));
    const isBroken = tried.steps.length > 0 && culprits.every((name) => struck.has(name));
    return { plan: tried, trace: "", failure: isBroken ? "broken" : undefined };
  };
  const found = await shrink({ ...plan, faults }, { run });
  deepEqual(
    found.faults.map(({ args }) => args),
    culprits.map((node) => ({ node })),
  );
  equal(found.steps.length, 1);
  ok(runs < 60, `${runs} runs`);
});
