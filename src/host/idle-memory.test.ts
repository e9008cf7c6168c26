import { equal, ok } from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { promisify } from "node:util";

/** Frees much below what is still in use, and says how much memory it has, before and after. */
const program = `
  const { giveBackFreed } = await import("#host/idle-memory.ts");
  let freed = [];
  const kept = [];
  for (let i = 0; i < 2_000; i++) {
    freed.push(Buffer.allocUnsafeSlow(60_000).fill(1));
    kept.push(Buffer.allocUnsafeSlow(2_000).fill(2));
  }
  freed = undefined;
  // The collector frees what it has found beside the program.
  for (let tries = 0; process.memoryUsage().arrayBuffers > 20_000_000 && tries < 500; tries++) {
    gc();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const before = process.memoryUsage.rss();
  const wasDone = giveBackFreed();
  process.stdout.write(JSON.stringify([wasDone, before - process.memoryUsage.rss(), kept.length]));
`;

test("what was freed below what is in use goes back to the system", async () => {
  const flags = ["--expose-gc", "--disable-warning=ExperimentalWarning", "--input-type=module"];
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, "-e", program]);
  const [wasDone, givenBack, kept] = JSON.parse(stdout) as [boolean, number, number];
  equal(kept, 2_000);
  // Where the C library cannot, it says so.
  if (wasDone) ok(givenBack > 50_000_000, `${givenBack} bytes came back`);
});
