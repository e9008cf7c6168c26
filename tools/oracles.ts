/**
 * `npm run oracles -- --sequences 10000 --patches 50000 --seed 7` asks upstream's own libraries what becomes of objects that
 * are applied, updated and patched, and compares that with what the server makes of them. tests/oracles/README.md
 */
import { readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { kinds } from "../src/apiserver/oracles/testing.ts";
import { buildOracle } from "../tests/oracles/oracle.ts";
import { Record } from "../tests/oracles/record.ts";
import { type Compared, Oracles } from "../tests/oracles/run.ts";

const { values } = parseArgs({
  options: {
    sequences: { type: "string", default: "1000" },
    patches: { type: "string", default: "5000" },
    seed: { type: "string", default: "1" },
    kind: { type: "string", default: "" },
    folder: { type: "string", default: join(tmpdir(), "k8ts-oracles") },
    record: { type: "boolean", default: false },
  },
});

function numberOf(name: "sequences" | "patches" | "seed"): number {
  const number = Number(values[name]);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  throw new Error(`--${name}=${values[name]} is no whole number`);
}

const among = kinds.filter(({ kind }) => values.kind === "" || values.kind === kind);
if (among.length === 0) throw new Error(`--kind=${values.kind} is no kind that can be written`);
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

const seed = numberOf("seed");
for (let i = 0; i < numberOf("sequences"); i++) {
  for (const compared of await oracles.writes(seed + i, among)) await note(compared);
}
const batch = 500;
for (let i = 0; i < numberOf("patches"); i += batch) {
  const count = Math.min(batch, numberOf("patches") - i);
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
