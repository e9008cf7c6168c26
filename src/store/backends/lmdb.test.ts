import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { describe, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { below, seededRandom } from "#base/random.ts";
import { ManualClock } from "#base/testing.ts";
import type { Entry, Store } from "../store.ts";
import { storeSuite } from "../suite.ts";
import { openLmdb } from "./lmdb.ts";

const newFolder = (): string => mkdtempSync(`${tmpdir()}/k8ts-lmdb-`);

/** A folder for one test. */
function folder(): Disposable & { readonly path: string } {
  const path = newFolder();
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

storeSuite("lmdb", async () => {
  const path = newFolder();
  const store = await openLmdb({ path });
  return {
    ...store,
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      rmSync(path, { recursive: true });
    },
  };
});

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const put = (store: Store, key: string, text: string | undefined): ReturnType<Store["commit"]> =>
  store.commit({
    guards: [],
    writes: [{ key, value: text === undefined ? undefined : bytes(text) }],
  });

/** Everything a client can know about a store: the map, and the history that it still has. */
async function known(store: Store): Promise<unknown> {
  const history: unknown[] = [];
  using _watch = store.watch({ prefix: "", after: store.compacted() }, (changes) => {
    for (const { entry, previous, ...rest } of changes)
      history.push({ ...rest, entry: plain(entry), previous: plain(previous) });
  });
  const { entries, revision } = await store.range({ prefix: "" });
  return { revision, entries: entries.map(plain), history };
}

/** A value is the same whether it came as a buffer or as bytes. */
const plain = (entry: Entry | undefined): unknown =>
  entry && { ...entry, value: Buffer.from(entry.value).toString("hex") };

describe("lmdb store: after a restart", () => {
  test("the map, the history and the revision are what they were", async () => {
    using place = folder();
    const before = await openLmdb({ path: place.path });
    await put(before, "a", "1");
    await before.commit({
      guards: [],
      writes: [
        { key: "a", value: bytes("2") },
        { key: "b", value: bytes("") },
        { key: "\u{1f600}", value: bytes("x".repeat(100_000)) },
      ],
      note: "why",
    });
    await put(before, "b", undefined);
    await put(before, "b", "again");
    const expected = await known(before);
    await before[Symbol.asyncDispose]();
    await using after = await openLmdb({ path: place.path });
    deepEqual(await known(after), expected);
    deepEqual(await put(after, "c", "1"), { ok: true, revision: 6 });
    equal(await after.get("b", 4), undefined);
  });

  test("what was compacted away is gone from disk, and deleted keys stay deleted", async () => {
    using place = folder();
    const random = seededRandom(3);
    let store = await openLmdb({ path: place.path });
    for (let round = 0; round < 6; round++) {
      for (let i = 0; i < 200; i++) {
        const keys = new Set(
          Array.from({ length: 1 + below(random, 3) }, () => `k${below(random, 12)}`),
        );
        const writes = [...keys].map((key) => ({
          key,
          value: below(random, 3) === 0 ? undefined : bytes(`${round}-${i}`),
        }));
        await store.commit({ guards: [], writes });
      }
      await store.compact(store.revision() - below(random, 100));
      const expected = await known(store);
      await store[Symbol.asyncDispose]();
      store = await openLmdb({ path: place.path });
      deepEqual(await known(store), expected);
    }
    const oldest = store.compacted();
    await store.compact(store.revision());
    equal(store.compacted() > oldest, true);
    const { size } = statSync(`${place.path}/data.mdb`);
    equal(size < 400_000, true, `1,200 commits over 12 keys take ${size} bytes`);
    await store[Symbol.asyncDispose]();
  });

  test("nothing is lost where the file is mapped anew while others write", async () => {
    using place = folder();
    const before = await openLmdb({ path: place.path });
    const value = "x".repeat(2 ** 20);
    for (let round = 0; round < 6; round++)
      await Promise.all(Array.from({ length: 8 }, (_, i) => put(before, `${round}-${i}`, value)));
    equal(before.revision(), 49);
    await before[Symbol.asyncDispose]();
    await using after = await openLmdb({ path: place.path });
    const { entries } = await after.range({ prefix: "" });
    deepEqual([entries.length, new Set(entries.map(({ size }) => size))], [48, new Set([2 ** 20])]);
  });

  test("the budget trims in passing", async () => {
    using place = folder();
    const clock = new ManualClock();
    const history = { revisions: 500, ageMs: 60_000 };
    const store = await openLmdb({ path: place.path, history, clock });
    await Promise.all(Array.from({ length: 2_000 }, (_, i) => put(store, `k${i % 5}`, `${i}`)));
    equal(store.revision() - store.compacted() <= 500, true);
    clock.advance(61_000);
    await put(store, "k0", "last");
    equal(store.revision() - store.compacted() <= 256, true);
    await store[Symbol.asyncDispose]();
    await using again = await openLmdb({ path: place.path, history, clock });
    equal(again.revision(), 2_002);
    equal((await again.range({ prefix: "" })).entries.length, 5);
  });

  test("a damaged history is found, not served", async () => {
    using place = folder();
    const store = await openLmdb({ path: place.path });
    for (let i = 0; i < 5; i++) await put(store, "a", `${i}`);
    await store[Symbol.asyncDispose]();
    const { open } = await import("lmdb");
    const raw = open({ path: place.path, encoding: "json", overlappingSync: false });
    await raw.openDB({ name: "log", encoding: "binary" }).remove(4);
    await raw.close();
    await rejects(openLmdb({ path: place.path }), /is damaged: revision 4 is missing/);
  });
});

describe("lmdb store: one owner", () => {
  test("a second opening is refused, from this process and from another", async () => {
    using place = folder();
    await using _store = await openLmdb({ path: place.path });
    await rejects(openLmdb({ path: place.path }), { name: "StoreInUse" });
    const other = `await (await import("#store/backends/lmdb.ts")).openLmdb({ path: "${place.path}" })`;
    const { code, errors } = await runNode(other);
    equal(code, 1);
    match(errors, new RegExp(`StoreInUse: .*: in use by process ${process.pid}`));
  });

  test("closing gives it free", async () => {
    using place = folder();
    await (await openLmdb({ path: place.path }))[Symbol.asyncDispose]();
    await (await openLmdb({ path: place.path }))[Symbol.asyncDispose]();
  });

  test("the lock of a process that is gone, or of a namesake, is taken over", async () => {
    using place = folder();
    for (const owner of [
      `{"pid":4194303,"startedAt":""}`,
      `{"pid":${process.ppid},"startedAt":"another boot/1"}`,
      `{"pid":${process.pid},"startedAt":""}`,
      "not JSON",
    ]) {
      writeFileSync(`${place.path}/lock`, owner);
      await (await openLmdb({ path: place.path }))[Symbol.asyncDispose]();
    }
  });

  test("the files are its owner's alone", async () => {
    using place = folder();
    await using _store = await openLmdb({ path: `${place.path}/sub` });
    equal(statSync(`${place.path}/sub`).mode & 0o777, 0o700);
    equal(statSync(`${place.path}/sub/data.mdb`).mode & 0o777, 0o600);
  });
});

describe("lmdb store: when the disk does not play along", () => {
  test("a path that cannot be one says so", async () => {
    using place = folder();
    writeFileSync(`${place.path}/file`, "");
    await rejects(openLmdb({ path: `${place.path}/file/sub` }), {
      name: "StoreFailed",
      message: /^cannot open the store in .*ENOTDIR/,
    });
  });

  test("a file that is no database, or half of one, is refused before it can do harm", async () => {
    using place = folder();
    const file = `${place.path}/data.mdb`;
    await (await openLmdb({ path: place.path }))[Symbol.asyncDispose]();
    const whole = readFileSync(file);
    for (const [content, message] of [
      [Buffer.alloc(10_000), /data.mdb is not a database/],
      [whole.subarray(0, 100), /data.mdb is damaged/],
      [whole.subarray(0, 8_192), /data.mdb is damaged/],
    ] as const) {
      writeFileSync(file, content);
      await rejects(openLmdb({ path: place.path }), { name: "StoreFailed", message });
    }
    writeFileSync(file, "");
    await (await openLmdb({ path: place.path }))[Symbol.asyncDispose]();
  });

  test("a commit that cannot be written fails and leaves no trace, and room lets life go on", async () => {
    using place = folder();
    // A limit on the size of files stands in for a full disk.
    const { code, output, errors } = await runNode(
      fillUp(place.path),
      "trap '' XFSZ; ulimit -f 2048",
    );
    equal(code, 0, errors);
    const { failures, revision, found, afterwards } = JSON.parse(output) as Record<string, unknown>;
    equal(
      failures,
      3,
      "a commit, one made on top of it in the same turn, and one refused because of it",
    );
    deepEqual([found, afterwards], [revision, { ok: true, revision: (revision as number) + 2 }]);
    await using store = await openLmdb({ path: place.path });
    equal(store.revision(), (revision as number) + 2);
  });

  test("writers who wait for the disk go half by half with those who just had it", async () => {
    using place = folder();
    await using store = await openLmdb({ path: place.path });
    const batches: number[] = [];
    using _watch = store.watch({ prefix: "", after: 1 }, ({ length }) => void batches.push(length));
    const first = put(store, "a", "1");
    await setImmediate(); // It is on its way to the disk.
    const others = Array.from({ length: 7 }, (_, i) => put(store, `b${i}`, "1"));
    await Promise.all([first, ...others]);
    deepEqual(batches, [1, 4, 3]);
  });

  test("a closed store takes no commits", async () => {
    using place = folder();
    const store = await openLmdb({ path: place.path });
    const last = put(store, "a", "1");
    await store[Symbol.asyncDispose]();
    deepEqual(await last, { ok: true, revision: 2 });
    await rejects(put(store, "a", "2"), /the store is closed/);
  });
});

/** A program that writes until the disk is full, then makes room. */
const fillUp = (path: string): string => `
  const { openLmdb } = await import("#store/backends/lmdb.ts");
  const store = await openLmdb({ path: ${JSON.stringify(path)} });
  const put = (key, length, revision) => store.commit({
    guards: revision === undefined ? [] : [{ key, revision }],
    writes: [{ key, value: length === undefined ? undefined : new Uint8Array(length) }],
  });
  let revision = 1;
  try {
    for (;;) revision = (await put("k" + revision, 100_000)).revision;
  } catch (cause) {
    if (cause.name !== "StoreFailed") throw cause;
  }
  const all = [put("big", 300_000, 0), put("big", 1, revision + 1), put("big", 1, 0)];
  const results = await Promise.allSettled(all);
  const failures = results.filter(({ reason }) => reason?.name === "StoreFailed").length;
  const found = store.revision();
  await put("k1", undefined);
  await store.compact(store.revision());
  const afterwards = await put("small", 10);
  await store[Symbol.asyncDispose]();
  process.stdout.write(JSON.stringify({ failures, revision, found, afterwards }));
`;

interface Ran {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

async function runNode(script: string, before = ":"): Promise<Ran> {
  const node = ["--input-type=module", "-e", script];
  const child = spawn("sh", ["-c", `${before}; exec "$0" "$@"`, process.execPath, ...node]);
  let output = "";
  let errors = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return { code, output, errors };
}
