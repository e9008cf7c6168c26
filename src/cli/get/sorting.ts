/**
 * `--sort-by`: by what a jsonpath finds in each object. Names with numbers, quantities and times sort
 * by what they mean. upstream: staging/src/k8s.io/kubectl/pkg/cmd/get/sorter.go
 */
import { type Quantity, parseQuantity } from "#base/quantity.ts";
import { relaxed } from "../print/custom-columns.ts";
import { compileJsonPath } from "#base/jsonpath.ts";

/** In the order of what the path finds; objects without it come first. */
export function sortedBy<T>(
  items: readonly T[],
  expression: string,
  objectOf: (item: T) => unknown,
): readonly T[] {
  const template = relaxed(expression);
  const path = compileJsonPath(template);
  const keyed = items.map((item) => ({ item, key: path.find(objectOf(item)).flat()[0] }));
  if (items.length > 0 && keyed.every(({ key }) => key === undefined))
    throw new Error(`couldn't find any field with path "${template}" in the list of objects`); // exact: kubectl
  return keyed.toSorted((a, b) => compare(a.key, b.key)).map(({ item }) => item);
}

function compare(a: unknown, b: unknown): number {
  if (a === undefined || b === undefined) return Number(a !== undefined) - Number(b !== undefined);
  if (typeof a === "number" && typeof b === "number") return a - b;
  return compareTexts(String(a), String(b));
}

function compareTexts(a: string, b: string): number {
  const [p, q] = [quantity(a), quantity(b)];
  if (p && q) return p.compare(q);
  return compareNaturally(a, b);
}

const quantity = (text: string): Quantity | undefined =>
  /^[+-]?[\d.]/.test(text) ? parseQuantity(text) : undefined;

/** `web-2` before `web-10`. */
function compareNaturally(a: string, b: string): number {
  const [p, q] = [a.match(/\d+|\D+/g) ?? [], b.match(/\d+|\D+/g) ?? []];
  for (let at = 0; at < Math.max(p.length, q.length); at++) {
    const [x = "", y = ""] = [p[at], q[at]];
    if (x === y) continue;
    const areNumbers = /^\d/.test(x) && /^\d/.test(y);
    return areNumbers && Number(x) !== Number(y) ? Number(x) - Number(y) : x < y ? -1 : 1;
  }
  return 0;
}
