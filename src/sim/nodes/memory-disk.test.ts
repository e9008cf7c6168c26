import { deepEqual, equal, rejects } from "node:assert/strict";
import { test } from "node:test";
import { VirtualClock } from "../clock.ts";
import { MemoryDisk } from "./memory-disk.ts";

const text = async (disk: MemoryDisk, path: string): Promise<string | undefined> => {
  const bytes = await disk.read(path);
  return bytes && Buffer.from(bytes).toString();
};

async function empty(): Promise<MemoryDisk> {
  const made = new MemoryDisk({ clock: new VirtualClock(), totalBytes: 1_000 });
  await made.makeFolder("/a/b");
  return made;
}

test("files are written, appended to, read in part and listed", async () => {
  const files = await empty();
  await files.write("/a/b/one", "hello");
  await files.append("/a/b/one", " world");
  await files.append("/a/b/two", "2");
  equal(await text(files, "/a/b/one"), "hello world");
  equal(Buffer.from(await files.readAt("/a/b/one", { offset: 6, bytesMax: 3 })).toString(), "wor");
  deepEqual(await files.list("/a/b/"), ["one", "two"]);
  equal(await files.list("/a/b/one"), undefined);
  equal((await files.space()).freeBytes, 1_000 - 12);
  await files.remove("/a");
  deepEqual(await files.list("/"), []);
  equal((await files.space()).freeBytes, 1_000);
});

test("a file needs a folder to lie in", async () => {
  const files = await empty();
  await rejects(files.write("/nowhere/file", ""), /ENOENT/);
  await rejects(files.rename("/a/none", "/a/some"), /ENOENT/);
});

test("links are followed, also on the way, and replaced whole", async () => {
  const files = await empty();
  await files.makeFolder("/a/b/v1");
  await files.write("/a/b/v1/key", "old");
  await files.link("/a/b/..data", "v1");
  await files.link("/a/b/key", "..data/key");
  equal(await text(files, "/a/b/key"), "old");
  await files.makeFolder("/a/b/v2");
  await files.write("/a/b/v2/key", "new");
  await files.link("/a/b/..data", "v2");
  equal(await text(files, "/a/b/key"), "new");
  equal(await files.readLink("/a/b/..data"), "v2");
  equal((await files.facts("/a/b/..data"))?.is, "link");
  await files.link("/loop", "/loop");
  await rejects(files.read("/loop"), /ELOOP/);
});

test("a rotated file is told from its successor", async () => {
  const files = await empty();
  await files.write("/a/log", "1");
  const before = await files.facts("/a/log");
  await files.rename("/a/log", "/a/log.old");
  await files.append("/a/log", "2");
  equal((await files.facts("/a/log.old"))?.inode, before?.inode);
  equal((await files.facts("/a/log"))?.inode === before?.inode, false);
});

test("whoever observes a file or its folder is told", async () => {
  const files = await empty();
  const told: string[] = [];
  const file = files.observe("/a/log", () => told.push("file"));
  const folder = files.observe("/a", () => told.push("folder"));
  await files.append("/a/log", "1");
  file[Symbol.dispose]();
  await files.append("/a/log", "2");
  folder[Symbol.dispose]();
  await files.remove("/a/log");
  deepEqual(told, ["file", "folder", "folder"]);
});
