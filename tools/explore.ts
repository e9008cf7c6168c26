/**
 * `npm run explore -- --seeds 10000` runs clusters that are drawn from seeds, in which things go wrong;
 * `--from=7 --seeds=1 --shrink` replays one and looks for a shorter way to fail.
 */
import { parseArgs } from "node:util";
import { drawPlan, type Plan } from "../src/sim/explore/plan.ts";
import { type Outcome, runPlan } from "../src/sim/explore/run.ts";
import { shrink } from "../src/sim/explore/shrink.ts";

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "100" },
    from: { type: "string", default: "1" },
    shrink: { type: "boolean", default: false },
  },
});

function numberOf(name: "seeds" | "from"): number {
  const number = Number(values[name]);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  throw new Error(`--${name}=${values[name]} is no whole number`);
}

function tell({ plan, failure, trace }: Outcome): void {
  console.log(`\nseed ${plan.seed}: ${failure} (trace ${trace})`);
}

async function shorter(plan: Plan): Promise<void> {
  const found = await shrink(plan);
  console.log(JSON.stringify(found, undefined, 2));
  tell(await runPlan(found));
}

async function main(): Promise<void> {
  const [seeds, from] = [numberOf("seeds"), numberOf("from")];
  const startedMs = performance.now();
  let failed = 0;
  for (let i = 0; i < seeds; i++) {
    const outcome = await runPlan(await drawPlan(from + i));
    if (outcome.failure !== undefined) {
      failed++;
      tell(outcome);
      if (values.shrink) await shorter(outcome.plan);
    }
    const rate = (1_000 * (i + 1)) / (performance.now() - startedMs);
    const progress = `${i + 1} of ${seeds} seeds, ${failed} failed, ${rate.toFixed(1)} a second`;
    if (process.stdout.isTTY) process.stdout.write(`\r${progress}`);
    else if ((i + 1) % 100 === 0 || i + 1 === seeds) console.log(progress);
  }
  process.exitCode = failed > 0 ? 1 : 0;
}

await main();
