import { deepEqual, equal } from "node:assert/strict";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { silent } from "#base/log.ts";
import { systemDisk as disk } from "#host/disk.ts";
import { VirtualClock } from "#sim/clock.ts";
import { LineSplitter, parseLogLine } from "./cri-log.ts";
import { LogRotation, stamp, surplusOf } from "./log-rotation.ts";
import { type LogOptions, readLog } from "./read-log.ts";
import { lastWords, offsetOfLast } from "./tail.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (parts: Iterable<Uint8Array>): string => Buffer.concat([...parts]).toString();

async function logFile(context: TestContext, content: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "k8ts-logs-"));
  context.after(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, "0.log"), content);
  return join(folder, "0.log");
}

const line = (second: number, what: string, tags = "stdout F"): string =>
  `2030-01-01T00:00:0${second}.000000000Z ${tags} ${what}\n`;

const still: LogOptions = { timestamps: false, follow: false };

const read = async (path: string, options: Partial<LogOptions> = {}): Promise<string> => {
  const source = {
    disk,
    clock: new VirtualClock(),
    path,
    isWritten: () => false,
    mayHaveEnded: () => new Promise<void>(() => undefined),
    signal: new AbortController().signal,
  };
  return text(await Array.fromAsync(readLog(source, { ...still, ...options })));
};

test("lines have a time, a stream and a tag", () => {
  const parsed = parseLogLine(bytes("2030-01-01T00:00:00Z stderr F some text"));
  deepEqual(
    [parsed?.stream, parsed?.isPartial, text([parsed?.content ?? bytes("")])],
    ["stderr", false, "some text\n"],
  );
  equal(parseLogLine(bytes("nonsense")), undefined);
  equal(parseLogLine(bytes("t stdin F x")), undefined);
});

test("chunks are cut into lines wherever they break", () => {
  const splitter = new LineSplitter();
  const lines = ["a", "b\nc", "\n\nd"].flatMap((chunk) =>
    [...splitter.push(bytes(chunk))].map((l) => text([l])),
  );
  deepEqual(lines, ["ab", "c", ""]);
  equal(text([splitter.rest]), "d");
});

test("the end of a log is found from behind", async (context) => {
  const path = await logFile(context, "one\ntwo\nthree\n");
  equal(await offsetOfLast(disk, path, 1), 8);
  equal(await offsetOfLast(disk, path, 2), 4);
  equal(await offsetOfLast(disk, path, 9), 0);
  equal(await offsetOfLast(disk, path, 0), 14);
});

test("a log longer than a block is searched block by block", async (context) => {
  const path = await logFile(context, `${"x".repeat(200_000)}\nlast\n`);
  equal(await offsetOfLast(disk, path, 1), 200_001);
  equal(await offsetOfLast(disk, path, 2), 0);
});

test("a container's last words are the end of its log", async (context) => {
  const path = await logFile(context, line(1, "one") + line(2, "two") + line(3, "three"));
  equal(await lastWords(disk, path, { lines: 2, bytes: 100 }), "two\nthree\n");
  equal(await lastWords(disk, path, { lines: 9, bytes: 4 }), "ree\n");
});

test("what a reader may ask of a log", async (context) => {
  const path = await logFile(
    context,
    line(1, "one") +
      line(2, "two", "stderr F") +
      line(3, "thr", "stdout P") +
      line(3, "ee") +
      line(4, "four"),
  );
  equal(await read(path), "one\ntwo\nthree\nfour\n");
  equal(await read(path, { tailLines: 1 }), "four\n");
  equal(await read(path, { sinceMs: Date.parse("2030-01-01T00:00:03Z") }), "three\nfour\n");
  equal(await read(path, { limitBytes: 6 }), "one\ntw");
  equal(await read(path, { stream: "stderr" }), "two\n");
  equal(
    (await read(path, { timestamps: true, tailLines: 3 })).split("\n")[0],
    "2030-01-01T00:00:03.000000000Z three",
  );
});

test("a log that is not there yet is empty", async (context) => {
  const path = await logFile(context, "");
  equal(await read(`${path}.none`), "");
});

test("a follower sees what is written, also after the log was put aside", async (context) => {
  const path = await logFile(context, line(1, "one"));
  const stop = new AbortController();
  const state = { isWritten: true };
  const source = {
    disk,
    clock: new VirtualClock(),
    path,
    isWritten: () => state.isWritten,
    mayHaveEnded: () => new Promise<void>(() => undefined),
    signal: stop.signal,
  };
  const chunks = readLog(source, { ...still, follow: true });
  const next = async (): Promise<string> => {
    const { value, done } = await chunks.next();
    return done ? "(end)" : text([value]);
  };
  equal(await next(), "one\n");
  await disk.append(path, line(2, "two"));
  equal(await next(), "two\n");
  await disk.append(path, line(3, "three"));
  await disk.rename(path, `${path}.20300101-000000`);
  await writeFile(path, line(4, "four"));
  equal((await next()) + (await next()), "three\nfour\n");
  state.isWritten = false;
  await disk.append(path, line(5, "five"));
  equal(await next(), "five\n");
  equal(await next(), "(end)");
});

test("of the logs put aside the oldest go", () => {
  deepEqual(surplusOf(["l.3", "l.1", "l.2"]), []);
  deepEqual(surplusOf(["l.3", "l.1", "l.4", "l.2"]), ["l.1"]);
  equal(stamp(Date.UTC(2030, 0, 2, 3, 4, 5)), "20300102-030405");
});

test("a log that has grown is put aside, and the runtime begins a new one", async (context) => {
  const path = await logFile(context, "x".repeat(10 * 1_024 * 1_024));
  const folder = path.slice(0, path.lastIndexOf("/"));
  const container = { id: "c1", state: "running", logPath: path };
  const dying = {
    ...container,
    id: "c0",
    logPath: await logFile(context, "x".repeat(10 * 1_024 * 1_024)),
  };
  const containers = [dying, container];
  const pods = { workers: [{ state: { runtime: { containers, sandboxes: [] } } }] };
  const reopened: string[] = [];
  const rotation = (reopenLog: (id: string) => Promise<void>): LogRotation =>
    new LogRotation({
      runtime: { reopenLog },
      disk,
      clock: new VirtualClock(),
      log: silent,
      pods: pods as never,
    });
  await rotation(() => Promise.reject(new Error("no"))).rotateAll();
  deepEqual(await readdir(folder), ["0.log"]);
  // What goes wrong with one log is no reason to let the others grow.
  await rotation(async (id) => {
    if (id === "c0") throw new Error("no such container");
    reopened.push(id);
  }).rotateAll();
  deepEqual(await readdir(folder), ["0.log.20300101-000000"]);
  deepEqual(reopened, ["c1"]);
});
