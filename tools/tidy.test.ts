import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { problems } from "./tidy.ts";

const of = (path: string, text: string): string[] => problems([{ path, text }]);

test("a controller may not reach into the server", () => {
  deepEqual(of("src/controllers/job.ts", `import { Registry } from "#apiserver/registry.ts";`), [
    "src/controllers/job.ts: controllers may not import apiserver (allowed: controllers, base, api, client)",
  ]);
  deepEqual(
    of("src/cluster/all-in-one.ts", `import { Registry } from "#apiserver/registry.ts";`),
    [],
  );
});

test("only the host may look at the clock", () => {
  deepEqual(of("src/scheduler/queue.ts", "const t = new Date();"), [
    'src/scheduler/queue.ts: "new Date()" is banned here: take a Clock',
  ]);
  deepEqual(of("src/host/clock.ts", "const t = Date.now();"), []);
});

test("a command that is not in the catalog is reported", () => {
  const command = { path: "src/cli/commands/get.ts", text: "export const get = defineCommand({" };
  deepEqual(problems([command, { path: "src/cli/commands/catalog.ts", text: "// list\n" }]), [
    "src/cli/commands/catalog.ts: out of date: run `npm run tidy -- --fix`",
  ]);
});
