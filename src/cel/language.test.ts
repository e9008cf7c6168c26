import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { resultOf } from "./testing.ts";
import {
  doubleType,
  durationType,
  intType,
  listType,
  mapType,
  objectType,
  stringType,
  timestampType,
} from "./types.ts";

type Table = Readonly<Record<string, unknown>>;

function table(area: string, cases: Table): void {
  test(area, () => {
    for (const [text, expected] of Object.entries(cases)) deepEqual(resultOf(text), expected, text);
  });
}

table("literals have their values", {
  "0x1F": 31,
  "-9223372036854775808": -9_223_372_036_854_775_808n,
  "9223372036854775807": 9_223_372_036_854_775_807n,
  "18446744073709551615u": 18_446_744_073_709_551_615n,
  "1.5e3": 1_500,
  ".5": 0.5,
  "'a\\x41\\u00e9\\U0001F600\\101\\n'": "aAé😀A\n",
  "r'a\\n'": "a\\n",
  '"""two\nlines"""': "two\nlines",
  "'''it's'''": "it's",
  "b'\\xff\\000a'": Buffer.from([255, 0, 97]),
  "b'é'": Buffer.from("é"),
  "[1, 2, 3,]": [1, 2, 3],
  null: null,
  "1 // one": 1,
});

table("operators bind as they should", {
  "1 + 2 * 3 - 4 / 2": 5,
  "(1 + 2) * 3": 9,
  "7 % 3 * 2": 2,
  "2 - 1 - 1": 0,
  "true || false && false": true,
  "!true || true": true,
  "1 < 2 == true": true,
  "true ? 1 : false ? 2 : 3": 1,
  "--1": 1,
  "-(1)": -1,
  "!!true": true,
  "1 in [1, 2] && !(3 in [1, 2])": true,
});

table("ints have 64 bits and do not wrap", {
  "9223372036854775807 + 1": "error: integer overflow",
  "-9223372036854775808 - 1": "error: integer overflow",
  "9223372036854775807 * 2": "error: integer overflow",
  "-9223372036854775808 / -1": "error: integer overflow",
  "-(-9223372036854775807 - 1)": "error: integer overflow",
  "9007199254740991 + 2": 9_007_199_254_740_993n,
  "9007199254740993 - 9007199254740992": 1,
  "4611686018427387904 * 2 - 1 < 0": "error: integer overflow",
  "3037000499 * 3037000499": 9_223_372_030_926_249_001n,
  "-7 / 2": -3,
  "-7 % 2": -1,
  "0 * -1": 0,
  "1 / 0": "error: division by zero",
  "1 % 0": "error: modulus by zero",
  "0u - 1u": "error: unsigned integer overflow",
  "18446744073709551615u + 1u": "error: unsigned integer overflow",
  "7u / 2u": 3,
  "1u / 0u": "error: division by zero",
});

table("doubles are IEEE's", {
  "1.0 / 0.0 > 1e308": true,
  "0.0 / 0.0 == 0.0 / 0.0": false,
  "0.0 / 0.0 != 0.0 / 0.0": true,
  "0.0 / 0.0 < 1.0": false,
  "0.1 + 0.2": 0.30000000000000004,
});

table("numbers of different types are one line of numbers", {
  "1 < 2.5 && 2.5 < 3u": true,
  "dyn(1) == 1.0 && dyn(1u) == 1": true,
  "dyn(9007199254740993) == 9007199254740992.0": false,
  "9223372036854775807 < 9223372036854775808.0": true,
  "dyn(-1) < 1u": true,
  "{1: 'a'}[dyn(1.0)]": "a",
  "{1u: 'a'}[dyn(1)]": "a",
  "dyn(1) in [1.0, 2.0]": true,
  "[dyn(1), dyn(2u)] == [1.0, 2.0]": true,
});

table("equality looks at values, and types that differ are not equal", {
  "dyn(1) == '1'": false,
  "dyn(null) == 0": false,
  "[[1], [2]] == [[1], [2]] && [[1]] != [[2]]": true,
  "{'a': 1, 'b': 2} == {'b': 2, 'a': 1}": true,
  "{'a': 1} == {'a': 2}": false,
  "[] == []": true,
  "b'a' == b'a'": true,
  "type(1) == type(2) && type(1) == int && type('') != int": true,
  "type(type(1)) == type": true,
});

test("logic swallows an error when the other side decides", () => {
  const cases: Table = {
    "1 / 0 == 1 || true": true,
    "true || 1 / 0 == 1": true,
    "1 / 0 == 1 && false": false,
    "false && 1 / 0 == 1": false,
    "1 / 0 == 1 || false": "error: division by zero",
    "1 / 0 == 1 && true": "error: division by zero",
    "true ? 1 : 1 / 0": 1,
    "(1 / 0 == 1) ? 1 : 2": "error: division by zero",
    "dyn('x') || true": true,
    "dyn('x') || false": "error: no such overload",
  };
  for (const [text, expected] of Object.entries(cases)) equal(resultOf(text), expected, text);
});

table("strings compare by code points", {
  "'a' < 'b' && 'B' < 'a' && '' < 'a'": true,
  "'\\uffff' < '\\U0001F600'": true,
  "size('é😀')": 2,
  "b'\\x00' < b'\\x01'": true,
  "'a' + 'b' + ''": "ab",
});

