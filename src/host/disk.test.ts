import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { describe, test } from "node:test";
import { runOrThrow, type Command } from "#base/processes.ts";
import { systemDisk as disk } from "./disk.ts";
import { systemProcesses as processes } from "./processes.ts";
import { mountsIn, StillMounted } from "./remove-tree.ts";

/** A folder for one test. */
function place(): Disposable & { readonly path: string } {
  const path = mkdtempSync(`${tmpdir()}/k8ts-disk-`);
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

const mount = (...args: string[]): Command => ({ program: "mount", args });

const textOf = (bytes: Uint8Array | undefined): string | undefined =>
  bytes && Buffer.from(bytes).toString();

describe("files", () => {
  test("a file is replaced as a whole, with its mode, and nothing is left beside it", async () => {
    using folder = place();
    const file = `${folder.path}/a`;
    equal(await disk.read(file), undefined);
    await disk.write(file, "one", 0o600);
    const first = await disk.facts(file);
    deepEqual([first?.is, first?.bytes, first?.mode], ["file", 3, 0o600]);
    await disk.write(file, new Uint8Array([0x74, 0x77, 0x6f]), 0o666);
    const second = await disk.facts(file);
    deepEqual([textOf(await disk.read(file)), second?.mode], ["two", 0o666]);
    ok(first?.inode !== second?.inode);
    await disk.append(file, "!");
    equal(textOf(await disk.read(file)), "two!");
    deepEqual(await disk.list(folder.path), ["a"]);
  });

  test("a write that cannot be finished leaves nothing behind", async () => {
    using folder = place();
    mkdirSync(`${folder.path}/taken/inside`, { recursive: true });
    await rejects(disk.write(`${folder.path}/taken`, "x"), { code: "EISDIR" });
    await rejects(disk.write(`${folder.path}/missing/x`, "x"), { code: "ENOENT" });
    deepEqual(await disk.list(folder.path), ["taken"]);
  });

  test("parts of a file", async () => {
    using folder = place();
    const file = `${folder.path}/log`;
    await disk.write(file, "0123456789");
    const part = (offset: number): Promise<Uint8Array> =>
      disk.readAt(file, { offset, bytesMax: 4 });
    deepEqual(
      [textOf(await part(2)), textOf(await part(8)), textOf(await part(20))],
      ["2345", "89", ""],
    );
  });

  test("links are replaced atomically and read", async () => {
    using folder = place();
    const link = `${folder.path}/..data`;
    equal(await disk.readLink(link), undefined);
    await disk.link(link, "v1");
    await disk.link(link, "v2");
    equal(await disk.readLink(link), "v2");
    equal((await disk.facts(link))?.is, "link");
    deepEqual(await disk.list(folder.path), ["..data"]);
  });

  test("folders come with their parents and list in order", async () => {
    using folder = place();
    await disk.makeFolder(`${folder.path}/a/b`, 0o777);
    await disk.makeFolder(`${folder.path}/a/b`, 0o700);
    equal((await disk.facts(`${folder.path}/a/b`))?.mode, 0o777, "an existing one is left alone");
    for (const name of ["z", "b", "a"]) await disk.write(`${folder.path}/a/b/${name}`, "");
    deepEqual(await disk.list(`${folder.path}/a/b`), ["a", "b", "z"]);
    equal(await disk.list(`${folder.path}/none`), undefined);
    equal(await disk.facts(`${folder.path}/a/b/z/below-a-file`), undefined);
    await disk.rename(`${folder.path}/a/b/z`, `${folder.path}/a/b/c`);
    deepEqual(await disk.list(`${folder.path}/a/b`), ["a", "b", "c"]);
  });

  test("space is that of the whole file system", async () => {
    const { totalBytes, freeBytes } = await disk.space(tmpdir());
    ok(totalBytes > freeBytes && freeBytes > 0);
  });

  test("an observer hears of writing, replacing and what is in a folder", async () => {
    using folder = place();
    const heard = async (path: string, act: () => Promise<void>): Promise<void> => {
      const { promise, resolve } = Promise.withResolvers<void>();
      using _observer = disk.observe(path, resolve);
      await act();
      await promise;
    };
    const file = `${folder.path}/f`;
    await heard(file, () => disk.write(file, "1"));
    await heard(file, () => disk.append(file, "2"));
    await heard(file, () => disk.write(file, "3"));
    await heard(file, () => disk.remove(file));
    await disk.makeFolder(`${folder.path}/sub`);
    await heard(`${folder.path}/sub`, () => disk.write(`${folder.path}/sub/x`, ""));
  });
});

const canMount = await mayMount();

describe("removing", () => {
  test("a tree goes with all that is in it, links as links", async () => {
    using folder = place();
    const { path } = folder;
    mkdirSync(`${path}/tree/a/b`, { recursive: true });
    mkdirSync(`${path}/kept`);
    writeFileSync(`${path}/kept/file`, "");
    writeFileSync(`${path}/tree/a/b/file`, "");
    symlinkSync(`${path}/kept`, `${path}/tree/a/link`);
    await disk.remove(`${path}/tree`);
    deepEqual(readdirSync(path), ["kept"]);
    ok(existsSync(`${path}/kept/file`));
    symlinkSync("kept", `${path}/link`);
    await disk.remove(`${path}/link`);
    ok(existsSync(`${path}/kept/file`));
    await disk.remove(`${path}/kept/file`);
    await disk.remove(`${path}/kept/file`);
    await disk.remove(`${path}/none/at/all`);
    deepEqual(readdirSync(path), ["kept"]);
  });

  test(
    "nothing is removed while something is mounted in it, bound folders of the same disk too",
    { skip: canMount ? false : "needs the right to mount" },
    async () => {
      using folder = place();
      const { path } = folder;
      for (const name of ["tree/a b", "tree/c", "data"])
        mkdirSync(`${path}/${name}`, { recursive: true });
      writeFileSync(`${path}/data/precious`, "");
      writeFileSync(`${path}/tree/c/file`, "");
      await runOrThrow(processes, mount("--bind", `${path}/data`, `${path}/tree/a b`));
      try {
        await rejects(disk.remove(`${path}/tree`), StillMounted);
        await rejects(disk.remove(`${path}/tree/a b`), StillMounted);
        ok(existsSync(`${path}/data/precious`) && existsSync(`${path}/tree/c/file`));
      } finally {
        await runOrThrow(processes, { program: "umount", args: [`${path}/tree/a b`] });
      }
      await disk.remove(`${path}/tree`);
      deepEqual(readdirSync(path), ["data"]);
    },
  );

  test("mounts are read as the kernel writes them", () => {
    const text = [
      "22 1 254:0 / / rw - ext4 /dev/vda rw",
      String.raw`30 22 0:5 / /var/lib/pods/a\040b rw - tmpfs tmpfs rw`,
      "31 22 0:6 / /var/lib/pods rw - tmpfs tmpfs rw",
      "32 22 0:7 / /var/lib/pods-other rw - tmpfs tmpfs rw",
      "",
    ].join("\n");
    deepEqual(mountsIn("/var/lib/pods", text), ["/var/lib/pods/a b", "/var/lib/pods"]);
    deepEqual(mountsIn("/var/lib/pods/x", text), []);
  });
});

/** Root in a container often may not. */
async function mayMount(): Promise<boolean> {
  const folder = mkdtempSync(`${tmpdir()}/k8ts-mount-`);
  const { code } = await processes.run(mount("-t", "tmpfs", "tmpfs", folder));
  if (code === 0) await runOrThrow(processes, { program: "umount", args: [folder] });
  rmSync(folder, { recursive: true });
  return code === 0;
}
