import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { describe, test } from "node:test";
import { formatYaml, parseYaml, parseYamlDocuments } from "./yaml.ts";

describe("reading YAML", () => {
  for (const [text, value] of [
    ["yes", true],
    ["On", true],
    ["n", false],
    ["OFF", false],
    ["'yes'", "yes"],
    ["yEs", "yEs"],
    ["0644", 420],
    ["0o17", 15],
    ["0x1F", 31],
    ["0b101", 5],
    ["-0b11", -3],
    ["1_000", 1000],
    ["08", 8],
    ["1e3", 1000],
    ["+12", 12],
    [".5", 0.5],
    ["1.", 1],
    ["1e400", "1e400"],
    ["0.5Gi", "0.5Gi"],
    ["12:30", "12:30"],
    ["1.2.3", "1.2.3"],
    ["2021-01-01", "2021-01-01"],
    ["~", null],
    ["Null", null],
    ["!!str 5", "5"],
    ["!!int '5'", 5],
    ["!!binary aGVsbG8=", "hello"],
    ["!custom 5", "5"],
    ["|\n  x\n", "x\n"],
  ] as const) {
    test(`${JSON.stringify(text)} means ${JSON.stringify(value)}`, () => {
      deepEqual(parseYaml(`a: ${text}`), { a: value });
    });
  }

  test("keys become strings", () => {
    deepEqual(parseYaml("1: a\ny: b\n1.5: c\n'y': d"), { 1: "a", true: "b", "1.5": "c", y: "d" });
  });

  test("a key called __proto__ is data", () => {
    const value = parseYaml("__proto__: {x: 1}") as object;
    deepEqual(Object.keys(value), ["__proto__"]);
    equal(Object.getPrototypeOf(value), Object.prototype);
  });

  test("JSON is YAML", () => {
    deepEqual(parseYaml(' {"a": [1, "yes", null]}'), { a: [1, "yes", null] });
    deepEqual(parseYamlDocuments('{"a": 1}\n---\n{"b": "\\u0041"}'), [{ a: 1 }, { b: "A" }]);
  });

  test("documents that hold nothing are left out", () => {
    deepEqual(parseYamlDocuments("# c\n---\na: 1\n---\n---\nb: 2\n...\n---\n# nothing\n"), [
      { a: 1 },
      { b: 2 },
    ]);
    equal(parseYaml("# nothing"), null);
  });

  test("aliases and merge keys: what the map says itself wins, then the earlier source", () => {
    deepEqual(parseYaml("a: &a {p: 1, q: 1}\nb: {q: 2, <<: [*a, {p: 3, r: 3}]}\nc: *a"), {
      a: { p: 1, q: 1 },
      b: { q: 2, p: 1, r: 3 },
      c: { p: 1, q: 1 },
    });
  });

  test("an alias means the anchor before it", () => {
    deepEqual(parseYaml("a: &x 1\nb: *x\nc: &x 2\nd: *x"), { a: 1, b: 1, c: 2, d: 2 });
  });
});

describe("refusing YAML", () => {
  for (const [text, message] of [
    ["a: b: c", "yaml: line 1, column 4: mapping values are not allowed in this context"],
    ["a: 1\n\tb: 2", "yaml: line 2, column 1: found character that cannot start any token"],
    ["a: 1\na: 2", 'yaml: line 2, column 1: key "a" already set in map'],
    ["a: *x", "yaml: line 1, column 4: unknown anchor 'x' referenced"],
    ["a: &a [*a]", "yaml: line 1, column 8: anchor 'a' value contains itself"],
    ["a: .inf", "yaml: line 1, column 4: unsupported value: .inf"],
    [
      "a:\n  <<: 5",
      "yaml: line 2, column 3: map merge requires map or sequence of maps as the value",
    ],
    ["[".repeat(300), "yaml: exceeded max depth of 250"],
    ["- ".repeat(300), "yaml: exceeded max depth of 250"],
  ] as const) {
    test(JSON.stringify(text.slice(0, 40)), () => {
      throws(() => parseYaml(text), { name: "YamlError", message });
    });
  }

  test("aliases that multiply are cut off", () => {
    const names = "abcdefghi";
    const lines = Array.from(names).map((name, i) => {
      const items = i === 0 ? "x" : `*${names[i - 1]}`;
      return `${name}: &${name} [${Array.from({ length: 9 }, () => items).join(",")}]`;
    });
    throws(() => parseYaml(lines.join("\n")), /document contains excessive aliasing/);
  });

  test("aliases nested into each other are bounded like anything nested", () => {
    const lines = Array.from({ length: 400 }, (_, i) =>
      i === 0 ? "a0: &a0 [x]" : `a${i}: &a${i} [*a${i - 1}]`,
    );
    throws(() => parseYaml(lines.join("\n")), /exceeded max depth/);
  });

  test("keys that stand twice are reported to who wants to know, and the last one wins", () => {
    const problems: string[] = [];
    const onDuplicateKey = (problem: string): number => problems.push(problem);
    deepEqual(parseYaml("a: 1\nb: {c: 1,\n  c: 2}\na: 3", { onDuplicateKey }), {
      a: 3,
      b: { c: 2 },
    });
    deepEqual(problems, [
      'line 3: key "c" already set in map',
      'line 4: key "a" already set in map',
    ]);
  });
});

