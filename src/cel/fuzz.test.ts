import { equal } from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "#base/random.ts";
import { compile } from "./cel.ts";
import { CelCompileError } from "./issues.ts";
import { dynType, intType, listType, stringType } from "./types.ts";

const pieces =
  "1 2u 1.5 'a' \"b\" b'c' r'\\d' true false null x l s [ ] { } ( ) . ? : , + - * / % < <= == != in && || ! has( x.a x.?b l[0] l[?1] .size() .map(e, .all(e, .exists(i,v, .filter(e, e i v .matches('(a+)+$') .format([ timestamp( duration( int( string( optional.of( .orValue( cel.bind(y, y quantity('1Gi') ip('::1') .find( .replace('', .split( .sortBy(e, .flatten() lists.range( .transformMap( type( dyn( é 😀 \n // \\ ` # 9223372036854775807 0x 1e5 .1 constructor __proto__".split(
    " ",
  );

const variables = { x: dynType, l: listType(intType), s: stringType };
const values = { x: { a: 1, b: [1, 2] }, l: [3, 1, 2], s: "text" };

/** Compiles, and runs what compiles. Anything but a `CelCompileError` fails the test. */
function survives(text: string): "refused" | "ran" {
  try {
    const program = compile(text, { variables });
    const { cost } = program.evaluate(values, { costLimit: 20_000 });
    equal(Number.isFinite(cost), true, text);
    equal(program.estimatedCost.min <= program.estimatedCost.max, true, text);
    return "ran";
  } catch (error) {
    if (error instanceof CelCompileError) return "refused";
    throw new Error(`thrown by ${JSON.stringify(text)}`, { cause: error });
  }
}

test("no text makes the compiler or the evaluation throw anything unexpected", () => {
  const random = seededRandom(1).next;
  const counts = { refused: 0, ran: 0 };
  for (let round = 0; round < 20_000; round++) {
    const length = 1 + Math.floor(random() * 12);
    const parts = Array.from({ length }, () => pieces[Math.floor(random() * pieces.length)]);
    counts[survives(parts.join(random() < 0.5 ? " " : ""))]++;
  }
  equal(counts.ran > 100, true);
});

test("no small change to a sound expression does either", () => {
  const random = seededRandom(2).next;
  const sound = [
    "l.all(e, e > 0 && e < 10) || x.a == 1 ? s.size() : l[0] % 2",
    "x.?c.orValue({'a': [1, 2.5, 'z']})",
    "cel.bind(y, l.map(e, e * 2), y.filter(e, e in l).size() + y.sum())",
    "{'k': s, 'm': 'n'}.transformMap(k, v, k + v)['k'].find('[a-z]+')",
    "duration('1h') + duration('30m') > duration('1h29m') && timestamp(0).getFullYear() == 1970",
    "'%s: %d'.format([dyn(s), dyn(l[1])]).replace('t', '').split('e')",
  ];
  for (let round = 0; round < 20_000; round++) {
    const text = Array.from(sound[Math.floor(random() * sound.length)] ?? "");
    for (let edit = 0; edit <= random() * 3; edit++) {
      const at = Math.floor(random() * text.length);
      const piece = pieces[Math.floor(random() * pieces.length)] ?? "";
      text.splice(at, Math.floor(random() * 3), ...(random() < 0.5 ? [piece] : []));
    }
    survives(text.join(""));
  }
});
