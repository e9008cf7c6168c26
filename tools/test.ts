/**
 * Runs every check and every test, stops at the first step that fails, and ends with one line:
 * `N passed, N failed`. Steps are the ones of package.json, so each can be run by itself.
 */
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Some unit tests use real containers and network rules, where they may. */
const isRoot = process.getuid?.() === 0;

const bin = "node_modules/.bin";

/** Whoever waits for what never comes is named then; no test takes that long. */
const testMsMax = 10 * 60 * 1_000;

/** By our own Node: the machine's, which such programs ask for, may be too old for them. */
const byNode = (program: string, ...args: readonly string[]): readonly string[] => [
  `${bin}/node`,
  program,
  ...args,
];

const steps = [
  { name: "format", run: byNode(`${bin}/oxfmt`, "--check", "src", "tests", "tools", "bench") },
  { name: "lint", run: byNode(`${bin}/oxlint`, "--type-aware") },
  { name: "types", run: byNode(`${bin}/tsc`, "--noEmit") },
  { name: "tidy", run: byNode("tools/tidy.ts") },
  { name: "unused", run: byNode(`${bin}/knip`) },
  ...(isRoot ? [{ name: "machine", run: ["sh", "tools/machine.sh"] }] : []),
  {
    name: "unit",
    tests: ["src/**/*.test.ts", "tools/**/*.test.ts"],
    concurrency: 2,
    isCompiledOnce: true,
  },
  // Their clusters have caches of their own.
  { name: "e2e", tests: ["tests/**/*.test.ts"], concurrency: 1, isCompiledOnce: false },
] as const;

/** Each test file is a process of its own: without it each compiles the same thousand modules anew. */
const withCompiled = { NODE_COMPILE_CACHE: join(process.cwd(), "dist/test-cache"), ...process.env };

type Step = (typeof steps)[number];

interface Totals {
  passed: number;
  failed: number;
  skipped: number;
}

const usage = `Usage: ./test [STEP...]
Runs all steps, or only the ones named: ${steps.map((step) => step.name).join(", ")}.

  ./test              everything, as CI does
  ./test lint types   two quick checks
  ./test unit         unit tests only`;

async function main(args: readonly string[]): Promise<number> {
  if (args.includes("--help") || args.includes("-h")) {
    console.log(usage);
    return 0;
  }
  const unknown = args.filter((arg) => !steps.some((step) => step.name === arg));
  if (unknown.length > 0) {
    console.error(`unknown step "${unknown[0]}"\n\n${usage}`);
    return 2;
  }
  const totals: Totals = { passed: 0, failed: 0, skipped: 0 };
  for (const step of steps.filter(({ name }) => args.length === 0 || args.includes(name))) {
    if (!(await perform(step, totals))) break;
  }
  if (totals.skipped > 0) console.log(`${totals.skipped} skipped`);
  console.log(`${totals.passed} passed, ${totals.failed} failed`);
  return totals.failed > 0 ? 1 : 0;
}

/** False when the step failed: what follows would only add noise. */
async function perform(step: Step, totals: Totals): Promise<boolean> {
  console.log(`\n== ${step.name}`);
  const started = performance.now();
  const failures = totals.failed;
  if ("run" in step) {
    const code = await execute(step.run);
    totals[code === 0 ? "passed" : "failed"]++;
  } else {
    await runTests(step, totals);
  }
  console.log(`== ${step.name}: ${((performance.now() - started) / 1000).toFixed(1)} s`);
  return totals.failed === failures;
}

async function runTests(step: Extract<Step, { tests: unknown }>, totals: Totals): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "k8ts-test-"));
  const counts = join(folder, "counts.json");
  const command = [
    `${bin}/node`,
    "--test",
    `--test-timeout=${testMsMax}`,
    `--test-concurrency=${step.concurrency}`,
    "--test-reporter=dot",
    "--test-reporter-destination=stdout",
    "--test-reporter=./tools/count-reporter.ts",
    `--test-reporter-destination=${counts}`,
    ...step.tests,
  ];
  const code = await execute(command, step.isCompiledOnce ? withCompiled : process.env);
  const found = JSON.parse(await readFile(counts, "utf8")) as Totals;
  await rm(folder, { recursive: true });
  totals.passed += found.passed;
  totals.skipped += found.skipped;
  // A test file that cannot be loaded, or no test at all, must not look like success.
  const isSilentFailure = code !== 0 && found.failed === 0;
  totals.failed += found.failed + (isSilentFailure || found.passed === 0 ? 1 : 0);
}

function execute(
  [program = "", ...args]: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ["ignore", "inherit", "inherit"], env });
    child.on("error", reject);
    child.on("exit", (code, signal) => resolve(code ?? (signal ? 1 : 0)));
  });
}

process.exitCode = await main(process.argv.slice(2));