describe("printing YAML", () => {
  for (const [value, text] of [
    [null, "null\n"],
    [{}, "{}\n"],
    [[], "[]\n"],
    ["A", "A\n"],
    [[1, [2, [3]], { a: 1, b: [] }], "- 1\n- - 2\n  - - 3\n- a: 1\n  b: []\n"],
    [{ v: "true" }, 'v: "true"\n'],
    [{ v: "10" }, 'v: "10"\n'],
    [{ v: "" }, 'v: ""\n'],
    [{ v: "y" }, 'v: "y"\n'],
    [{ y: "<<" }, '"y": "<<"\n'],
    [{ v: ["A", 1, { B: [2, 3] }] }, "v:\n- A\n- 1\n- B:\n  - 2\n  - 3\n"],
    [{ v: ["A", "B\nC"] }, "v:\n- A\n- |-\n  B\n  C\n"],
    [{ a: "-" }, "a: '-'\n"],
    [{ a: "<foo>" }, "a: <foo>\n"],
    [{ a: "1:1" }, 'a: "1:1"\n'],
    [{ a: "\0" }, 'a: "\\0"\n'],
    [{ a: "你好" }, "a: 你好\n"],
    [{ a: "你好 #comment" }, "a: '你好 #comment'\n"],
    [{ a: "2015-02-24T18:19:39Z" }, 'a: "2015-02-24T18:19:39Z"\n'],
    [{ a: "2015-13-24" }, "a: 2015-13-24\n"],
    [{ a: "b: c" }, "a: 'b: c'\n"],
    [{ a: "it's: x" }, "a: 'it''s: x'\n"],
    [{ a: "http://x:80/y" }, "a: http://x:80/y\n"],
    [{ a: "x\n" }, "a: |\n  x\n"],
    [{ a: "x\n\n" }, "a: |+\n  x\n\n"],
    [{ a: " x\ny" }, "a: |2-\n   x\n  y\n"],
    [{ a: "x\n\ny\n" }, "a: |\n  x\n\n  y\n"],
    [{ a: "\tx\n" }, 'a: "\\tx\\n"\n'],
    [{ a: "x \ny" }, 'a: "x \\ny"\n'],
    [{ a: undefined, b: 1 }, "b: 1\n"],
  ] as const) {
    test(JSON.stringify(value), () => equal(formatYaml(value), text));
  }

  test("long strings fold after column 80", () => {
    const words = "abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ 1234567890";
    equal(
      formatYaml({ a: `${words} ${words} ` }),
      `a: '${words} abcdefghijklmnopqrstuvwxyz\n  ABCDEFGHIJKLMNOPQRSTUVWXYZ 1234567890 '\n`,
    );
  });

  test("keys are sorted: digits by their number, letters last", () => {
    const keys = [
      ".1",
      ".2",
      ".a",
      "1",
      "2",
      "a!10",
      "a/0001",
      "a/002",
      "a/3",
      "a/10",
      "a/11",
    ].concat(
      ["a/0012", "a/100", "a~10", "ab/1", "b/1", "b/01", "b/2", "b/02", "b/3", "b/03", "b1", "b01"],
      ["b3", "c2.10", "c10.2", "d1", "d7", "d7abc", "d12", "d12a"],
    );
    const lines = formatYaml(Object.fromEntries(keys.toReversed().map((key) => [key, 1])));
    deepEqual(
      lines.replaceAll('"', "").trim().split("\n"),
      keys.map((key) => `${key}: 1`),
    );
  });

  test("whatever is printed reads back the same", () => {
    const texts = [
      "",
      " ",
      "a b",
      "a:",
      ":a",
      "#",
      "a #b",
      "- a",
      "'",
      '"',
      "\\",
      "\n",
      "\n\n",
      "a\r\n",
    ]
      .concat([
        "\u2028",
        "\u0085x",
        "\ud83d\ude00 x",
        "null",
        "0x1",
        "---",
        "--- a",
        "a\n b\n",
        "%",
        "@",
      ])
      .concat([
        "x".repeat(300),
        "word ".repeat(60),
        "a  b ".repeat(40),
        `${"w ".repeat(50)}\t`,
        "? a",
        "k: v",
      ]);
    for (const text of texts) {
      const value = { [text]: text, list: [text, [text]], map: { [`k${text}`]: text } };
      deepEqual(parseYaml(formatYaml(value)), value, JSON.stringify(text));
    }
    ok(texts.length > 20);
  });
});
