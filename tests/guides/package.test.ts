/** What `npm run package` makes can be installed and imported by any Node program. */
import { equal, match } from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { promisify } from "node:util";

const run = promisify(execFile);
const root = `${import.meta.dirname}/../..`;

/** Plain JavaScript, as somebody's own project has it. */
const program = `
import { createCluster } from "k8ts/testing";
import { Pod } from "k8ts/kinds";
await using cluster = await createCluster({ nodes: 1 });
await cluster.apply("apiVersion: v1\\nkind: Pod\\nmetadata: { name: one }\\nspec: { containers: [{ name: a, image: a }] }");
await cluster.idle();
await using branch = cluster.fork();
await using served = await branch.serve();
const { status } = await branch.client.get(Pod, { namespace: "default", name: "one" });
console.log(status.phase);
`;

/** Somebody's own types would not do: what is asked for and what comes back have those of the kinds. */
const typed = `
import { type Cluster, createCluster } from "k8ts/testing";
import { Deployment, Pod } from "k8ts/kinds";
import { definePlugin, refuse } from "k8ts/scheduler";
const metadata = { namespace: "default", name: "web" };
const cluster: Cluster = await createCluster({ nodes: 3 });
const pod = await cluster.client.get(Pod, metadata);
export const phase: string | undefined = pod.status.phase;
// @ts-expect-error -- containers are a list
export const image: string = pod.spec.containers.image;
// @ts-expect-error -- replicas are a number
await cluster.client.create(Deployment, { metadata, spec: { replicas: "2" } });
export const quiet = definePlugin({
  name: "Quiet",
  filter: (_pod, node) => (node.pods.size < 3 ? undefined : refuse("node(s) were not quiet")),
  events: [{ on: ["AssignedPodDelete"] }],
});
`;

const compilerOptions = { target: "esnext", module: "nodenext", strict: true, noEmit: true };

// Inside of the repository, so that its dependencies are found.
const project = `${root}/dist/.project-${process.pid}`;

before(async () => {
  await mkdir(project, { recursive: true });
  // Without one of its own it would belong to this package, and be given our sources instead.
  await writeFile(`${project}/package.json`, JSON.stringify({ private: true, type: "module" }));
  await run(process.execPath, [`${root}/tools/package.ts`, `${project}/node_modules/k8ts`], {
    cwd: root,
  });
});

after(() => rm(project, { recursive: true, force: true }));

test("a program that has it in node_modules creates a cluster", async () => {
  await writeFile(`${project}/program.mjs`, program);
  const { stdout } = await run(process.execPath, [`${project}/program.mjs`]);
  equal(stdout.trim(), "Running");
});

test("npx k8ts runs its program; what nobody imports is not installed with it", async () => {
  const home = `${project}/node_modules/k8ts`;
  const { bin, dependencies } = JSON.parse(await readFile(`${home}/package.json`, "utf8"));
  const { stdout } = await run(process.execPath, [`${home}/${bin.k8ts}`, "simulate", "--help"]);
  match(stdout, /k8ts simulate --nodes 5000 --pods 150000/);
  equal("yaml" in dependencies, true);
  // 200 MB, which would also take the place of the project's own.
  equal("node" in dependencies, false);
});

test("a program in TypeScript is told what it may ask for", async () => {
  await writeFile(`${project}/typed.mts`, typed);
  const config = { compilerOptions: { ...compilerOptions, types: [] }, files: ["typed.mts"] };
  await writeFile(`${project}/tsconfig.json`, JSON.stringify(config));
  const { stdout } = await run(`${root}/node_modules/.bin/tsc`, ["--project", project]);
  equal(stdout, "");
});
