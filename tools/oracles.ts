/**
 * `npm run oracles -- --sequences 10000 --patches 50000 --seed 7` asks upstream's own libraries what becomes of objects that
 * are applied, updated and patched, and compares that with what the server makes of them. tests/oracles/README.md
 */
import { readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { kinds } from "../src/apiserver/oracles/testing.ts";
import { buildOracle } from "../tests/oracles/oracle.ts";
import { Record } from "../tests/oracles/record.ts";
import { flag, UsageError } from "../src/cli/flags.ts";
import { readCommandLine, wholeNumber } from "./command-line.ts";
import { type Compared, Oracles } from "../tests/oracles/run.ts";

const kindNames = [...new Set(kinds.map(({ kind }) => kind))];
/** Any unless said. */
const oneKind = {
  ...flag.text("only this kind", { value: "KIND", fallback: "" }),
  read: (text: string): string => {
    if (kindNames.includes(text)) return text;
    throw new UsageError(`it is no kind that can be written; there are ${kindNames.join(", ")}`);
  },
};
const { values } = readCommandLine({
  call: "npm run oracles --",
  summary:
    "Asks upstream's own libraries what becomes of objects, and compares that with what we make of them.",
  examples: [
    ["npm run oracles -- --sequences=10000 --patches=50000 --seed=7", "a long run"],
    ["npm run oracles -- --kind=Pod --patches=0", "pods only"],
  ],
  flags: {
    sequences: wholeNumber("objects that are applied and updated again and again", 1_000),
    patches: wholeNumber("how many", 5_000),
    seed: wholeNumber("what all of it is drawn from", 1),
    kind: oneKind,
    folder: flag.text("where the program with the libraries is built", {
      fallback: join(tmpdir(), "k8ts-oracles"),
    }),
    record: flag.switch("write the answers down for the unit tests"),
  },
});

const among = kinds.filter(({ kind }) => values.kind === "" || values.kind === kind);
const shownMax = 5;
const counts = new Map<string, number>();
const record = new Record();
let found = 0;
await using oracles = new Oracles(await buildOracle(values.folder));

async function note(compared: Compared): Promise<void> {
  const { outcome, differs } = compared;
  counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  record.add(compared);
  if (differs === "") return;
  found++;
  if (found > shownMax) return;
  const { seed, kind, question, here, there } = await oracles.shrink(compared);
  console.log(`seed ${seed}, ${kind?.kind ?? "patch"}: ${differs} differs`);
  console.log(JSON.stringify({ question, here, there }, undefined, 1));
}

const { seed } = values;
for (let i = 0; i < values.sequences; i++) {
  for (const compared of await oracles.writes(seed + i, among)) await note(compared);
}
const batch = 500;
for (let i = 0; i < values.patches; i += batch) {
  const count = Math.min(batch, values.patches - i);
  for (const compared of await oracles.patches(seed + i, count)) await note(compared);
}
for (const [outcome, count] of counts) console.log(`${count} ${outcome}`);
console.log(`${found} differ`);
if (values.record) {
  const file = join(import.meta.dirname, "../src/apiserver/oracles/recorded.jsonl");
  await writeFile(file, record.text());
  console.log(`${(await readFile(file)).length} bytes recorded`);
}
process.exitCode = found > 0 ? 1 : 0;
