/** Images are built and loaded on the machine, with no registry in reach. */
import { equal, match } from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { startCluster, type TestCluster } from "./cluster.ts";

let cluster: TestCluster;

before(async () => {
  cluster = await startCluster();
});

after(async () => {
  await cluster[Symbol.asyncDispose]();
});

async function folderWith(name: string, files: Readonly<Record<string, string>>): Promise<string> {
  const folder = join(cluster.machine.folder, name);
  await mkdir(folder);
  for (const [file, text] of Object.entries(files)) await writeFile(join(folder, file), text);
  return folder;
}

const logsOf = async (name: string, image: string): Promise<string> => {
  await cluster.kubectl(`run ${name} --image=${image} --restart=Never`);
  await cluster.kubectl(`wait --for=jsonpath={.status.phase}=Succeeded pod/${name} --timeout=60s`);
  return cluster.kubectl(`logs ${name}`);
};

test("a Dockerfile that copies files needs nothing else", async () => {
  const folder = await folderWith("web", {
    Dockerfile: `FROM k8ts.local/node\nARG WHO=nobody\nENV WHO=$WHO\nCOPY main.mjs /main.mjs\nCMD ["/main.mjs"]\n`,
    "main.mjs": "console.log(`hello ${process.env.WHO}`)",
  });
  const line = `image build ${folder} -t team/web:1.0.0 --build-arg WHO=world`;
  equal(await cluster.k8ts(line), "docker.io/team/web:1.0.0\n");
  match(await cluster.k8ts("image list"), /^docker\.io\/team\/web:1\.0\.0$/m);
  equal(await logsOf("web", "team/web:1.0.0"), "hello world\n");
});

test("a Dockerfile with a mistake says where", async () => {
  const folder = await folderWith("wrong", {
    Dockerfile: "FROM k8ts.local/node\nCOPY nothing /\n",
  });
  const { code, stderr } = await cluster.tryK8ts(`image build ${folder} -t team/wrong:1`);
  equal(code, 1);
  match(stderr, /Dockerfile:2: .*nothing/);
});

test("an archive is loaded as docker save writes it", async () => {
  const folder = await folderWith("archived", {
    Dockerfile: `FROM k8ts.local/node\nCMD ["-p", "'from an archive'"]\n`,
  });
  await cluster.k8ts(`image build ${folder} -t team/archived:1`);
  const archive = join(cluster.machine.folder, "archived.tar");
  const socket = (await cluster.machine.run("sh", ["-c", `ls /run/k8ts-*/containerd.sock`])).stdout;
  const ctr = ["--address", socketOf(socket), "--namespace", "k8s.io", "images"];
  const name = "docker.io/team/archived:1";
  await cluster.machine.run("ctr", [...ctr, "export", archive, name]);
  await cluster.machine.run("ctr", [...ctr, "remove", name]);
  equal(await cluster.k8ts(`image load ${archive}`), `${name}\n`);
  equal(await logsOf("archived", "team/archived:1"), "from an archive\n");
});

const socketOf = (listing: string): string => listing.trim().split("\n").at(-1) ?? "";
