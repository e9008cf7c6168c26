/**
 * RE2's syntax, as Go reads it: no back-references, no look-around, nothing that cannot be matched in linear time.
 * What RE2 refuses is refused here. Characters and classes are kept as JavaScript's own class syntax.
 */
import { codePoints } from "#cel/values.ts";
import { Classes } from "./classes.ts";
import { RegexError } from "./problem.ts";

export type RegexNode =
  /** One character out of a set, in JavaScript's syntax with the `u` flag. */
  | { readonly op: "class"; readonly source: string; readonly fold: boolean }
  | { readonly op: "assert"; readonly at: Assertion }
  | { readonly op: "sequence" | "choice"; readonly parts: readonly RegexNode[] }
  | {
      readonly op: "repeat";
      readonly of: RegexNode;
      readonly min: number;
      readonly max: number;
      readonly isGreedy: boolean;
    };

export type Assertion = "start" | "end" | "lineStart" | "lineEnd" | "word" | "notWord";

interface Flags {
  readonly i: boolean;
  readonly m: boolean;
  readonly s: boolean;
  readonly U: boolean;
}

const noFlags: Flags = { i: false, m: false, s: false, U: false };
const repeatMax = 1_000;
const depthMax = 250;

export function parseRegex(pattern: string): RegexNode {
  const parser = new RegexParser(pattern);
  const node = parser.choice(noFlags);
  parser.mustEnd();
  return node;
}

