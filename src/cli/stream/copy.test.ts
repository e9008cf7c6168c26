/** cp, with the tar of this machine standing in for the one in the container. */
import { deepEqual, equal, match } from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { pack } from "tar-stream";
import { archivePrefix, inside, parseFileSpec } from "./file-spec.ts";
import { kubeletOf, type RemoteEnd, run, serverWith, type TestKubelet } from "./testing.ts";

const statusOf = (code: number): Buffer =>
  Buffer.from(
    JSON.stringify(
      code === 0
        ? { status: "Success" }
        : {
            status: "Failure",
            reason: "NonZeroExitCode",
            details: { causes: [{ reason: "ExitCode", message: String(code) }] },
          },
    ),
  );

async function finish({ streams }: RemoteEnd, code: number): Promise<void> {
  await streams.get("error")?.write(statusOf(code));
  for (const stream of streams.values()) await stream.end();
}

/** Runs the commands for real. */
const realKubelet = (): TestKubelet =>
  kubeletOf({
    serve: async (remote) => {
      const { path, streams } = remote;
      const [program = "", ...args] = new URL(path, "http://k").searchParams.getAll("command");
      const child = spawn(program, args);
      const relay = async (name: "stdout" | "stderr"): Promise<void> => {
        for await (const chunk of child[name]) await streams.get(name)?.write(chunk as Buffer);
      };
      const feed = async (): Promise<void> => {
        for await (const chunk of streams.get("stdin")?.incoming ?? []) child.stdin.write(chunk);
        child.stdin.end();
      };
      const code = new Promise<number>((done) => child.on("close", (value) => done(value ?? 1)));
      await Promise.all([relay("stdout"), relay("stderr"), feed()]);
      await finish(remote, await code);
    },
  });

interface Folders extends AsyncDisposable {
  readonly here: string;
  readonly there: string;
}

async function folders(): Promise<Folders> {
  const root = await mkdtemp(join(tmpdir(), "k8ts-cp-"));
  const [here, there] = [join(root, "here"), join(root, "there")];
  await mkdir(here);
  await mkdir(there);
  return { here, there, [Symbol.asyncDispose]: () => rm(root, { recursive: true }) };
}

test("a folder goes up and comes down again, links stay behind", async () => {
  await using at = await folders();
  const big = Buffer.alloc(2_500_000, "0123456789");
  await mkdir(join(at.here, "src/empty"), { recursive: true });
  await mkdir(join(at.here, "src/deep"));
  await writeFile(join(at.here, "src/deep/big"), big);
  await writeFile(join(at.here, "src/tool"), "#!", { mode: 0o755 });
  await writeFile(join(at.here, "src/none"), "");
  await symlink("tool", join(at.here, "src/link"));
  const server = await serverWith(realKubelet(), { name: "web" });
  const up = await run(server, ["cp", "src", `web:${at.there}`], { folder: at.here });
  deepEqual(up, { code: 0, output: "", errors: "" });
  equal((await stat(join(at.there, "src/tool"))).mode & 0o777, 0o755);
  const source = `web:${at.there}/src`;
  const down = await run(server, ["cp", source, "back"], { folder: at.here });
  equal(down.code, 0);
  match(
    down.errors,
    /^warning: skipping symlink: ".*\/back\/link" -> "tool" \(consider using "k8ts exec -n "default" "web" -- tar cf - ".*\/src" \| tar xf -"\)\n$/,
  );
  deepEqual(await readFile(join(at.here, "back/deep/big")), big);
  equal(await readFile(join(at.here, "back/none"), "utf8"), "");
  equal((await stat(join(at.here, "back/empty"))).isDirectory(), true);
});

test("a file gets the name that was asked for", async () => {
  await using at = await folders();
  await writeFile(join(at.here, "a"), "text");
  const server = await serverWith(realKubelet(), { name: "web" });
  await run(server, ["cp", "a", `default/web:${at.there}/b`], { folder: at.here });
  equal(await readFile(join(at.there, "b"), "utf8"), "text");
  await run(server, ["cp", `web:${at.there}/b`, "c"], { folder: at.here });
  equal(await readFile(join(at.here, "c"), "utf8"), "text");
});

test("what tar says is wrong is told, and its code is ours", async () => {
  await using at = await folders();
  const server = await serverWith(realKubelet(), { name: "web" });
  const { code, errors } = await run(server, ["cp", `web:${at.there}/nope`, "x"], {
    folder: at.here,
  });
  deepEqual([code, errors], [2, "command terminated with exit code 2\n"]);
});

/** A container whose tar lies. */
const evilKubelet = (...names: readonly string[]): TestKubelet =>
  kubeletOf({
    serve: async (remote) => {
      const archive = pack();
      for (const name of names) archive.entry({ name }, "evil");
      archive.finalize();
      for await (const chunk of archive) await remote.streams.get("stdout")?.write(chunk as Buffer);
      await finish(remote, 0);
    },
  });

test("an archive may not lead out of the target", async () => {
  await using at = await folders();
  const server = await serverWith(evilKubelet("data/../../../there/x", "data/ok"), { name: "web" });
  const { code, errors } = await run(server, ["cp", "web:/data", "got"], { folder: at.here });
  equal(code, 0);
  match(errors, /^warning: file ".*" is outside target destination, skipping\n$/);
  equal(await readFile(join(at.here, "got/ok"), "utf8"), "evil");
  const other = await serverWith(evilKubelet("elsewhere"), { name: "web" });
  const ran = await run(other, ["cp", "web:/data", "got"], { folder: at.here });
  deepEqual([ran.code, ran.errors], [1, "error: tar contents corrupted\n"]);
});

const refusals = [
  [["cp", "a"], "source and destination are required"],
  [["cp", "a", "b"], "one of src or dest must be a remote file specification"],
  [["cp", "x:a", "y:b"], "one of src or dest must be a local file specification"],
  [["cp", "web:", "b"], "filepath can not be empty"],
  [["cp", "/nope/nope", "web:b"], "/nope/nope doesn't exist in local filesystem"],
] as const;
for (const [line, why] of refusals) {
  test(`${line.join(" ")}: ${why}`, async () => {
    const server = await serverWith(realKubelet(), { name: "web" });
    deepEqual(await run(server, line), { code: 1, output: "", errors: `error: ${why}\n` });
  });
}

test("the ends of a copy", () => {
  deepEqual(parseFileSpec("./a/"), { path: "./a" });
  deepEqual(parseFileSpec("web:/tmp/a"), { pod: "web", path: "/tmp/a" });
  deepEqual(parseFileSpec("dev/web:b"), { namespace: "dev", pod: "web", path: "b" });
});

test("tar leaves out the roots of names, and so do we", () => {
  deepEqual(["/tmp/a", "a/../b", "../../c", "/", "."].map(archivePrefix), [
    "tmp/a",
    "b",
    "c",
    "",
    "",
  ]);
  deepEqual(
    ["/x", "", "/../y", "a/../../z"].map((name) => inside("/home/me", name)),
    ["/home/me/x", "/home/me", undefined, undefined],
  );
});
