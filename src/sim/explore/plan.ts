/** A run as data: what users do, and what goes wrong meanwhile. */
import { below, pick, seededRandom } from "#base/random.ts";
import type { ClusterOptions } from "../cluster.ts";
import { createCluster } from "../simulated-cluster.ts";
import type { PlacedFault } from "../faults/faults.ts";
import { drawStep, type Step } from "./steps.ts";
import { drawWebhookStep } from "./webhooks.ts";

export interface PlacedStep {
  readonly afterMs: number;
  readonly step: Step;
}

export interface Plan {
  readonly seed: number;
  readonly nodes: number;
  readonly kubelets: NonNullable<ClusterOptions["kubelets"]>;
  readonly steps: readonly PlacedStep[];
  readonly faults: readonly PlacedFault[];
}

/** For so long things are done and go wrong. */
export const stormMs = 300_000;

const stepsMax = 14;
const webhooksMax = 2;
const faultsMax = 8;

export async function drawPlan(seed: number): Promise<Plan> {
  const random = seededRandom(seed);
  const nodes = 1 + below(random, 3);
  const names = Array.from({ length: nodes }, (_, i) => `node-${i + 1}`);
  const drawn = (count: number, draw: () => Step): readonly PlacedStep[] =>
    Array.from({ length: count }, () => ({ afterMs: below(random, stormMs), step: draw() }));
  const work = drawn(2 + below(random, stepsMax), () => drawStep(random, names));
  const count = below(random, faultsMax + 1);
  const webhooks = drawn(below(random, webhooksMax + 1), () => drawWebhookStep(random));
  const kubelets = pick(random, ["whole", "light"] as const);
  const steps = [...work, ...webhooks].toSorted((a, b) => a.afterMs - b.afterMs);
  await using cluster = await createCluster({ nodes, kubelets, seed });
  const faults = cluster.faults.draw({ count, within: stormMs });
  return { seed, nodes, kubelets, steps, faults };
}
