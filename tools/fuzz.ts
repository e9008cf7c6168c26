/**
 * `npm run fuzz -- --requests 1000000 --seed 7` sends requests that nobody should send to an API server.
 * The same seed sends the same requests: what was found at request N comes back with `--requests N+1`.
 */
import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { fuzz, type Found } from "../tests/fuzz/run.ts";

const { values } = parseArgs({
  options: {
    requests: { type: "string", default: "100000" },
    seed: { type: "string", default: "1" },
    "keep-going": { type: "boolean", default: false },
  },
});

function numberOf(name: "requests" | "seed"): number {
  const number = Number(values[name]);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  throw new Error(`--${name}=${values[name]} is no whole number`);
}

let found = 0;
const started = performance.now();

async function onFound({ seed, round, problem, sent }: Found): Promise<void> {
  found++;
  const text = Buffer.from(sent.bytes).toString("latin1");
  console.log(`\nseed ${seed}, request ${round}: ${problem}\n${text.slice(0, 3_000)}`);
  console.log(`again: npm run fuzz -- --seed ${seed} --requests ${round + 1}`);
  if (values["keep-going"]) return;
  const file = `fuzz-${seed}-${round}.http`;
  await writeFile(file, sent.bytes);
  console.log(`the request as it was sent: ${file}`);
  process.exit(1);
}

const seed = numberOf("seed");
const requests = numberOf("requests");
const statuses = await fuzz({
  seed,
  requests,
  onFound: (one) => void onFound(one),
  onProgress: (sent) => {
    if (sent % 10_000 !== 0) return;
    const rate = Math.round((1_000 * sent) / (performance.now() - started));
    const heap = Math.round(process.memoryUsage().heapUsed / 2 ** 20);
    console.log(
      `${sent} of ${requests} requests, ${found} found, ${rate} a second, heap ${heap} MiB`,
    );
  },
});
const counts = [...statuses].sort(([a], [b]) => a - b).map(([code, count]) => `${code}: ${count}`);
console.log(`${requests} requests, ${found} found; answers ${counts.join(", ")}`);
process.exitCode = found > 0 ? 1 : 0;
