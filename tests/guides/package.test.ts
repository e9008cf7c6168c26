/** What `npm run package` makes can be installed and imported by any Node program. */
import { equal } from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { test } from "node:test";
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

test("a program that has it in node_modules creates a cluster", async () => {
  // Inside of the repository, so that its dependencies are found.
  const project = `${root}/dist/.project-${process.pid}`;
  try {
    await mkdir(project, { recursive: true });
    await run(process.execPath, [`${root}/tools/package.ts`, `${project}/node_modules/k8ts`], {
      cwd: root,
    });
    await writeFile(`${project}/program.mjs`, program);
    const { stdout } = await run(process.execPath, [`${project}/program.mjs`]);
    equal(stdout.trim(), "Running");
  } finally {
    await rm(project, { recursive: true, force: true });
  }
});
