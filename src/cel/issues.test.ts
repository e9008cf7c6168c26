import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { compile } from "./cel.ts";
import type { CelCompileError } from "./issues.ts";
import { complaintOf } from "./testing.ts";
import {
  boolType,
  escapeProperty,
  intType,
  listType,
  objectType,
  stringType,
  type CelType,
} from "./types.ts";

const self = objectType(
  "Self",
  new Map<string, { type: CelType }>([
    ["count", { type: intType }],
    ["names", { type: listType(stringType) }],
  ]),
);

/** The first complaint, without the excerpt. */
const firstOf = (text: string): string | undefined =>
  complaintOf(text, { types: { self } })?.split("\n")[0]?.replace("ERROR: <input>:", "");

test("a complaint shows the place", () => {
  equal(
    complaintOf("1 + foo"),
    "ERROR: <input>:1:5: undeclared reference to 'foo' (in container '')\n | 1 + foo\n | ....^",
  );
  equal(
    complaintOf("1 +\n  foo"),
    "ERROR: <input>:2:3: undeclared reference to 'foo' (in container '')\n |   foo\n | ..^",
  );
});

test("every mistake is reported, in order", () => {
  const complaints = complaintOf("b + a")?.match(/\d+:\d+: .*/g);
  deepEqual(complaints, [
    "1:1: undeclared reference to 'b' (in container '')",
    "1:5: undeclared reference to 'a' (in container '')",
  ]);
});

test("types that do not fit are refused, in upstream's words", () => {
  const cases = {
    "self.count + 'a'": "1:12: found no matching overload for '_+_' applied to '(int, string)'",
    "self.count == 'a'": "1:12: found no matching overload for '_==_' applied to '(int, string)'",
    "self.other": "1:5: undefined field 'other'",
    "self.count.x": "1:11: type 'int' does not support field selection",
    "self.names.all(n, n)":
      "1:15: found no matching overload for '_&&_' applied to '(bool, string)'",
    "self.names.filter(n, 1)":
      "1:18: found no matching overload for '_?_:_' applied to '(int, list(string), list(string))'",
    "self.count.all(n, true)":
      "1:5: expression of type 'int' cannot be range of a comprehension (must be list, map, or dynamic)",
    "self.names.frob()": "1:16: undeclared reference to 'frob' (in container '')",
    "self.names.startsWith('a')":
      "1:22: found no matching overload for 'startsWith' applied to 'list(string).(string)'",
    "[1, 'a']": "1:5: expected type 'int' but found 'string'",
    "{'a': 1, 'b': 'c'}": "1:15: expected type 'int' but found 'string'",
    "true ? 1 : 'a'":
      "1:6: found no matching overload for '_?_:_' applied to '(bool, int, string)'",
    "Foo{a: 1}": "1:4: undeclared reference to 'Foo' (in container '')",
  };
  for (const [text, expected] of Object.entries(cases)) equal(firstOf(text), expected, text);
});

test("what cannot be read is refused", () => {
  const cases = {
    "": /^1:1: Syntax error: mismatched input '<EOF>' expecting \{/,
    "1 +": /^1:4: Syntax error: mismatched input '<EOF>'/,
    "1 2": /^1:3: Syntax error: extraneous input '2' expecting <EOF>/,
    "(1": /^1:3: Syntax error: mismatched input '<EOF>' expecting '\)'/,
    "a.": /^1:3: Syntax error/,
    "'abc": /^1:1: Syntax error: token recognition error at: ''abc'/,
    "a = b": /^1:3: Syntax error: token recognition error at: '='/,
    "'\\q'": /^1:1: Syntax error/,
    for: /^1:1: reserved identifier: for/,
    "has(1)": /^1:4: invalid argument to has\(\) macro/,
    "[1].all(1, true)": /^1:9: argument must be a simple name/,
    "9223372036854775808": /^1:1: invalid int literal/,
    "-9223372036854775809": /^1:2: invalid int literal/,
    "18446744073709551616u": /^1:1: invalid uint literal/,
    "1e999": /^1:1: invalid double literal/,
  };
  for (const [text, expected] of Object.entries(cases))
    equal(expected.test(firstOf(text) ?? "fine"), true, `${text}: ${firstOf(text)}`);
});

test("literals that can never work are refused at once", () => {
  equal(firstOf("'a'.matches('(')"), "1:13: invalid matches argument");
  equal(firstOf("duration('1y')"), "1:10: invalid duration argument");
  equal(firstOf("timestamp('yesterday')"), "1:11: invalid timestamp argument");
});

test("expressions have limits of depth and size", () => {
  const limit = /expression recursion limit exceeded: 250/;
  equal(limit.test(complaintOf("(".repeat(300) + "1" + ")".repeat(300)) ?? ""), true);
  equal(limit.test(complaintOf("1" + " + 1".repeat(300)) ?? ""), true);
  equal(limit.test(complaintOf("a" + ".a".repeat(300)) ?? ""), true);
  equal(complaintOf("true" + " && true".repeat(2_000)), undefined);
  equal(
    complaintOf(" ".repeat(100_001))?.includes(
      "expression code point size exceeds limit: size: 100001, limit 100000",
    ),
    true,
  );
});

test("the result must be of the type that is asked for", () => {
  const refusal = (resultType: CelType | readonly CelType[]): string => {
    try {
      compile("1 + 1", { variables: {}, resultType });
      return "";
    } catch (error) {
      return (error as CelCompileError).message;
    }
  };
  equal(refusal(boolType), "must evaluate to bool");
  equal(refusal([stringType, boolType]), "must evaluate to string or bool");
  equal(refusal(intType), "");
});

test("types may be constructed where the host knows them", () => {
  const patch = objectType(
    "JSONPatch",
    new Map<string, { type: CelType }>([
      ["op", { type: stringType }],
      ["path", { type: stringType }],
    ]),
  );
  const options = {
    variables: {},
    findType: (name: string) => (name === "JSONPatch" ? patch : undefined),
  };
  const program = compile("[JSONPatch{op: 'add', path: '/a'}]", options);
  deepEqual(program.evaluate({}).value, [{ op: "add", path: "/a" }]);
  throws(
    () => compile("JSONPatch{op: 1}", options),
    /expected type of field 'op' is 'string' but provided type is 'int'/,
  );
  throws(() => compile("JSONPatch{oops: 1}", options), /undefined field 'oops'/);
});

test("properties are escaped as Kubernetes does it", () => {
  equal(escapeProperty("a-b.c/d"), "a__dash__b__dot__c__slash__d");
  equal(escapeProperty("x__y"), "x__underscores__y");
  equal(escapeProperty("namespace"), "__namespace__");
  equal(escapeProperty("1a"), undefined);
  equal(escapeProperty("plain"), "plain");
});
