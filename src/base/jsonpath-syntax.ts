/**
 * The text of a jsonpath template as a tree. kubectl's dialect, not the RFC's: text outside braces is
 * copied, braces hold paths, `range … end` loops.
 * upstream: staging/src/k8s.io/client-go/util/jsonpath/parser.go
 */

export type PathNode =
  | { readonly is: "text"; readonly text: string }
  | { readonly is: "field"; readonly name: string }
  | { readonly is: "slice"; readonly slice: Slice }
  | {
      readonly is: "filter";
      readonly left: PathList;
      readonly right: PathList;
      readonly operator: string;
    }
  | { readonly is: "number"; readonly value: number }
  | { readonly is: "boolean"; readonly value: boolean }
  | { readonly is: "union"; readonly paths: readonly PathList[] }
  | { readonly is: "identifier"; readonly name: string }
  | { readonly is: "wildcard" }
  | { readonly is: "recursive" }
  | PathList;

export interface PathList {
  readonly is: "list";
  readonly nodes: readonly PathNode[];
}

export interface Slice {
  readonly from: number | undefined;
  /** Undefined: to the end. */
  readonly to: number | undefined;
  readonly cap: number | undefined;
}

export class JsonPathError extends Error {
  override readonly name = "JsonPathError";
}

export const parseJsonPath = (text: string): PathList => new Parser(text).parse();

/** The one action that the text, without its braces, is. */
function parseAction(text: string): PathList {
  const [first] = parseJsonPath(`{${text}}`).nodes;
  return first?.is === "list" ? first : { is: "list", nodes: [] };
}

const isSpace = (c: string): boolean => c === " " || c === "\t";
const isEndOfLine = (c: string): boolean => c === "\r" || c === "\n";
const isWordPart = (c: string): boolean => /[\p{L}\p{Nd}_]/u.test(c);
/** The empty string is the end of the text. */
const endsWord = (c: string): boolean =>
  c === "" || isSpace(c) || isEndOfLine(c) || ".,[]$@{}".includes(c);

