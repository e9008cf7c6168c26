import { deepEqual, equal, match } from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { flag } from "../src/cli/flags.ts";
import { type Tool, toolCall, wholeNumber } from "./command-line.ts";

const flags = { times: wholeNumber("how often", 3), loud: flag.switch("shout") };
const tool: Tool<typeof flags> = {
  call: "npm run sing --",
  summary: "Sings.",
  examples: [["npm run sing -- alto --times=2", "twice"]],
  operands: [
    { name: "alto", summary: "low" },
    { name: "soprano", summary: "high" },
  ],
  flags,
};

test("a tool is told its flags and names", () => {
  deepEqual(toolCall(tool, ["alto", "--times", "2", "--loud"]), {
    is: "run",
    values: { times: 2, loud: true },
    words: ["alto"],
  });
  deepEqual(toolCall(tool, []), { is: "run", values: { times: 3, loud: false }, words: [] });
});

test("help says what there is, whatever else is wrong", () => {
  const call = toolCall(tool, ["--nope", "--help"]);
  equal(call.is, "help");
  deepEqual("text" in call && call.text.split("\n"), [
    "Sings.",
    "",
    "Usage:",
    "  npm run sing -- [NAME...] [FLAG...]",
    "",
    "Names:",
    "  alto      low",
    "  soprano   high",
    "",
    "Examples:",
    "  npm run sing -- alto --times=2   twice",
    "",
    "Flags:",
    "      --help      this text",
    "      --loud      shout",
    "      --times=N   how often (3)",
  ]);
});

const wrong: readonly (readonly [argv: readonly string[], text: string])[] = [
  [["--nope"], "unknown flag: --nope; there are --times, --loud, --help"],
  [["bass"], 'there is no "bass"; there are alto, soprano'],
  [["--times=-1"], 'invalid argument "-1" for "--times": it is no whole number of 0 or more'],
  [["--times"], "flag needs an argument: --times"],
];

for (const [argv, text] of wrong) {
  test(`a mistake is told in one line: ${argv.join(" ")}`, () => {
    deepEqual(toolCall(tool, argv), { is: "wrong", text });
  });
}

const home = join(import.meta.dirname, "..");
const programs = [
  "bench/run.ts",
  "tools/complete-lock.ts",
  "tools/explore.ts",
  "tools/fuzz.ts",
  "tools/oracles.ts",
  "tools/package.ts",
  "tools/tidy.ts",
];

for (const program of programs) {
  test(`${program} says how it is used, and does nothing when it is used otherwise`, () => {
    const run = (...argv: readonly string[]) =>
      spawnSync(process.execPath, [program, ...argv], { cwd: home, encoding: "utf8" });
    match(run("--help").stdout, /\nUsage:\n[^]*\nExamples:\n/);
    const { status, stdout, stderr } = run("--nope");
    deepEqual([status, stdout], [2, ""]);
    match(stderr, /^unknown flag: --nope; there are .*--help\n$/);
  });
}
