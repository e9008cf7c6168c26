import { deepEqual, equal, match } from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { silent } from "#base/log.ts";
import { Metrics } from "#base/metrics.ts";
import { ManualClock } from "#base/testing.ts";
import { systemDisk as disk } from "#host/disk.ts";
import type { AuditEvent } from "../event.ts";
import { logBackend } from "./log.ts";
import { webhookBackend } from "./webhook.ts";

const event = (auditID: string, more: object = {}): AuditEvent => ({
  kind: "Event",
  apiVersion: "audit.k8s.io/v1",
  auditID,
  ...more,
});
const large = "x".repeat(600_000);
const dayMs = 86_400_000;

async function folderOf(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "audit-"));
  t.after(() => rm(folder, { recursive: true }));
  return join(folder, "audit");
}

test("the file holds a line for each event, for its owner's eyes only", async (t) => {
  const folder = await folderOf(t);
  const path = `${folder}/audit.log`;
  const options = { disk, clock: new ManualClock(), log: silent, metrics: new Metrics(), path };
  for (const id of ["a", "b"]) {
    await using backend = logBackend({
      ...options,
      sizeMegabytesMax: 1,
      ageDaysMax: 0,
      backupsMax: 0,
    });
    backend.write([event(id), event(`${id}2`)]);
  }
  const lines = (await readFile(path, "utf8")).trimEnd().split("\n");
  deepEqual(
    lines.map((line) => (JSON.parse(line) as AuditEvent).auditID),
    ["a", "a2", "b", "b2"],
  );
  equal((await stat(path)).mode & 0o777, 0o600);
});

test("a full file is put aside; of those only so many, and none too old, are kept", async (t) => {
  const folder = await folderOf(t);
  const clock = new ManualClock();
  const options = { disk, clock, log: silent, metrics: new Metrics(), path: `${folder}/audit.log` };
  const write = async (id: string, backupsMax: number, ageDaysMax: number): Promise<string[]> => {
    await using backend = logBackend({ ...options, sizeMegabytesMax: 1, backupsMax, ageDaysMax });
    backend.write([event(id, { large })]);
    await backend[Symbol.asyncDispose]();
    clock.advance(dayMs);
    return readdir(folder);
  };
  deepEqual(await write("1", 2, 0), ["audit.log"]);
  await write("2", 2, 0);
  await write("3", 2, 0);
  deepEqual(await write("4", 2, 0), [
    "audit-2030-01-03T00-00-00.000.log",
    "audit-2030-01-04T00-00-00.000.log",
    "audit.log",
  ]);
  clock.advance(10 * dayMs);
  deepEqual(await write("5", 0, 5), ["audit-2030-01-15T00-00-00.000.log", "audit.log"]);
});

test("what cannot be written is counted", async (t) => {
  const folder = await folderOf(t);
  await disk.write(folder, "a file where the folder should be");
  const metrics = new Metrics();
  {
    await using backend = logBackend({
      disk,
      clock: new ManualClock(),
      log: silent,
      metrics,
      path: `${folder}/audit.log`,
      sizeMegabytesMax: 1,
      ageDaysMax: 0,
      backupsMax: 0,
    });
    backend.write([event("a")]);
  }
  match(await metrics.text(), /apiserver_audit_error_total\{plugin="log"\} 1\n/);
});

const settled = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await Promise.resolve();
};

test("a webhook gets batches: full ones at once, others after a while", async () => {
  const clock = new ManualClock();
  const posted: string[][] = [];
  await using backend = webhookBackend({
    clock,
    log: silent,
    metrics: new Metrics(),
    batchMax: 2,
    post: async (body) => {
      const { kind, items } = body as { kind: string; items: AuditEvent[] };
      posted.push([kind, ...items.map(({ auditID }) => auditID)]);
    },
  });
  backend.write([event("a")]);
  await settled();
  deepEqual(posted, []);
  clock.advance(30_000);
  await settled();
  backend.write([event("b"), event("c"), event("d")]);
  await settled();
  deepEqual(posted, [
    ["EventList", "a"],
    ["EventList", "b", "c"],
    ["EventList", "d"],
  ]);
});

test("a webhook that fails is asked again, later and later, and given up on in the end", async () => {
  const clock = new ManualClock();
  const metrics = new Metrics();
  const times: number[] = [];
  await using backend = webhookBackend({
    clock,
    log: silent,
    metrics,
    batchMax: 1,
    post: async () => {
      times.push(clock.now());
      throw new Error("nobody there");
    },
  });
  backend.write([event("a")]);
  for (let i = 0; i < 200; i++) {
    await settled();
    clock.advance(1_000);
  }
  deepEqual(
    times.map((time) => (time - (times[0] ?? 0)) / 1_000),
    [0, 10, 25, 48, 82],
  );
  match(await metrics.text(), /apiserver_audit_error_total\{plugin="webhook"\} 1\n/);
  equal(clock.pending, 0);
});
