/**
 * What was acknowledged is there after `kill -9`. This file is both sides: a child process that commits
 * and says so, and the test that kills it and looks.
 */
import { deepEqual, equal, ok } from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { test } from "node:test";
import { below, seededRandom } from "#base/random.ts";
import type { Store } from "../store.ts";
import { openLmdb } from "./lmdb.ts";

const writers = 8;
/** Small, so that compaction is always under way too. */
const history = { revisions: 600 };

/** Each writer counts: in two keys that must never differ, and in one that comes and goes. */
async function countFor(store: Store, writer: number): Promise<never> {
  const found = await store.get(`/count/${writer}`);
  for (let n = Number(found ? Buffer.from(found.value).toString() : 0) + 1; ; n++) {
    const value = Buffer.from(`${n}`);
    const result = await store.commit({
      guards: [],
      writes: [
        { key: `/count/${writer}`, value },
        {
          key: `/twin/${writer}`,
          value: Buffer.concat([value, Buffer.alloc(below(random, 3_000))]),
        },
        { key: `/flag/${writer}`, value: n % 2 === 0 ? value : undefined },
      ],
    });
    // Not `writeSync`: it fails when the other side is slow to read.
    if (result.ok) process.stdout.write(`${writer} ${n} ${result.revision}\n`);
  }
}

const random = seededRandom(1);

interface Acknowledged {
  /** By writer. */
  readonly counts: number[];
  revision: number;
}

/** Lets a child write until it has acknowledged `enough` commits, then kills it. */
async function writeAndKill(path: string, enough: number): Promise<Acknowledged> {
  const seen: Acknowledged = { counts: Array<number>(writers).fill(0), revision: 0 };
  const child = spawn(process.execPath, [import.meta.filename, "--write", path], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let rest = "";
  let lines = 0;
  child.stdout.on("data", (chunk: Buffer) => {
    const parts = (rest + chunk.toString()).split("\n");
    rest = parts.pop() ?? "";
    for (const part of parts) {
      const [writer = 0, n = 0, revision = 0] = part.split(" ").map(Number);
      seen.counts[writer] = n;
      seen.revision = Math.max(seen.revision, revision);
      if (++lines === enough) child.kill("SIGKILL");
    }
  });
  await once(child, "close");
  equal(child.signalCode, "SIGKILL");
  return seen;
}

async function check(store: Store, { counts, revision }: Acknowledged): Promise<void> {
  ok(store.revision() >= revision, `revision ${revision} was acknowledged`);
  for (const [writer, acknowledged] of counts.entries()) {
    const [count, twin, flag] = await Promise.all(
      ["count", "twin", "flag"].map((name) => store.get(`/${name}/${writer}`)),
    );
    const n = Number(count ? Buffer.from(count.value).toString() : 0);
    ok(n >= acknowledged, `writer ${writer}: ${acknowledged} acknowledged, ${n} found`);
    if (n === 0) continue;
    equal(
      Buffer.from(twin?.value ?? [])
        .toString()
        .replaceAll("\0", ""),
      `${n}`,
      "all or nothing",
    );
    equal(flag !== undefined, n % 2 === 0);
  }
  const revisions = new Set<number>();
  using _watch = store.watch({ prefix: "", after: store.compacted() }, (changes) => {
    for (const change of changes) revisions.add(change.revision);
  });
  const first = store.compacted() + 1;
  deepEqual(
    [...revisions],
    Array.from({ length: store.revision() - first + 1 }, (_, i) => first + i),
  );
}

if (process.argv[2] === "--write") {
  const store = await openLmdb({ path: process.argv[3] ?? "", history });
  await Promise.all(Array.from({ length: writers }, (_, writer) => countFor(store, writer)));
}

test("killed twenty times at any moment, it loses nothing that it acknowledged", async () => {
  const path = mkdtempSync(`${tmpdir()}/k8ts-crash-`);
  const choose = seededRandom(20);
  try {
    for (let round = 0; round < 20; round++) {
      const acknowledged = await writeAndKill(path, 1 + below(choose, 600));
      await using store = await openLmdb({ path, history });
      await check(store, acknowledged);
    }
  } finally {
    rmSync(path, { recursive: true, force: true });
  }
});
