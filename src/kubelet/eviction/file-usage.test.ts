import { deepEqual, ok, rejects } from "node:assert/strict";
import { link, mkdir, mkdtemp, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { systemDisk } from "#host/disk.ts";
import { fileUsage } from "./file-usage.ts";

const signal = new AbortController().signal;
const disk = systemDisk;

async function folderFor(context: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "usage-"));
  context.after(() => rm(folder, { recursive: true }));
  return folder;
}

test("files count with all that is below, once whatever their names; links lead nowhere", async (t) => {
  const folder = await folderFor(t);
  await mkdir(`${folder}/data/deep/deeper`, { recursive: true });
  const before = await fileUsage(`${folder}/data`, { disk, signal });
  deepEqual(before.inodes, 3);
  await writeFile(`${folder}/data/deep/deeper/file`, "x".repeat(100_000));
  await link(`${folder}/data/deep/deeper/file`, `${folder}/data/again`);
  await writeFile(`${folder}/elsewhere`, "x".repeat(1_000_000));
  await symlink(folder, `${folder}/data/link`);
  const { bytes, inodes } = await fileUsage(`${folder}/data`, { disk, signal });
  deepEqual(inodes, 5);
  ok(bytes - before.bytes >= 100_000 && bytes - before.bytes < 200_000, `${bytes} bytes`);
});

test("holes are not counted", async (t) => {
  const folder = await folderFor(t);
  await writeFile(`${folder}/file`, "");
  await truncate(`${folder}/file`, 1e9);
  const { bytes } = await fileUsage(folder, { disk, signal });
  ok(bytes < 1e6, `${bytes} bytes`);
});

test("what is not there takes nothing", async () => {
  deepEqual(await fileUsage("/not/there", { disk, signal }), { bytes: 0, inodes: 0 });
});

test("who stops the kubelet does not wait until everything is counted", async (t) => {
  const folder = await folderFor(t);
  await writeFile(`${folder}/file`, "");
  await rejects(fileUsage(folder, { disk, signal: AbortSignal.abort() }), { name: "AbortError" });
});
