import { deepEqual, ok } from "node:assert/strict";
import { test } from "node:test";
import { exists } from "./conformance.ts";
import { differencesIn } from "./differences.ts";
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

for (const [what, text, problem] of [
  ["a timer of its own", "setTimeout(f, 1)", "use clock.after or sleep"],
  ["chance of its own", "Math.random()", "take a Random"],
  ["the process", "process.env.HOME", "take it from the host"],
  ["the network", 'import { connect } from "node:net";', "take it from the host"],
  ["a swallowed error", "try { f(); } catch {}", "handle the error, or let it pass"],
  ["a swallowed rejection", "f().catch(() => {})", "handle the error, or let it pass"],
  ["a question for the kind", 'if (object.kind === "Pod")', "declare the trait on the kind"],
  ["unfinished work", "// FIXME later", "finish it before merging"],
  ["a layer above", 'import { up } from "#cluster/up.ts";', "may not import cluster"],
  ["two folders up", 'import { x } from "../../api/x.ts";', 'cross a folder with "#layer/..."'],
] as const) {
  test(`${what} is reported`, () => {
    const [first = ""] = of("src/scheduler/queue.ts", text);
    ok(first.includes(problem), first);
  });
}

test("a test may not be skipped without a reason", () => {
  const [first = ""] = of("src/api/pod.test.ts", 'test.skip("later", () => {});');
  ok(first.includes("a skipped test needs a reason"), first);
});

test("a file is named for what it holds", () => {
  deepEqual(of("src/api/pod-utils.ts", ""), [
    'src/api/pod-utils.ts: "pod-utils.ts" says nothing: name what it holds',
  ]);
  deepEqual(of("src/api/PodSpec.ts", ""), ["src/api/PodSpec.ts: file names are kebab-case"]);
});

test("a test that holds a behaviour must be there, with the row that is named", () => {
  const texts = new Map([
    ["src/a.test.ts", 'test(`of ${kind}`, f);\ntest("plain", g);'],
    ["src/testing.ts", "pods: {"],
  ]);
  const holds = (name: string, row?: string): boolean =>
    exists({ file: "src/a.test.ts", test: name, ...(row === undefined ? {} : { row }) }, texts);
  ok(holds("plain") && holds("of ${kind}", "pods: {"));
  ok(!holds("plai") && !holds("of ${kind}", "nodes: {"));
  ok(!exists({ file: "src/b.test.ts", test: "plain" }, texts));
});

test("differences are collected from the comments that tell them", () => {
  const text = `/**
 * Reads.
 * differs: upstream reads twice,
 * and more slowly.
 * upstream: pkg/read.go
 */
// differs: this one stands alone.
const a = 1;`;
  deepEqual(differencesIn(text), [
    "Upstream reads twice, and more slowly.",
    "This one stands alone.",
  ]);
});
