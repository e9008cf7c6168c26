import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { buildMachine, stepsOf } from "./machine.ts";
import { buildMatcher } from "./matcher.ts";
import { parseRegex } from "./parse.ts";
import { regexOf, regexProblem } from "./regex.ts";

/** What both ways to run a pattern find. */
function found(pattern: string, text: string): string | undefined {
  const regex = regexOf(pattern);
  const [first] = regex.findAll(text, 1);
  const matcher = buildMatcher(stepsOf(parseRegex(pattern)));
  equal(regex.matches(text), first !== undefined, `${pattern} on ${text}`);
  equal(matcher?.(text) ?? regex.matches(text), first !== undefined, `${pattern} on ${text}`);
  return first;
}

test("patterns find what Go finds", () => {
  const cases: readonly (readonly [string, string, string | undefined])[] = [
    ["a+", "baaac", "aaa"],
    ["a+?", "baaac", "a"],
    ["^abc$", "abc\n", undefined],
    ["(?m)^b$", "a\nb\nc", "b"],
    ["a.c", "a\nc", undefined],
    ["(?s)a.c", "a\nc", "a\nc"],
    ["a.c", "a\rc", "a\rc"],
    ["(?i)ÄB", "xäbx", "äb"],
    ["a(?i)b", "aB", "aB"],
    ["(?i:a)b", "AB", undefined],
    ["[[:alpha:]]+[^[:^digit:]]", "ab1", "ab1"],
    ["[\\d\\-]+", "x1-2", "1-2"],
    ["[^\\s]+", " ab ", "ab"],
    ["\\S+\\W\\D", "ab -x", "ab -"],
    ["[]a]+", "x]a", "]a"],
    ["\\p{Greek}+\\pL", "αβγ", "αβγ"],
    ["\\P{Lu}", "Ab", "b"],
    ["\\x{1F600}|\\x41", "😀", "😀"],
    ["\\Qa.b\\E", "a.b", "a.b"],
    ["\\bfoo\\b", "a foo b", "foo"],
    ["(a|ab)(c|bcd)", "abcd", "abcd"],
    ["x{2,3}", "xxxx", "xxx"],
    ["x{2,3}?", "xxxx", "xx"],
    ["x{,3}", "x{,3}", "x{,3}"],
    ["(?P<n>a)(?<m>b)", "ab", "ab"],
    ["(?U)a+", "aaa", "a"],
    ["\\Aab\\z", "ab", "ab"],
    ["", "abc", ""],
    ["a\\/b\\.\\-", "a/b.-", "a/b.-"],
  ];
  for (const [pattern, text, expected] of cases)
    equal(found(pattern, text), expected, `${pattern} on ${JSON.stringify(text)}`);
});

test("what RE2 refuses is refused", () => {
  const patterns = [
    "(?=a)",
    "(?!a)",
    "(?<=a)b",
    "(a)\\1",
    "a**",
    "*a",
    "(a",
    "a)",
    "[a",
    "[z-a]",
    "a{1001}",
    "a{2,1}",
    "(a{500}){3}",
    "\\p{Nonsense}",
    "\\k<x>",
    "\\e",
    "(?z)",
  ];
  for (const pattern of patterns)
    equal(regexProblem(pattern)?.startsWith("error parsing regexp: "), true, pattern);
});

test("all matches are found, empty ones not twice", () => {
  deepEqual(regexOf("a*").findAll("baac", Infinity), ["", "aa", ""]);
  deepEqual(regexOf("[ab]").findAll("xaxb", 1), ["a"]);
});

test("no pattern takes more than linear time", () => {
  const text = `${"a".repeat(5_000)}b`;
  for (const pattern of ["^(a+)+$", "^(a|a)*$", "^(a*)*c", "(x+x+)+y", "^(a{0,100}){0,10}$"])
    equal(regexOf(pattern).matches(text), false, pattern);
  throws(
    () => regexOf("a[^b]*b|a").findAll("a".repeat(20_000), Infinity),
    /finding all matches takes too long/,
  );
});

test("the machine and JavaScript's engine agree on tame patterns", () => {
  for (const pattern of ["a|b|cd", "x?y", "^a{2}", "[^a]b*", "a(b|c)?d"]) {
    const machine = buildMachine(stepsOf(parseRegex(pattern)));
    const native = new RegExp(pattern, "u");
    for (const text of ["", "a", "ab", "cd", "xy", "aab", "abd", "zb", "acd", "ad"])
      equal(machine(Array.from(text), 0) !== undefined, native.test(text), `${pattern} on ${text}`);
  }
});
