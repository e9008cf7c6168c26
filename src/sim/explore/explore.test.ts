/** Clusters drawn from seeds, in which things go wrong: a fixed budget of them. */
import { deepEqual, equal, notEqual, ok, rejects } from "node:assert/strict";
import { test } from "node:test";
import { Pod } from "#api/core/pod.ts";
import { createCluster } from "../simulated-cluster.ts";
import { podOf } from "../test-manifests.ts";
import { drawPlan, type Plan } from "./plan.ts";
import { type Outcome, runPlan } from "./run.ts";
import { shrink } from "./shrink.ts";
import { perform } from "./steps.ts";
import { webhookFunctions, type WebhookStep } from "./webhooks.ts";

const seeds = 16;

for (let seed = 1; seed <= seeds; seed++)
  test(`seed ${seed}: whatever goes wrong, what must hold holds`, async () => {
    equal((await runPlan(await drawPlan(seed))).failure, undefined);
  });

for (const [seed, once] of [
  [395, "a restarted kubelet left a pod alone that had been deleted before"],
  [973, "an eviction of a pod on its way out was taken for one that needs a budget"],
  [1106, "a light kubelet that lost a request in the middle of a write ended the process"],
] as const)
  test(`seed ${seed} is well: once ${once}`, async () => {
    equal((await runPlan(await drawPlan(seed))).failure, undefined);
  });

test("clusters of both sorts of kubelets are drawn, and webhooks", async () => {
  const plans: Plan[] = [];
  for (let seed = 1; seed <= seeds; seed++) plans.push(await drawPlan(seed));
  deepEqual(new Set(plans.map(({ kubelets }) => kubelets)), new Set(["whole", "light"]));
  ok(plans.some(({ steps }) => steps.some(({ step }) => step.is === "webhook")));
});

test("the webhooks of a plan mark what is created and refuse large jobs, until they go", async () => {
  await using cluster = await createCluster({ webhooks: webhookFunctions });
  const { client } = cluster;
  const settings = { resources: ["*"], failurePolicy: "Fail", timeoutSeconds: 1 } as const;
  const webhook = (what: WebhookStep["what"], isGone: boolean): Promise<void> =>
    perform({ is: "webhook", what, isGone, ...settings }, client);
  const at = (name: string) => ({ namespace: "default", name });
  for (const what of ["marks", "refuses"] as const) await webhook(what, false);
  await cluster.apply(podOf("pod", { labels: { app: "a" } }));
  const { metadata } = await client.get(Pod, at("pod"));
  deepEqual(metadata.labels, { app: "a", marked: "yes" });
  await perform({ is: "job", at: at("small"), completions: 3 }, client);
  const large = { is: "job", at: at("large"), completions: 4 } as const;
  await rejects(perform(large, client), /denied the request: too large/);
  await webhook("refuses", true);
  await perform(large, client);
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
