/** A simulated cluster for programs outside of the test: kubectl, as docs/guides/testing.md and gangs.md have it. */
import { equal, match, ok, rejects } from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { promisify } from "node:util";
import { createCluster } from "k8ts/testing";
import { hours } from "#base/clock.ts";
import { kubectlProgram } from "../kubectl-program.ts";

const run = promisify(execFile);
const gang = `${import.meta.dirname}/../../examples/gang/training.yaml`;

const kubectl = kubectlProgram(async (program, args) =>
  run(program, args).then(
    ({ stdout }) => ({ code: 0, stdout }),
    () => ({ code: 1, stdout: "" }),
  ),
);

async function kubectlOf(kubeconfig: string, command: string): Promise<string> {
  const [program, ...first] = await kubectl;
  const words = [...first, ...command.split(" "), "--kubeconfig", kubeconfig];
  return (await run(program, words)).stdout;
}

async function folder(): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await mkdtemp(`${tmpdir()}/k8ts-serve-`);
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

test("kubectl uses the cluster of a test", async () => {
  await using home = await folder();
  await using cluster = await createCluster({ nodes: 2 });
  await using served = await cluster.serve();
  const kubeconfig = `${home.path}/kubeconfig`;
  await writeFile(kubeconfig, served.kubeconfig);
  const ask = (command: string): Promise<string> => kubectlOf(kubeconfig, command);
  match(await ask("create deployment web --image=team/web:1 --replicas=2"), /created/);
  await cluster.idle();
  match(await ask("get deployment web"), /web +2\/2/);
  match(await ask("auth whoami"), /kubernetes-admin/);
  await rejects(ask("get pods --token=wrong"), /Unauthorized|must be logged in/);
});

test("k8ts serve --ephemeral is a cluster for tests in any language", async () => {
  await using home = await folder();
  const file = `${home.path}/kubeconfig`;
  const k8ts = `${import.meta.dirname}/../../src/cluster/main.ts`;
  const args = [
    k8ts,
    "serve",
    "--ephemeral",
    "--nodes=1",
    "--time=fast",
    "--feature-gates=GenericWorkload=true,GangScheduling=true",
    `--write-kubeconfig=${file}`,
  ];
  const serving = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  try {
    const [line] = (await once(createInterface(serving.stdout), "line")) as [string];
    equal(line, `export KUBECONFIG=${file}`);
    const ask = (command: string): Promise<string> => kubectlOf(file, command);
    await ask("create deployment web --image=team/web:1");
    match(await ask("rollout status deployment/web --timeout=30s"), /successfully rolled out/);
    const created = await ask("get node node-1 -o jsonpath={.metadata.creationTimestamp}");
    ok(Math.abs(Date.now() - Date.parse(created)) < hours(1), "its time is that of its clients");
    ok((await readFile(file, "utf8")).includes("127.0.0.1"));
    // As docs/guides/gangs.md has it.
    const [group, job] = (await readFile(gang, "utf8")).split("---\n");
    await writeFile(`${home.path}/job.yaml`, job ?? "");
    await ask(`apply -f ${home.path}/job.yaml`);
    await ask("wait --for=jsonpath={.status.active}=3 job/training --timeout=30s");
    const nodes = "get pods -l job-name=training -o jsonpath={.items[*].spec.nodeName}";
    equal(await ask(nodes), "", "they wait for their group");
    await writeFile(`${home.path}/group.yaml`, group ?? "");
    await ask(`apply -f ${home.path}/group.yaml`);
    await ask("wait --for=condition=PodGroupScheduled podgroup/workers --timeout=30s");
    equal(await ask(nodes), "node-1 node-1 node-1");
  } finally {
    serving.kill("SIGINT");
    await once(serving, "exit");
  }
  await rejects(readFile(file), /ENOENT/);
});
