/** A run as data: what users do, and what goes wrong meanwhile. */
import { below, seededRandom } from "#base/random.ts";
import { createCluster } from "../simulated-cluster.ts";
import type { PlacedFault } from "../faults/faults.ts";
import { drawStep, type Step } from "./steps.ts";

export interface PlacedStep {
  readonly afterMs: number;
  readonly step: Step;
}

export interface Plan {
  readonly seed: number;
  readonly nodes: number;
  readonly steps: readonly PlacedStep[];
  readonly faults: readonly PlacedFault[];
}

/** For so long things are done and go wrong. */
export const stormMs = 300_000;

const stepsMax = 14;
const faultsMax = 8;

export async function drawPlan(seed: number): Promise<Plan> {
  const random = seededRandom(seed);
  const nodes = 1 + below(random, 3);
  const names = Array.from({ length: nodes }, (_, i) => `node-${i + 1}`);
  const steps = Array.from({ length: 2 + below(random, stepsMax) }, () => ({
    afterMs: below(random, stormMs),
    step: drawStep(random, names),
  }));
  const count = below(random, faultsMax + 1);
  await using cluster = await createCluster({ nodes, seed });
  const faults = cluster.faults.draw({ count, within: stormMs });
  return { seed, nodes, steps: steps.toSorted((a, b) => a.afterMs - b.afterMs), faults };
}
