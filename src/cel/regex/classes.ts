/** Sets of characters: `[a-z[:digit:]]`, `\d`, `\p{Greek}`, and escapes, as JavaScript writes them with the `u` flag. */
import { RegexError } from "./problem.ts";

interface Part {
  /** Ready to stand between brackets. */
  readonly source: string;
  readonly end: number;
  /** More than one character: may not be an end of a range. */
  readonly isSet: boolean;
}

const perl: Readonly<Record<string, string>> = {
  d: "0-9",
  w: "0-9A-Za-z_",
  s: "\\t\\n\\f\\r ",
  D: "\\0-\\/:-\\u{10ffff}",
  W: "\\0-\\/:-@\\[-\\^`\\{-\\u{10ffff}",
  S: "\\0-\\x08\\x0b\\x0e-\\x1f!-\\u{10ffff}",
};

const posix: Readonly<Record<string, string>> = {
  alnum: "0-9A-Za-z",
  alpha: "A-Za-z",
  ascii: "\\0-\\x7f",
  blank: "\\t ",
  cntrl: "\\0-\\x1f\\x7f",
  digit: "0-9",
  graph: "!-~",
  lower: "a-z",
  print: " -~",
  punct: "!-\\/:-@\\[-`\\{-~",
  space: "\\t-\\r ",
  upper: "A-Z",
  word: "0-9A-Za-z_",
  xdigit: "0-9A-Fa-f",
};

const controls: Readonly<Record<string, number>> = { a: 7, f: 12, n: 10, r: 13, t: 9, v: 11 };

const escaped =
  /\\(?:x([\dA-Fa-f]{2})|x\{([\dA-Fa-f]{1,6})\}|(0[0-7]{0,2}|[1-7][0-7]{1,2})|([afnrtv])|([dwsDWS])|([pP])(?:\{(\^?)(\w+)\}|(\w))|([^\w]))/uy;

export class Classes {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** After a backslash, inside brackets or outside. */
  escape(at: number): Part {
    escaped.lastIndex = at;
    const found = escaped.exec(this.#text);
    if (!found) return this.#fail("invalid escape sequence", this.#text.slice(at, at + 2));
    const [, x, braced, octal, control, set, property, not, name, letter, other] = found;
    const end = escaped.lastIndex;
    if (set !== undefined) return { source: perl[set] ?? "", end, isSet: true };
    if (property !== undefined) {
      const isNot = (property === "P") !== (not === "^");
      return { source: this.#unicode(name ?? letter ?? "", isNot), end, isSet: true };
    }
    const code = codeOf({ x: x ?? braced, octal, control, other });
    if (code > 0x10_ffff) this.#fail("invalid escape sequence", found[0]);
    return { source: `\\u{${code.toString(16)}}`, end, isSet: false };
  }

  #unicode(name: string, isNot: boolean): string {
    for (const property of [name, `Script=${name}`]) {
      const source = `\\${isNot ? "P" : "p"}{${property}}`;
      const isGeneral = property !== name || /^[A-Z][a-z]?$/.test(name);
      if (isGeneral && isValid(source)) return source;
    }
    return name === "Any"
      ? "\\0-\\u{10ffff}"
      : this.#fail("invalid character class range", `\\p{${name}}`);
  }

  /** From the opening bracket on. */
  bracket(start: number): Part {
    const isNot = this.#text[start + 1] === "^";
    let at = start + (isNot ? 2 : 1);
    const sources: string[] = [];
    for (let isFirst = true; isFirst || this.#text[at] !== "]"; isFirst = false) {
      if (at >= this.#text.length) this.#fail("missing closing ]", this.#text.slice(start));
      const { source, end } = this.#item(at);
      sources.push(source);
      at = end;
    }
    return { source: `[${isNot ? "^" : ""}${sources.join("")}]`, end: at + 1, isSet: true };
  }

  #item(at: number): Part {
    const low = this.#single(at);
    const isRange = this.#text[low.end] === "-" && this.#text[low.end + 1] !== "]";
    if (low.isSet || !isRange || low.end + 1 >= this.#text.length) return low;
    const high = this.#single(low.end + 1);
    const source = `${low.source}-${high.source}`;
    if (high.isSet || !isValid(`[${source}]`))
      this.#fail("invalid character class range", this.#text.slice(at, high.end));
    return { source, end: high.end, isSet: true };
  }

  #single(at: number): Part {
    const [all, not, name = ""] = /^\[:(\^?)(\w+):\]/.exec(this.#text.slice(at, at + 12)) ?? [];
    if (all !== undefined) {
      const source = posix[name] ?? this.#fail("invalid character class range", all);
      return { source: not ? complement(source) : source, end: at + all.length, isSet: true };
    }
    if (this.#text[at] === "\\") return this.escape(at);
    const code = this.#text.codePointAt(at) ?? 0;
    const end = at + String.fromCodePoint(code).length;
    return { source: `\\u{${code.toString(16)}}`, end, isSet: false };
  }

  #fail(problem: string, part: string): never {
    throw new RegexError(`error parsing regexp: ${problem}: \`${part}\``); // exact: Go
  }
}

interface Escape {
  readonly x: string | undefined;
  readonly octal: string | undefined;
  readonly control: string | undefined;
  readonly other: string | undefined;
}

function codeOf({ x, octal, control, other }: Escape): number {
  if (x !== undefined) return Number.parseInt(x, 16);
  if (octal !== undefined) return Number.parseInt(octal, 8);
  return control === undefined ? (other?.codePointAt(0) ?? 0) : (controls[control] ?? 0);
}

/** Every character below 128 that the set lacks, and all from there on. */
function complement(source: string): string {
  const set = new RegExp(`[${source}]`, "u");
  const missing = Array.from({ length: 128 }, (_, code) => code)
    .filter((code) => !set.test(String.fromCodePoint(code)))
    .map((code) => `\\u{${code.toString(16)}}`);
  return `${missing.join("")}\\u{80}-\\u{10ffff}`;
}

function isValid(source: string): boolean {
  try {
    return new RegExp(source, "u").unicode;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return false;
  }
}
