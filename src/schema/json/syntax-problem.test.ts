import { equal, match, throws } from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "#base/random.ts";
import { syntaxProblem } from "./syntax-problem.ts";

const rows: readonly [text: string, problem: string][] = [
  ["", "unexpected end of JSON input"],
  [" ", "unexpected end of JSON input"],
  ["{", "unexpected end of JSON input"],
  ['{"a":[1,', "unexpected end of JSON input"],
  ['"abc', "unexpected end of JSON input"],
  ["tru", "unexpected end of JSON input"],
  ["nope", "invalid character 'o' in literal null (expecting 'u')"],
  ["x", "invalid character 'x' looking for beginning of value"],
  ["'a'", String.raw`invalid character '\'' looking for beginning of value`],
  ["{a: 1}", "invalid character 'a' looking for beginning of object key string"],
  ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
  ['{"a" 1}', "invalid character '1' after object key"],
  ['{"a":1 "b"}', "invalid character '\"' after object key:value pair"],
  ["[1 2]", "invalid character '2' after array element"],
  ["[1}", "invalid character '}' after array element"],
  ["{} {}", "invalid character '{' after top-level value"],
  ["01", "invalid character '1' after top-level value"],
  ["-a", "invalid character 'a' in numeric literal"],
  ["1.x", "invalid character 'x' after decimal point in numeric literal"],
  ["1e+", "unexpected end of JSON input"],
  ["1ex", "invalid character 'x' in exponent of numeric literal"],
  ['"a\nb"', String.raw`invalid character '\n' in string literal`],
  ['"\\q"', "invalid character 'q' in string escape code"],
  ['"\\u12g4"', "invalid character 'g' in \\u hexadecimal character escape"],
  ["\u0001", String.raw`invalid character '\x01' looking for beginning of value`],
  ["é", "invalid character 'Ã' looking for beginning of value"],
];
for (const [text, problem] of rows) {
  test(`${JSON.stringify(text)}: ${problem}`, () => {
    throws(() => JSON.parse(text), SyntaxError);
    equal(syntaxProblem(text), problem);
  });
}

test("whatever JSON.parse refuses has a problem, in any depth", () => {
  const random = seededRandom(3);
  const pick = (from: string): string => from[Math.floor(random.next() * from.length)] ?? "";
  const text = '{"a":[1,-2.5e3,"x\\u0041\\n",true,false,null,{"b":{}}],"c":[]}';
  let refused = 0;
  for (let round = 0; round < 3_000; round++) {
    const at = Math.floor(random.next() * text.length);
    const broken = text.slice(0, at) + pick('{}[],:"\\x0-e ') + text.slice(at + 1);
    if (isJson(broken)) continue;
    refused += 1;
    match(syntaxProblem(broken), /^(unexpected end of JSON input|invalid character '.+' .+)$/);
  }
  equal(refused > 1_000, true);
  equal(syntaxProblem("[".repeat(1_000_000)), "unexpected end of JSON input");
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
