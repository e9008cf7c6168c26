import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { buildImage, type BuildOptions } from "./build.ts";
import { type Image, writeArchive } from "./image.ts";
import { writeLayer } from "./layer.ts";
import { pauseBinary } from "./pause.ts";
import { normalizedReference } from "./reference.ts";

async function folderFor(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "k8ts-images-"));
  t.after(() => rm(folder, { recursive: true }));
  return folder;
}

const tar = (...args: string[]): string[] =>
  execFileSync("tar", args, { encoding: "utf8" }).trim().split("\n");

test("a layer holds its files, their folders once, and the same digest every time", async (t) => {
  const folder = await folderFor(t);
  const entries = [
    { path: "/a/b/one", content: "1" },
    { path: "/a/b/two", target: "one" },
    { path: "/tmp", folder: true, mode: 0o1777 },
  ] as const;
  const [first, second] = [await writeLayer(folder, entries), await writeLayer(folder, entries)];
  equal(first.digest, second.digest);
  deepEqual(tar("tf", first.file), ["a/", "a/b/", "a/b/one", "a/b/two", "tmp/"]);
  match(tar("tvf", first.file, "tmp/")[0] ?? "", /^drwxrwxrwt/);
});

async function context(t: TestContext): Promise<BuildOptions> {
  const folder = await folderFor(t);
  await mkdir(join(folder, "app/lib"), { recursive: true });
  await writeFile(join(folder, "app/main.mjs"), "main");
  await writeFile(join(folder, "app/lib/x.mjs"), "x");
  const base: Image = {
    reference: "docker.io/library/base:latest",
    architecture: "amd64",
    config: { Env: ["A=1"] },
    layers: [await writeLayer(folder, [{ path: "/base", content: "base" }])],
  };
  return {
    context: folder,
    dockerfile: join(folder, "Dockerfile"),
    reference: "team/web:1",
    args: {},
    layers: folder,
    findBase: async (reference) => (reference === base.reference ? base : undefined),
  };
}

test("an image is its base's layers and one more, and an archive holds each blob once", async (t) => {
  const options = await context(t);
  await writeFile(options.dockerfile, "FROM base\nCOPY app/ /srv/\nENV B=2\n");
  const { image } = await buildImage(options);
  equal(image?.reference, "docker.io/team/web:1");
  deepEqual(image?.config, { Env: ["A=1", "B=2"] });
  deepEqual(tar("tf", image?.layers[1]?.file ?? ""), [
    "srv/",
    "srv/lib/",
    "srv/lib/x.mjs",
    "srv/main.mjs",
  ]);
  const archive = join(options.context, "archive.tar");
  await writeArchive(
    archive,
    image ? [image, { ...image, reference: "docker.io/team/web:2" }] : [],
  );
  const names = tar("tf", archive);
  equal(new Set(names).size, names.length);
  const index = JSON.parse(tar("xOf", archive, "index.json").join("")) as {
    manifests: { annotations: Record<string, string> }[];
  };
  deepEqual(
    index.manifests.map(({ annotations }) => annotations["io.containerd.image.name"]),
    ["docker.io/team/web:1", "docker.io/team/web:2"],
  );
});

test("a Dockerfile that needs a real builder is handed back with the reason", async (t) => {
  const options = await context(t);
  await writeFile(options.dockerfile, "FROM base\nRUN make\n");
  deepEqual(await buildImage(options), { image: undefined, unsupported: "line 2: RUN" });
  await writeFile(options.dockerfile, "FROM alpine\n");
  deepEqual(await buildImage(options), { image: undefined, unsupported: "FROM alpine" });
});

test("nothing outside of the build context can be copied", async (t) => {
  const options = await context(t);
  await writeFile(options.dockerfile, "FROM base\nCOPY ../../etc/passwd /\n");
  const message = `${options.dockerfile}:2: COPY ../../etc/passwd: outside of the build context`;
  await rejects(buildImage(options), { message });
});

test("pause is an executable for Linux that sleeps until it is asked to end", async (t) => {
  const folder = await folderFor(t);
  const file = join(folder, "pause");
  await writeFile(file, pauseBinary(process.arch as "x64"), { mode: 0o755 });
  equal((await readFile(file)).length < 400, true);
  for (const signal of ["TERM", "INT"]) {
    const script = `"${file}" &
      until grep -q "^SigIgn:.*1....$" /proc/$!/status && grep -q "^State:.S" /proc/$!/status
        do :; done
      # Anything else, SIGCHLD for one, does not wake it.
      kill -CHLD $!; kill -CONT $!; kill -0 $! && kill -${signal} $! && wait $!; echo $?`;
    const options = { timeout: 10_000 };
    equal(String(execFileSync("/bin/sh", ["-c", script], options)).trim(), "0");
  }
});

for (const [short, long] of [
  ["hello", "docker.io/library/hello:latest"],
  ["team/hello:1", "docker.io/team/hello:1"],
  ["localhost:5000/hello", "localhost:5000/hello:latest"],
  ["k8ts.local/node:26", "k8ts.local/node:26"],
  ["a@sha256:0", "docker.io/library/a@sha256:0"],
] as const) {
  test(`${short} is ${long}`, () => equal(normalizedReference(short), long));
}
