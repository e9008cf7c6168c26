/**
 * `npm run bench` measures everything, `npm run bench -- apiserver` one case; `--seconds=2` makes it
 * quick, `--profile=create` also writes create.cpuprofile. Not a test: numbers depend on the machine.
 */
import { flag, UsageError, type Flag } from "../src/cli/flags.ts";
import { readCommandLine } from "../tools/command-line.ts";
import { cases } from "./cases.ts";
import { tableHead, tableLine } from "./table.ts";

const seconds = (help: string): Flag<number> => ({
  help,
  value: "SECONDS",
  fallback: 5,
  read: (text) => {
    if (Number(text) > 0) return Number(text);
    throw new UsageError("it is no number above 0");
  },
});

const { values, words } = readCommandLine({
  call: "npm run bench --",
  summary: "Measures all cases, or those that are named. Numbers depend on the machine.",
  examples: [
    ["npm run bench -- apiserver --seconds=2", "one case, quickly"],
    ["npm run bench -- apiserver --profile=create", "also writes create.cpuprofile"],
  ],
  operands: cases,
  flags: {
    seconds: seconds("how long each measurement takes (5)"),
    profile: flag.text("the measurement to write a profile of", { value: "NAME" }),
  },
});

async function main(): Promise<void> {
  const benches = words.length === 0 ? cases : cases.filter(({ name }) => words.includes(name));
  for (const text of tableHead()) console.log(text);
  for (const bench of benches)
    for await (const row of bench.run(values)) console.log(tableLine(row));
}

try {
  await main();
} catch (cause) {
  console.error(`bench: ${cause instanceof Error ? cause.message : String(cause)}`);
  process.exitCode = 1;
}
