import { deepEqual, equal, throws } from "node:assert/strict";
import { describe, test } from "node:test";
import { seededRandom } from "#base/random.ts";
import { memberCount, parseJson } from "./json-text.ts";
import { depthMax } from "./limits.ts";

describe("duplicate fields", () => {
  const cases: [name: string, text: string, found: string[]][] = [
    ["none", '{"a":1,"b":{"a":1},"c":[{"a":1},{"a":1}]}', []],
    ["at the top", '{"a":1,"b":2,"a":3}', ['duplicate field "a"']],
    ["deep, with the path", '{"spec":{"r":1,"r":2}}', ['duplicate field "spec.r"']],
    ["in an item of a list", '{"l":[{},{"x":1,"x":1}]}', ['duplicate field "l[1].x"']],
    ["written with an escape", '{"a":1,"\\u0061":2}', ['duplicate field "a"']],
    ["with spaces before the colon", '{"a" \n:1,"a":2}', ['duplicate field "a"']],
    ["three times is told once", '{"a":1,"a":2,"a":3}', ['duplicate field "a"']],
    ["names in values are no members", '{"a":"\\"b\\":1","c":"{\\"b\\":2}"}', []],
    ["a value that starts with a colon", '{"a":":latest","b":[":x"]}', []],
    ["a name that ends in a backslash", '{"a\\\\":1,"a\\\\":2}', ['duplicate field "a\\\\"']],
  ];
  for (const [name, text, found] of cases) {
    test(name, () => deepEqual(parseJson(text), { value: JSON.parse(text), duplicates: found }));
  }

  test("the quick count never misses one: a duplicate is found wherever it is put", () => {
    const random = seededRandom(7);
    const letter = (): string => '":\\ {}[],x'[Math.floor(random.next() * 10)] ?? "x";
    const value = (depth: number): string => {
      if (depth === 0) return JSON.stringify(Array.from({ length: 4 }, letter).join(""));
      const members = Array.from(
        { length: 3 },
        (_, i) =>
          `${JSON.stringify(letter() + i)}${random.next() < 0.3 ? " " : ""}:${value(depth - 1)}`,
      );
      return random.next() < 0.3 ? `[${value(depth - 1)}]` : `{${members.join(", ")}}`;
    };
    for (let round = 0; round < 300; round++) {
      const text = `{"top":${value(3)}}`;
      deepEqual(parseJson(text).duplicates, [], text);
      const twice = text.replace("{", '{"dup":1,"dup":2,');
      deepEqual(parseJson(twice).duplicates, ['duplicate field "dup"'], twice);
    }
  });
});

test("half a character becomes a sign that something was there", () => {
  const rows: readonly [text: string, value: unknown][] = [
    [String.raw`"\ud800"`, "\ufffd"],
    [String.raw`"a\uDC00b"`, "a\ufffdb"],
    [String.raw`"\ud83d\ude00"`, "😀"],
    [String.raw`"\ud83d\ud83d\ude00"`, "\ufffd😀"],
    [String.raw`"\\ud800"`, String.raw`\ud800`],
    [String.raw`{"\udfff":1}`, { "\ufffd": 1 }],
  ];
  for (const [text, value] of rows) deepEqual(parseJson(text).value, value, text);
});

describe("size", () => {
  test("quotes in values do not count", () => {
    equal(memberCount('{"a":"{\\"b\\":1}","c\\\\":2}'), 2);
  });

  test("bytes count like text", () => {
    equal(memberCount(Buffer.from('{"a":1,"ü":{"b":2}}')), 3);
  });

  for (const [open, close] of [
    ["[", "]"],
    ['{"a":', "}"],
  ] as const) {
    test(`what is nested too deep is refused, however deep: ${open}`, () => {
      const nested = (depth: number): string => `${open.repeat(depth)}1${close.repeat(depth)}`;
      equal(parseJson(nested(depthMax)).duplicates.length, 0);
      for (const depth of [depthMax + 1, 200_000]) {
        throws(() => parseJson(nested(depth)), {
          name: "DecodeError",
          message: "exceeded max depth",
        });
      }
    });
  }
});