class Parser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): PathList {
    const nodes: PathNode[] = [];
    while (this.#at < this.#text.length) {
      const open = this.#text.indexOf("{", this.#at);
      const end = open < 0 ? this.#text.length : open;
      if (end > this.#at) nodes.push({ is: "text", text: this.#text.slice(this.#at, end) });
      this.#at = end + 1;
      if (open >= 0) nodes.push({ is: "list", nodes: this.#action() });
    }
    return { is: "list", nodes };
  }

  /** Up to and including the closing brace. */
  #action(): PathNode[] {
    const nodes: PathNode[] = [];
    for (;;) {
      const c = this.#take();
      if (c === "}") return nodes;
      if (c === "" || isEndOfLine(c)) throw new JsonPathError("unclosed action");
      if (c === " " || c === "@" || c === "$") continue;
      nodes.push(...this.#part(c, nodes.at(-1)));
    }
  }

  /** `c` is taken already. */
  #part(c: string, before: PathNode | undefined): readonly PathNode[] {
    if (c === "[") return this.#startsWith("?(") ? [this.#filter()] : this.#array();
    if (c === '"' || c === "'") return [{ is: "text", text: this.#quoted(c) }];
    if (c === ".") return this.#startsWith(".") ? this.#recursive(before) : [this.#field()];
    if (c === "+" || c === "-" || /\p{Nd}/u.test(c)) return [this.#number(c)];
    if (isWordPart(c)) return [this.#identifier(c)];
    throw new JsonPathError(`unrecognized character in action: ${unicodeName(c)}`);
  }

  #recursive(before: PathNode | undefined): readonly PathNode[] {
    if (before?.is === "recursive") throw new JsonPathError("invalid multiple recursive descent");
    this.#at++;
    const isNamed = isWordPart(this.#peek()) && this.#peek() !== "";
    return isNamed ? [{ is: "recursive" }, this.#field()] : [{ is: "recursive" }];
  }

  /** A backslash takes the meaning from the character behind it. */
  #field(): PathNode {
    let name = "";
    while (!endsWord(this.#peek())) {
      const c = this.#take();
      name += c === "\\" ? this.#take() : c;
    }
    return name === "*" ? { is: "wildcard" } : { is: "field", name };
  }

  #identifier(first: string): PathNode {
    let name = first;
    while (!endsWord(this.#peek())) name += this.#take();
    if (name === "true" || name === "false") return { is: "boolean", value: name === "true" };
    return { is: "identifier", name };
  }

  #number(first: string): PathNode {
    let text = first;
    while (/[.\p{Nd}]/u.test(this.#peek())) text += this.#take();
    if (!/^[+-]?(\d+\.?\d*|\.\d+)$/.test(text))
      throw new JsonPathError(`cannot parse number ${text}`);
    return { is: "number", value: Number(text) };
  }

  #array(): readonly PathNode[] {
    const end = this.#text.indexOf("]", this.#at);
    const text = this.#text.slice(this.#at, end);
    if (end < 0 || text.includes("\n")) throw new JsonPathError("unterminated array");
    this.#at = end + 1;
    const parts = text.split(",");
    if (parts.length > 1)
      return [{ is: "union", paths: parts.map((part) => parseAction(`[${part.trim()}]`)) }];
    const key = /^'([^']*)'$/.exec(text)?.[1];
    if (key !== undefined) return parseAction(`.${key}`).nodes;
    return [{ is: "slice", slice: sliceOf(text === "*" ? ":" : text) }];
  }

  #filter(): PathNode {
    this.#at += 2;
    const text = this.#filterText();
    const parts = /^([^!<>=]+)([!<>=]+)([^]+)$/.exec(text);
    const [, left = "", operator = "", right = ""] = parts ?? [];
    if (!parts)
      return {
        is: "filter",
        left: parseAction(text),
        right: { is: "list", nodes: [] },
        operator: "exists",
      };
    return { is: "filter", left: parseAction(left), right: parseAction(right), operator };
  }

  /** Up to `)]`; a parenthesis inside quotes is text. */
  #filterText(): string {
    const start = this.#at;
    let quote = "";
    for (;;) {
      const c = this.#take();
      if (c === "" || c === "\n") throw new JsonPathError("unterminated filter");
      const isEscaped = this.#text[this.#at - 2] === "\\";
      if (quote === "" && (c === '"' || c === "'")) quote = c;
      else if (c === quote && !isEscaped) quote = "";
      else if (c === ")" && quote === "") break;
    }
    const text = this.#text.slice(start, this.#at - 1);
    if (this.#take() !== "]") throw new JsonPathError("unclosed array expect ]");
    return text;
  }

  #quoted(quote: string): string {
    let text = "";
    for (;;) {
      const c = this.#take();
      if (c === "" || c === "\n") throw new JsonPathError("unterminated quoted string");
      if (c === quote) return text;
      text += c === "\\" ? this.#escape() : c;
    }
  }

  /** The backslash is taken already. */
  #escape(): string {
    const code = /^(?:x([\da-f]{2})|u([\da-f]{4})|U([\da-f]{8})|([0-7]{3}))/i.exec(
      this.#text.slice(this.#at, this.#at + 9),
    );
    if (!code) return escapeOf(this.#take());
    const [all, ...hex] = code;
    this.#at += all.length;
    const digits = hex.slice(0, 3).find((text) => text !== undefined);
    return String.fromCodePoint(digits ? Number.parseInt(digits, 16) : Number.parseInt(all, 8));
  }

  #startsWith(text: string): boolean {
    return this.#text.startsWith(text, this.#at);
  }

  #peek(): string {
    const code = this.#text.codePointAt(this.#at);
    return code === undefined ? "" : String.fromCodePoint(code);
  }

  #take(): string {
    const c = this.#peek();
    this.#at += c.length;
    return c;
  }
}

const escapes: Readonly<Record<string, string>> = {
  n: "\n",
  t: "\t",
  r: "\r",
  a: "\u0007",
  b: "\b",
  f: "\f",
  v: "\v",
};

const escapeOf = (c: string): string => escapes[c] ?? c;

const unicodeName = (c: string): string =>
  `U+${(c.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")} '${c}'`;

/** `3`, `1:3`, `-2:`, `:`. */
function sliceOf(text: string): Slice {
  const parts = /^(-?\d*)(:-?\d*)?(:-?\d*)?$/.exec(text);
  if (!parts) throw new JsonPathError(`invalid array index ${text}`);
  const [, first, second, third] = parts;
  const from = numberOf(first);
  const to = second === undefined ? (from ?? 0) + 1 : numberOf(second.slice(1));
  // The last item: there is no index behind it that could be named.
  const isLast = second === undefined && from === -1;
  return { from, to: isLast ? undefined : to, cap: numberOf(third?.slice(1)) };
}

const numberOf = (text: string | undefined): number | undefined =>
  text === undefined || text === "" ? undefined : Number(text);