table("lists and maps are read", {
  "[1, 2, 3][1]": 2,
  "[1][1]": "error: index out of bounds: 1",
  "[1][-1]": "error: index out of bounds: -1",
  "{'a': {'b': 1}}.a.b": 1,
  "{'a': 1}['b']": "error: no such key: b",
  "{'a': 1, 'a': 2}": "error: Failed with repeated key",
  "has({'a': 1}.a) && !has({'a': 1}.b)": true,
  "'a' in {'a': 1} && !('b' in {'a': 1})": true,
  "size([1, 2]) + size({'a': 1}) + [1].size()": 4,
  "[1] + [2, 3]": [1, 2, 3],
  "{'constructor': 1}.constructor": 1,
  "has({'a': 1}.constructor)": false,
  "{dyn(true): 1, dyn(2): 3}[true]": 1,
});

table("conversions keep the value or fail", {
  "int('-12') + int(3.9) + int(2u) + int(timestamp(5))": -2,
  "int(1e19)": "error: integer overflow",
  "int('1x')": "error: invalid number: 1x",
  "uint(-1)": "error: unsigned integer overflow",
  "uint('7') == 7u": true,
  "double('1.5') + double(1)": 2.5,
  "string(1.0) + string(1e6) + string(0.00001)": "11e+061e-05",
  "string(-3) + string(true) + string(5u)": "-3true5",
  "string(b'caf\\xc3\\xa9')": "café",
  "string(b'\\xff')": "error: invalid UTF-8 in bytes, cannot convert to string",
  "bytes('é')": Buffer.from("é"),
  "bool('True') && !bool('0')": true,
  "bool('yes')": "error: invalid bool: yes",
  "string(duration('1h1m1.5s'))": "3661.5s",
  "string(timestamp('2024-01-02T03:04:05.600+02:00'))": "2024-01-02T01:04:05.6Z",
  "type(dyn(1.0)) == double": true,
});

table("times add up", {
  "timestamp('2024-02-28T00:00:00Z') + duration('48h') == timestamp('2024-03-01T00:00:00Z')": true,
  "timestamp(100) - timestamp(40) == duration('60s')": true,
  "duration('1h') - duration('30m') < duration('31m')": true,
  "timestamp('9999-12-31T23:59:59Z') + duration('1s')": "error: timestamp overflow",
  "duration('9223372036s') + duration('1h')": "error: duration overflow",
  "timestamp('2009-02-13T23:31:30Z').getFullYear()": 2009,
  "timestamp('2009-02-13T23:31:30Z').getMonth()": 1,
  "timestamp('2009-02-13T23:31:30Z').getDate()": 13,
  "timestamp('2009-02-13T23:31:30Z').getDayOfMonth()": 12,
  "timestamp('2009-02-13T23:31:30Z').getDayOfWeek()": 5,
  "timestamp('2009-02-13T23:31:30Z').getDayOfYear()": 43,
  "timestamp('2009-02-13T23:31:30Z').getHours('+02:00')": 1,
  "timestamp('2009-02-13T23:31:30Z').getHours('America/New_York')": 18,
  "timestamp('2009-02-13T23:31:30.123Z').getMilliseconds()": 123,
  "timestamp('2009-02-13T23:31:30Z').getHours('Nowhere/Land')":
    "error: unknown time zone Nowhere/Land",
  "duration('1h30m').getMinutes() + duration('90s').getSeconds()": 180,
});

test("what the host declares is read as declared", () => {
  const self = objectType(
    "Self",
    new Map([
      ["count", { type: intType }],
      ["ratio", { type: doubleType }],
      ["ratios", { type: listType(doubleType) }],
      ["since", { type: timestampType }],
      ["within", { type: durationType }],
      ["labels", { type: mapType(stringType, stringType) }],
      ["a__dash__b", { type: stringType, property: "a-b" }],
      ["toString", { type: stringType }],
    ]),
  );
  const values = {
    self: {
      count: 3,
      ratio: 2,
      ratios: [1, 2.5],
      since: "2024-01-01T00:00:00Z",
      within: "90s",
      labels: { a: "x" },
      "a-b": "dashed",
    },
  };
  const cases: Table = {
    "self.count / 2": 1,
    "self.ratio / 4.0": 0.5,
    "self.ratios.sum()": 3.5,
    "self.ratios[0] / 2.0": 0.5,
    "self.ratios.map(r, r / 2.0)": [0.5, 1.25],
    "self.since + self.within == timestamp('2024-01-01T00:01:30Z')": true,
    "self.labels.all(k, self.labels[k] == 'x')": true,
    "self.a__dash__b": "dashed",
    "has(self.toString)": false,
  };
  for (const [text, expected] of Object.entries(cases))
    deepEqual(resultOf(text, { types: { self }, values }), expected, text);
});

test("untyped numbers of the host are ints when whole", () => {
  const values = { x: { n: 1, f: 1.5, big: 2 ** 60, nothing: null } };
  equal(resultOf("type(x.n) == int && type(x.f) == double", { values }), true);
  equal(resultOf("x.n / 2", { values }), 0);
  equal(resultOf("x.big + 1", { values }), 2n ** 60n + 1n);
  equal(resultOf("x.nothing == null && !has(x.other)", { values }), true);
  equal(resultOf("x.n.foo", { values }), "error: no such overload");
  equal(resultOf("y", { types: { y: intType } }), "error: no such attribute(s): y");
});

test("a variable's getter runs only when the variable is asked for", () => {
  let asked = 0;
  const variables = {
    get slow() {
      asked++;
      return 1;
    },
  };
  equal(resultOf("true || variables.slow == 1", { values: { variables } }), true);
  equal(asked, 0);
  equal(resultOf("variables.slow", { values: { variables } }), 1);
  equal(asked, 1);
});

test("a value that is not as declared is an error of the evaluation", () => {
  const run = { types: { name: stringType, count: intType }, values: { name: 5, count: "x" } };
  equal(resultOf("name.startsWith('a')", run), "error: no such overload");
  equal(resultOf("count / 2 == 1", run), "error: no such overload");
});