const literal = (character: string, fold: boolean): RegexNode => ({
  op: "class",
  source: `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  fold,
});

const assertions: Readonly<Record<string, Assertion>> = {
  A: "start",
  z: "end",
  b: "word",
  B: "notWord",
};

/** The flags as they change on the way; a group restores them at its end. */
interface Position {
  flags: Flags;
}

class RegexParser {
  readonly #text: string;
  readonly #classes: Classes;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
    this.#classes = new Classes(text);
  }

  mustEnd(): void {
    if (this.#at < this.#text.length) this.fail("unexpected )", this.#text);
  }

  fail(problem: string, part: string): never {
    throw new RegexError(`error parsing regexp: ${problem}: \`${part}\``); // exact: Go
  }

  choice(flags: Flags): RegexNode {
    if (++this.#depth > depthMax) this.fail("expression nests too deeply", this.#text);
    const position: Position = { flags };
    const parts = [this.#sequence(position)];
    while (this.#accept("|")) parts.push(this.#sequence(position));
    this.#depth--;
    const [only] = parts;
    return parts.length === 1 && only ? only : { op: "choice", parts };
  }

  #sequence(position: Position): RegexNode {
    const parts: RegexNode[] = [];
    while (this.#at < this.#text.length && !"|)".includes(this.#peek())) {
      const atom = this.#atom(position);
      if (atom) parts.push(this.#repeated(atom, position.flags));
    }
    return parts.length === 1 && parts[0] ? parts[0] : { op: "sequence", parts };
  }

  #repeated(atom: RegexNode, flags: Flags): RegexNode {
    const from = this.#at;
    const count = this.#count();
    if (!count) return atom;
    const isLazy = this.#accept("?");
    const node: RegexNode = { op: "repeat", of: atom, ...count, isGreedy: isLazy === flags.U };
    if (repeats(node) > repeatMax)
      this.fail("invalid repeat count", this.#text.slice(from, this.#at));
    const end = this.#at;
    if (this.#count())
      this.fail("invalid nested repetition operator", this.#text.slice(from, this.#at));
    this.#at = end;
    return node;
  }

  /** `*`, `+`, `?`, `{2,3}`; a brace that is no count is an ordinary character. */
  #count(): { readonly min: number; readonly max: number } | undefined {
    if (this.#accept("*")) return { min: 0, max: Infinity };
    if (this.#accept("+")) return { min: 1, max: Infinity };
    if (this.#accept("?")) return { min: 0, max: 1 };
    const [all, low, comma, high] = this.#match(/\{(\d+)(?:(,)(\d*))?\}/y) ?? [];
    if (all === undefined) return undefined;
    const min = Number(low);
    const max = comma === undefined ? min : high ? Number(high) : Infinity;
    if (min > repeatMax || (max > repeatMax && max !== Infinity) || min > max)
      this.fail("invalid repeat count", all);
    return { min, max };
  }

  #atom(position: Position): RegexNode | undefined {
    const { flags } = position;
    const character = String.fromCodePoint(this.#text.codePointAt(this.#at) ?? 0);
    switch (character) {
      case "(":
        return this.#group(position);
      case "[":
        return this.#class(flags);
      case "\\":
        return this.#escape(flags);
      case "*":
      case "+":
      case "?":
        return this.fail("missing argument to repetition operator", character);
      default:
        this.#at += character.length;
        return this.#plain(character, flags);
    }
  }

  #plain(character: string, flags: Flags): RegexNode {
    if (character === "^") return { op: "assert", at: flags.m ? "lineStart" : "start" };
    if (character === "$") return { op: "assert", at: flags.m ? "lineEnd" : "end" };
    if (character === ".") return { op: "class", source: flags.s ? "[^]" : "[^\\n]", fold: false };
    return literal(character, flags.i);
  }

  #class(flags: Flags): RegexNode {
    const { source, end } = this.#classes.bracket(this.#at);
    this.#at = end;
    return { op: "class", source, fold: flags.i };
  }

  #escape(flags: Flags): RegexNode {
    const quoted = this.#match(/\\Q([^]*?)(?:\\E|$)/y)?.[1];
    if (quoted !== undefined)
      return { op: "sequence", parts: codePoints(quoted).map((c) => literal(c, flags.i)) };
    const assertion = assertions[this.#text[this.#at + 1] ?? ""];
    if (assertion) {
      this.#at += 2;
      return { op: "assert", at: assertion };
    }
    const { source, end, isSet } = this.#classes.escape(this.#at);
    this.#at = end;
    return { op: "class", source: isSet ? `[${source}]` : source, fold: flags.i };
  }

  #group(position: Position): RegexNode | undefined {
    const start = this.#at;
    const [opening, name, on, end] =
      this.#match(/\((?:\?P?<([A-Za-z_]\w*)>|\?([imsU]*(?:-[imsU]+)?)([:)])|(?!\?))/y) ?? [];
    if (opening === undefined)
      return this.fail("invalid or unsupported Perl syntax", this.#text.slice(start, start + 3));
    const flags = name === undefined ? withFlags(position.flags, on ?? "") : position.flags;
    if (end === ")") {
      if (on === "") this.fail("missing argument to repetition operator", "?");
      position.flags = flags;
      return undefined;
    }
    const node = this.choice(flags);
    if (!this.#accept(")")) this.fail("missing closing )", this.#text);
    return node;
  }

  #peek(): string {
    return this.#text[this.#at] ?? "";
  }

  #accept(character: string): boolean {
    const isIt = this.#text[this.#at] === character;
    if (isIt) this.#at++;
    return isIt;
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found) this.#at = pattern.lastIndex;
    return found;
  }
}

function withFlags(flags: Flags, text: string): Flags {
  const [on = "", off = ""] = text.split("-");
  const changes = codePoints(on).map((flag) => [flag, true] as const);
  const undone = codePoints(off).map((flag) => [flag, false] as const);
  return { ...flags, ...Object.fromEntries([...changes, ...undone]) };
}

/** How often the innermost part can be written out. */
function repeats(node: RegexNode): number {
  if (node.op === "repeat") {
    const own = node.max === Infinity ? Math.max(node.min, 1) : Math.max(node.max, 1);
    return own * repeats(node.of);
  }
  if (node.op === "sequence" || node.op === "choice")
    return Math.max(1, ...node.parts.map(repeats));
  return 1;
}
