/** JSON as Go prints it: keys sorted, four spaces, and the characters of HTML escaped. */

/** `kubectl -o json`. Ends with a line break. */
export const formatJson = (value: unknown): string =>
  `${escaped(JSON.stringify(sorted(value), null, 4) ?? "null")}\n`;

/** On one line: how jsonpath prints maps and lists, and what annotations hold. */
export const compactJson = (value: unknown): string =>
  escaped(JSON.stringify(sorted(value)) ?? "null");

const escapes: Readonly<Record<string, string>> = {
  "<": "\\u003c",
  ">": "\\u003e",
  "&": "\\u0026",
  "\u2028": "\\u2028",
  "\u2029": "\\u2029",
};

/** None of them means anything outside strings. */
const escaped = (json: string): string =>
  json.replace(/[<>&\u2028\u2029]/g, (character) => escapes[character] ?? character);

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const keys = Object.keys(value).toSorted(byCodeUnit);
  return Object.fromEntries(keys.map((key) => [key, sorted((value as Keyed)[key])]));
}

type Keyed = Readonly<Record<string, unknown>>;

const byCodeUnit = (a: string, b: string): number => (a < b ? -1 : 1);
