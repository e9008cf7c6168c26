/** Finds fewer steps and faults that fail as well: by leaving out half of them, a quarter, one. */
import type { Plan } from "./plan.ts";
import { type Outcome, runPlan } from "./run.ts";

type Part = "steps" | "faults";

export interface ShrinkOptions {
  /** Runs at most; 200 when absent. */
  readonly runsMax?: number;
  readonly run?: (plan: Plan) => Promise<Outcome>;
}

/** The shortest plan found that fails; not necessarily for the same reason. */
export async function shrink(plan: Plan, options: ShrinkOptions = {}): Promise<Plan> {
  const { runsMax = 200, run = runPlan } = options;
  let left = runsMax;
  const fails = async (tried: Plan): Promise<boolean> =>
    left-- > 0 && (await run(tried)).failure !== undefined;
  let best = plan;
  for (let shorter: Plan | undefined = plan; shorter;) {
    best = shorter;
    shorter = (await lessOf("faults", best, fails)) ?? (await lessOf("steps", best, fails));
  }
  return best;
}

/** Tries without each chunk, the large ones first; the first plan that fails as well. */
async function lessOf(
  part: Part,
  plan: Plan,
  fails: (tried: Plan) => Promise<boolean>,
): Promise<Plan | undefined> {
  const { length } = plan[part];
  for (let size = length; size >= 1; size = Math.floor(size / 2))
    for (let from = 0; from < length; from += size) {
      const tried = { ...plan, [part]: plan[part].toSpliced(from, size) };
      if (await fails(tried)) return tried;
    }
  return undefined;
}
