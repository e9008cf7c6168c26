/**
 * The grammar of label selectors: `x in (a,b),y!=z,!w`. A scanner and a recursive-descent parser
 * that say what upstream's say. upstream: staging/src/k8s.io/apimachinery/pkg/labels/selector.go
 */
import { badRequest } from "./errors.ts";
import { labelKey } from "./names.ts";
import type { LabelOperator, LabelRequirement } from "./selectors.ts";

interface Token {
  readonly is: "symbol" | "word" | "end" | "error";
  readonly text: string;
}

const space = /[ \t\r\n]/;
const special = /[=!(),<>]/;
const symbols = new Set([")", ",", "!", "==", "=", ">", "<", "!=", "("]);
const comparisons: { readonly [symbol: string]: LabelOperator } = {
  "=": "=",
  "==": "==",
  "!=": "!=",
  ">": "gt",
  "<": "lt",
  in: "in",
  notin: "notin",
};

function scan(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    if (space.test(text.charAt(at))) {
      at++;
      continue;
    }
    const token = special.test(text.charAt(at)) ? symbolAt(text, at) : wordAt(text, at);
    tokens.push(token.found);
    at = token.end;
  }
  tokens.push({ is: "end", text: "" });
  return tokens;
}

/** The longest operator at this place: `!=` before `!`. */
function symbolAt(text: string, start: number): { found: Token; end: number } {
  const two = text.slice(start, start + 2);
  const symbol = symbols.has(two) ? two : text.charAt(start);
  return { found: { is: "symbol", text: symbol }, end: start + symbol.length };
}

function wordAt(text: string, start: number): { found: Token; end: number } {
  let end = start;
  while (end < text.length && !space.test(text.charAt(end)) && !special.test(text.charAt(end))) {
    end++;
  }
  return { found: { is: "word", text: text.slice(start, end) }, end };
}

/** Where the parser stands. */
interface Cursor {
  readonly tokens: readonly Token[];
  at: number;
}

const endToken: Token = { is: "end", text: "" };
const peek = (cursor: Cursor): Token => cursor.tokens[cursor.at] ?? endToken;
const next = (cursor: Cursor): Token => {
  const token = peek(cursor);
  cursor.at++;
  return token;
};
const isSymbol = (token: Token, text: string): boolean =>
  token.is === "symbol" && token.text === text;
const startsRequirement = (token: Token): boolean => token.is === "word" || isSymbol(token, "!");

/** The requirements as written; their keys are valid, their values are not checked yet. */
export function parseRequirements(text: string): readonly LabelRequirement[] {
  const cursor: Cursor = { tokens: scan(text), at: 0 };
  const requirements: LabelRequirement[] = [];
  if (peek(cursor).is === "end") return requirements;
  if (!startsRequirement(peek(cursor))) {
    throw expected(peek(cursor), ", expected: !, identifier, or 'end of string'");
  }
  for (;;) {
    requirements.push(parseRequirement(cursor));
    const after = next(cursor);
    if (after.is === "end") return requirements;
    if (!isSymbol(after, ",")) throw expected(after, ", expected: ',' or 'end of string'");
    if (!startsRequirement(peek(cursor))) {
      throw expected(peek(cursor), ", expected: identifier after ','");
    }
  }
}

const expected = (token: Token, rest: string) => badRequest(`found '${token.text}'${rest}`);
const inRequirement = (token: Token, rest: string) => refusal(`found '${token.text}'${rest}`);
const refusal = (why: string) => badRequest(`unable to parse requirement: ${why}`);

function parseRequirement(cursor: Cursor): LabelRequirement {
  const isNegated = isSymbol(peek(cursor), "!");
  if (isNegated) next(cursor);
  const key = next(cursor);
  if (key.is !== "word") throw inRequirement(key, ", expected: identifier");
  const problems = labelKey(key.text);
  if (problems.length > 0) {
    // `<nil>` is how upstream prints the missing path.
    const shown = JSON.stringify(key.text);
    throw refusal(`<nil>: Invalid value: ${shown}: ${problems.join("; ")}`);
  }
  if (isNegated) return { key: key.text, operator: "!", values: [] };
  const after = peek(cursor);
  if (after.is === "end" || isSymbol(after, ",")) {
    return { key: key.text, operator: "exists", values: [] };
  }
  const operator = comparisons[next(cursor).text];
  if (!operator) throw inRequirement(after, ", expected: in, notin, =, ==, !=, gt, lt");
  const isSet = operator === "in" || operator === "notin";
  const values = isSet ? parseSet(cursor) : [parseValue(cursor)];
  return { key: key.text, operator, values };
}

function parseValue(cursor: Cursor): string {
  const token = peek(cursor);
  if (token.is === "end" || isSymbol(token, ",")) return "";
  next(cursor);
  if (token.is !== "word") throw inRequirement(token, ", expected: identifier");
  return token.text;
}

/** `(a,b)`; empty places, as in `(a,)` or `()`, are the empty value. */
function parseSet(cursor: Cursor): readonly string[] {
  const open = next(cursor);
  if (!isSymbol(open, "(")) throw inRequirement(open, " expected: '('");
  if (isSymbol(peek(cursor), ")")) {
    next(cursor);
    return [""];
  }
  if (peek(cursor).is !== "word" && !isSymbol(peek(cursor), ",")) {
    throw inRequirement(peek(cursor), ", expected: ',', ')' or identifier");
  }
  const values = new Set<string>();
  for (;;) {
    const token = peek(cursor);
    if (token.is === "word") next(cursor);
    else if (!isSymbol(token, ",") && !isSymbol(token, ")")) {
      throw inRequirement(token, ", expected: ',', or identifier");
    }
    values.add(token.is === "word" ? token.text : "");
    const after = next(cursor);
    if (isSymbol(after, ")")) return [...values].toSorted();
    if (!isSymbol(after, ",")) throw inRequirement(after, ", expected: ',' or ')'");
  }
}
