/**
 * `npm run explore -- --seeds 10000` runs clusters that are drawn from seeds, in which things go wrong;
 * `--from=7 --seeds=1 --shrink` replays one and looks for a shorter way to fail.
 */
import { drawPlan, type Plan } from "../src/sim/explore/plan.ts";
import { type Outcome, runPlan } from "../src/sim/explore/run.ts";
import { shrink } from "../src/sim/explore/shrink.ts";
import { flag } from "../src/cli/flags.ts";
import { readCommandLine, wholeNumber } from "./command-line.ts";

const { values } = readCommandLine({
  call: "npm run explore --",
  summary: "Runs clusters that are drawn from seeds, in which things go wrong.",
  examples: [
    ["npm run explore -- --seeds=10000", "ten thousand clusters"],
    ["npm run explore -- --from=7 --seeds=1 --shrink", "one again, and a shorter way to fail"],
  ],
  flags: {
    seeds: wholeNumber("how many", 100),
    from: wholeNumber("the first seed", 1),
    shrink: flag.switch("look for the least that still fails"),
  },
});

function tell({ plan, failure, trace }: Outcome): void {
  console.log(`\nseed ${plan.seed}: ${failure} (trace ${trace})`);
}

async function shorter(plan: Plan): Promise<void> {
  const found = await shrink(plan);
  console.log(JSON.stringify(found, undefined, 2));
  tell(await runPlan(found));
}

async function main(): Promise<void> {
  const { seeds, from } = values;
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
