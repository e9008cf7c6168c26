/**
 * `npm run fuzz -- --requests 1000000 --seed 7` sends requests that nobody should send to an API server.
 * The same seed sends the same requests: what was found at request N comes back with `--requests N+1`.
 */
import { writeFile } from "node:fs/promises";
import { flag } from "../src/cli/flags.ts";
import { fuzz, type Found } from "../tests/fuzz/run.ts";
import { readCommandLine, wholeNumber } from "./command-line.ts";

const { values } = readCommandLine({
  call: "npm run fuzz --",
  summary:
    "Sends requests that nobody should send to an API server, and looks at what they do to it.",
  examples: [
    ["npm run fuzz -- --requests=1000000 --seed=7", "a million, always the same"],
    ["npm run fuzz -- --requests=5051 --seed=101", "again what was found at request 5050"],
  ],
  flags: {
    requests: wholeNumber("how many", 100_000),
    seed: wholeNumber("what they are drawn from", 1),
    "keep-going": flag.switch("do not stop at the first find"),
  },
});

const mebibytes = (bytes: number): number => Math.round(bytes / 2 ** 20);

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

const { seed, requests } = values;
const statuses = await fuzz({
  seed,
  requests,
  onFound: (one) => void onFound(one),
  onProgress: (sent) => {
    if (sent % 10_000 !== 0) return;
    const rate = Math.round((1_000 * sent) / (performance.now() - started));
    const { heapUsed, rss } = process.memoryUsage();
    const memory = `heap ${mebibytes(heapUsed)} MiB, resident ${mebibytes(rss)} MiB`;
    console.log(`${sent} of ${requests} requests, ${found} found, ${rate} a second, ${memory}`);
  },
});
const counts = [...statuses].sort(([a], [b]) => a - b).map(([code, count]) => `${code}: ${count}`);
const tookSeconds = Math.round((performance.now() - started) / 1_000);
console.log(
  `${requests} requests in ${tookSeconds} s, ${found} found; answers ${counts.join(", ")}`,
);
process.exitCode = found > 0 ? 1 : 0;
