/** Strings: CEL's own functions and the extended ones (version 2), regular expressions. */
import {
  joining,
  patternSearch,
  replacing,
  sameSize,
  splitting,
  textSearch,
  traversal,
  deepTraversal,
  edgeSearch,
  formatting,
} from "#cel/cost/call-cost.ts";
import { regexOf, regexProblem } from "#cel/regex/regex.ts";
import { codePoints, fail, type Value } from "#cel/values.ts";
import { formatText } from "./format-text.ts";
import { overload, type Overload } from "./overload.ts";

type Int = number | bigint;

/** Characters as CEL counts them. */
const split = (text: string): readonly string[] =>
  /[\ud800-\udfff]/.test(text) ? codePoints(text) : text.split("");

function characterAt(text: string, at: Int): string {
  const characters = split(text);
  const i = Number(at);
  if (i < 0 || i > characters.length) fail(`index out of range: ${at}`);
  return characters[i] ?? "";
}

function substring(text: string, start: Int, end?: Int): string {
  const characters = split(text);
  const to = end ?? characters.length;
  if (start < 0 || start > characters.length) fail(`index out of range: ${start}`);
  if (to < 0 || to > characters.length) fail(`index out of range: ${to}`);
  if (start > to) fail(`invalid substring range. start: ${start}, end: ${to}`);
  return characters.slice(Number(start), Number(to)).join("");
}

function indexOf(text: string, part: string, from: Int = 0): number {
  const characters = split(text);
  if (from < 0 || from > characters.length) fail(`index out of range: ${from}`);
  const rest = characters.slice(Number(from)).join("");
  const found = rest.indexOf(part);
  return found < 0 ? -1 : Number(from) + split(rest.slice(0, found)).length;
}

function lastIndexOf(text: string, part: string, from?: Int): number {
  const characters = split(text);
  if (from !== undefined && (from < 0 || from > characters.length))
    fail(`index out of range: ${from}`);
  const length = split(part).length;
  const until = from === undefined ? characters.length : Number(from) + length;
  const found = characters.slice(0, until).join("").lastIndexOf(part);
  return found < 0 ? -1 : split(text.slice(0, found)).length;
}

function replace(text: string, from: string, ...[to, count = -1]: readonly [string, Int?]): string {
  if (count < 0) return splitAt(text, from).join(to);
  const parts = splitAt(text, from);
  const keep = Math.min(Number(count), parts.length - 1);
  return (
    parts.slice(0, keep + 1).join(to) +
    parts
      .slice(keep + 1)
      .map((part) => from + part)
      .join("")
  );
}

/** Nothing stands before, between and after all characters. */
const splitAt = (text: string, separator: string): readonly string[] =>
  separator === "" ? ["", ...split(text), ""] : text.split(separator);

function splitText(text: string, separator: string, countMax: Int = -1): readonly string[] {
  if (countMax === 0) return [];
  const parts = separator === "" ? split(text) : text.split(separator);
  const most = Number(countMax);
  if (most < 0 || parts.length <= most) return parts;
  return [...parts.slice(0, most - 1), parts.slice(most - 1).join(separator)];
}

/** White space as Unicode has it. */
const edges =
  /^[\t\n\v\f\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+|[\t\n\v\f\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+$/g;

function join(list: readonly Value[], separator = ""): string {
  for (const item of list) if (typeof item !== "string") fail("no such overload");
  return list.join(separator);
}

const quotes: Readonly<Record<string, string>> = {
  "\u0007": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
  "\\": "\\\\",
  '"': '\\"',
};

// oxlint-disable no-control-regex -- these are what it quotes
const quote = (text: string): string =>
  `"${text.toWellFormed().replaceAll(/[\u0007\b\f\n\r\t\v\\"]/g, (c) => quotes[c] ?? c)}"`;
// oxlint-enable no-control-regex

const matches = (text: string, pattern: string): boolean => regexOf(pattern).matches(text);
const findAll = (text: string, pattern: string, countMax: Int = -1): readonly string[] =>
  regexOf(pattern).findAll(text, countMax < 0 ? Infinity : Number(countMax));

const walk = { cost: traversal(0, { size: sameSize }) };
const pattern = { cost: patternSearch(false), checkLiteral: regexProblem };

export const stringFunctions: readonly Overload[] = [
  overload(
    "contains",
    "string.(string): bool",
    (text: string, part: string) => text.includes(part),
    {
      cost: textSearch,
    },
  ),
  overload("startsWith", "string.(string): bool", (a: string, b: string) => a.startsWith(b), {
    cost: edgeSearch,
  }),
  overload("endsWith", "string.(string): bool", (a: string, b: string) => a.endsWith(b), {
    cost: edgeSearch,
  }),
  overload("matches", "string.(string): bool", matches, pattern),
  overload("matches", "(string, string): bool", matches, pattern),
  overload(
    "find",
    "string.(string): string",
    (text: string, of: string) => findAll(text, of, 1)[0] ?? "",
    { ...pattern, cost: patternSearch(true) },
  ),
  overload("findAll", "string.(string): list(string)", findAll, {
    ...pattern,
    cost: patternSearch(true),
  }),
  overload("findAll", "string.(string, int): list(string)", findAll, {
    ...pattern,
    cost: patternSearch(true),
  }),
  overload("charAt", "string.(int): string", characterAt),
  overload("indexOf", "string.(string): int", indexOf, { cost: deepTraversal }),
  overload("indexOf", "string.(string, int): int", indexOf, { cost: deepTraversal }),
  overload("lastIndexOf", "string.(string): int", lastIndexOf, { cost: deepTraversal }),
  overload("lastIndexOf", "string.(string, int): int", lastIndexOf, { cost: deepTraversal }),
  overload(
    "lowerAscii",
    "string.(): string",
    (text: string) => text.replaceAll(/[A-Z]+/g, (part) => part.toLowerCase()),
    walk,
  ),
  overload(
    "upperAscii",
    "string.(): string",
    (text: string) => text.replaceAll(/[a-z]+/g, (part) => part.toUpperCase()),
    walk,
  ),
  overload("substring", "string.(int): string", substring, walk),
  overload("substring", "string.(int, int): string", substring, walk),
  overload("trim", "string.(): string", (text: string) => text.replaceAll(edges, ""), walk),
  overload("replace", "string.(string, string): string", replace, { cost: replacing }),
  overload("replace", "string.(string, string, int): string", replace, { cost: replacing }),
  overload("split", "string.(string): list(string)", splitText, { cost: splitting }),
  overload("split", "string.(string, int): list(string)", splitText, { cost: splitting }),
  overload("join", "list(string).(): string", join, { cost: joining }),
  overload("join", "list(string).(string): string", join, { cost: joining }),
  overload("format", "string.(list(dyn)): string", formatText, { cost: formatting }),
  overload("strings.quote", "(string): string", quote, {
    cost: traversal(0, { size: ({ min, max }) => ({ min: min + 2, max: max * 2 + 2 }) }),
  }),
];
