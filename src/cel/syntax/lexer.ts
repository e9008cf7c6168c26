/** Text to tokens. */
import type { Issues } from "#cel/issues.ts";
import { readEscapes } from "./escapes.ts";

export type TokenForm = "ident" | "int" | "uint" | "double" | "string" | "bytes" | "symbol" | "end";

export interface Token {
  readonly form: TokenForm;
  /** As written; of strings and bytes their value. */
  readonly text: string;
  readonly at: number;
  readonly bytes?: Uint8Array;
}

const blank = /(?:[\t\n\f\r ]|\/\/[^\n]*)*/y;
const word = /[A-Za-z_]\w*/y;
const number = /0[xX][\dA-Fa-f]+[uU]?|(?:\d+\.\d+|\.\d+|\d+)(?:[eE][+-]?\d+)?[uU]?/y;
const symbol = /&&|\|\||[=!<>]=|[-+*/%<>!?:.,()[\]{}=&|]/y;
const quoted = /([rRbB]{0,2})("""|'''|"|')/y;

export function tokenize(text: string, issues: Issues): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  for (;;) {
    at += match(blank, text, at)?.[0].length ?? 0;
    if (at >= text.length) break;
    const { token, end } = scan(text, at, issues);
    if (token) tokens.push(token);
    at = end;
  }
  tokens.push({ form: "end", text: "<EOF>", at: text.length });
  return tokens;
}

interface Scanned {
  readonly token?: Token;
  readonly end: number;
}

function scan(text: string, at: number, issues: Issues): Scanned {
  const string = scanString(text, at, issues);
  if (string) return string;
  const name = match(word, text, at)?.[0];
  if (name !== undefined) return take("ident", name, at);
  const digits = match(number, text, at)?.[0];
  if (digits !== undefined) return take(numberForm(digits), digits, at);
  const sign = match(symbol, text, at)?.[0];
  if (sign !== undefined && sign !== "=" && sign !== "&" && sign !== "|")
    return take("symbol", sign, at);
  const wrong = String.fromCodePoint(text.codePointAt(at) ?? 0);
  issues.add(at, `Syntax error: token recognition error at: '${show(wrong)}'`); // exact: cel-go
  return { end: at + wrong.length };
}

const take = (form: TokenForm, text: string, at: number): Scanned => ({
  token: { form, text, at },
  end: at + text.length,
});

function numberForm(digits: string): TokenForm {
  if (/[uU]$/.test(digits)) return "uint";
  return /^0[xX]/.test(digits) || /^\d+$/.test(digits) ? "int" : "double";
}

function scanString(text: string, at: number, issues: Issues): Scanned | undefined {
  const [all, prefix = "", quote = ""] = match(quoted, text, at) ?? [];
  if (all === undefined || !/^(?:r?b?|b?r?)$/i.test(prefix)) return undefined;
  const isRaw = /r/i.test(prefix);
  const start = at + all.length;
  const end = findEnd(text, start, { quote, isRaw });
  if (end === undefined) {
    issues.add(at, `Syntax error: token recognition error at: '${show(text.slice(at))}'`); // exact: cel-go
    return { end: text.length };
  }
  const isBytes = /b/i.test(prefix);
  const body = text.slice(start, end).replaceAll(/\r\n?/g, "\n");
  const value = isRaw ? body : readEscapes(body, isBytes);
  if (value === undefined) {
    issues.add(at, "Syntax error: invalid escape sequence");
    return { end: end + quote.length };
  }
  const token: Token = isBytes
    ? { form: "bytes", text: "", at, bytes: typeof value === "string" ? Buffer.from(value) : value }
    : { form: "string", text: String(value), at };
  return { token, end: end + quote.length };
}

interface Quotes {
  readonly quote: string;
  readonly isRaw: boolean;
}

/** Where the closing quote stands. */
function findEnd(text: string, start: number, { quote, isRaw }: Quotes): number | undefined {
  for (let at = start; at < text.length; at++) {
    if (text.startsWith(quote, at)) return at;
    if (text[at] === "\\" && !isRaw) at++;
    else if (text[at] === "\n" && quote.length === 1) return undefined;
  }
  return undefined;
}

function match(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

const show = (text: string): string =>
  text.replaceAll("\n", "\\n").replaceAll("\t", "\\t").replaceAll("\r", "\\r");
