/**
 * `npm run bench` measures everything, `npm run bench -- apiserver` one case; `--seconds=2` makes it
 * quick, `--profile=create` also writes create.cpuprofile. Not a test: numbers depend on the machine.
 */
import { parseArgs } from "node:util";
import type { Bench } from "./case.ts";
import { cases } from "./cases.ts";
import { tableHead, tableLine } from "./table.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seconds: { type: "string", default: "5" }, profile: { type: "string" } },
});

function chosen(): readonly Bench[] {
  const unknown = positionals.find((name) => !cases.some((bench) => bench.name === name));
  if (unknown === undefined)
    return positionals.length === 0
      ? cases
      : cases.filter(({ name }) => positionals.includes(name));
  const known = cases.map(({ name, summary }) => `  ${name}: ${summary}`).join("\n");
  throw new Error(`there is no benchmark ${JSON.stringify(unknown)}; there are\n${known}`);
}

async function main(): Promise<void> {
  const options = { seconds: Number(values.seconds), profile: values.profile };
  if (!(options.seconds > 0)) throw new Error("--seconds must be a number above 0");
  const benches = chosen();
  for (const text of tableHead()) console.log(text);
  for (const bench of benches)
    for await (const row of bench.run(options)) console.log(tableLine(row));
}

try {
  await main();
} catch (cause) {
  console.error(`bench: ${cause instanceof Error ? cause.message : String(cause)}`);
  process.exitCode = 1;
}
