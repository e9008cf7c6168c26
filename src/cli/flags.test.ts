import { deepEqual, throws } from "node:assert/strict";
import { test } from "node:test";
import { flag, parseFlags, UsageError } from "./flags.ts";

const flags = {
  namespace: flag.text("", { short: "n" }),
  replicas: flag.int("", { short: "r" }),
  stdin: flag.switch("", { short: "i" }),
  tty: flag.switch("", { short: "t" }),
  file: flag.list("", { short: "f", whole: true }),
  output: flag.oneOf(["json", "wide", ""], "", { short: "o", fallback: "" }),
  "dry-run": flag.text("", { bare: "client", fallback: "none" }),
};

test("values come behind a space, an equals sign, or right behind the letter", () => {
  for (const argv of [["-n", "a"], ["-na"], ["-n=a"], ["--namespace", "a"], ["--namespace=a"]])
    deepEqual(parseFlags(flags, argv).values.namespace, "a", argv.join(" "));
});

test("switches may be joined, and the last letter may take a value", () => {
  const { values, args } = parseFlags(flags, ["-itr", "3", "web"]);
  deepEqual([values.stdin, values.tty, values.replicas, args], [true, true, 3, ["web"]]);
});

test("a switch takes a value only with an equals sign", () => {
  deepEqual(parseFlags(flags, ["--stdin", "false"]).args, ["false"]);
  deepEqual(parseFlags(flags, ["--stdin=false"]).values.stdin, false);
});

test("a flag with a bare meaning needs no value", () => {
  deepEqual(parseFlags(flags, ["--dry-run"]).values["dry-run"], "client");
  deepEqual(parseFlags(flags, ["--dry-run=server"]).values["dry-run"], "server");
  deepEqual(parseFlags(flags, []).values["dry-run"], "none");
});

test("two dashes end the flags", () => {
  const { args, rest } = parseFlags(flags, ["pod", "-n", "a", "--", "ls", "-l", "--all"]);
  deepEqual([args, rest], [["pod"], ["ls", "-l", "--all"]]);
});

test("a list collects every occurrence", () => {
  deepEqual(parseFlags(flags, ["-f", "a,b", "-f", "c"]).values.file, ["a,b", "c"]);
});

for (const [argv, message] of [
  [["--colour"], "unknown flag: --colour"],
  [["-x"], "unknown shorthand flag: 'x' in -x"],
  [["--replicas=two"], 'invalid argument "two" for "--replicas": "two" is not an integer'],
  [["-n"], "flag needs an argument: -n"],
  [["-o", "xml"], 'invalid argument "xml" for "--output": "xml" is not one of "json", "wide", ""'],
] as const) {
  test(`${argv.join(" ")} is refused in so many words`, () => {
    throws(() => parseFlags(flags, argv), new UsageError(message));
  });
}

test("required flags are all named at once", () => {
  const needy = { a: flag.requiredText(""), b: flag.requiredInt("") };
  throws(() => parseFlags(needy, []), new UsageError('required flag(s) "a", "b" not set'));
});
