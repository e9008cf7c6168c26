/**
 * Prints YAML to the byte as `kubectl -o yaml` does (go-yaml v2): keys sorted, lists not indented under
 * their key, strings plain where that is unambiguous, long ones folded after column 80.
 * upstream: sigs.k8s.io/yaml/goyaml.v2/emitterc.go, encode.go, sorter.go
 */
import { isPlainString } from "./yaml-scalars.ts";

const widthMax = 80;
const step = 2;
/** A longer key is written as "? key". */
const simpleKeyBytesMax = 128;

/** `value` is JSON data; members that are undefined are left out. Ends with a line break. */
export function formatYaml(value: unknown): string {
  const out = new Lines();
  writeNode(out, value, { indent: 0, under: "root" });
  return `${out.text()}\n`;
}

/** Text with a column: what the folding of long lines looks at. */
class Lines {
  #text = "";
  column = 0;

  put(text: string): void {
    this.#text += text;
    this.column += characterCount(text);
  }

  startLine(indent: number): void {
    this.#text += `\n${" ".repeat(indent)}`;
    this.column = indent;
  }

  isEmpty(): boolean {
    return this.#text === "";
  }

  text(): string {
    return this.#text;
  }
}

const characterCount = (text: string): number =>
  /[\ud800-\udfff]/.test(text) ? Array.from(text).length : text.length;

interface Place {
  /** Of the block collection that the node stands in. */
  readonly indent: number;
  readonly under: "root" | "key" | "item";
}

function writeNode(out: Lines, value: unknown, place: Place): void {
  if (typeof value === "string") return writeString(out, value, place);
  if (typeof value !== "object" || value === null)
    return writeWord(out, formatScalar(value), place);
  if (Array.isArray(value)) return writeList(out, value, place);
  writeMap(out, value as Readonly<Record<string, unknown>>, place);
}

function formatScalar(value: unknown): string {
  if (typeof value === "number" && !Number.isFinite(value))
    throw new TypeError(`${value} has no JSON form`);
  return value === undefined || value === null ? "null" : String(value);
}

function writeWord(out: Lines, text: string, { under }: Place): void {
  out.put(under === "key" ? ` ${text}` : text);
}

function writeList(out: Lines, items: readonly unknown[], place: Place): void {
  if (items.length === 0) return writeWord(out, "[]", place);
  // Under a key the dashes stand right below it.
  const indent = place.under === "item" ? place.indent + step : place.indent;
  for (const [i, item] of items.entries()) {
    if (!(i === 0 && place.under === "item") && !out.isEmpty()) out.startLine(indent);
    out.put("- ");
    writeNode(out, item, { indent, under: "item" });
  }
}

function writeMap(out: Lines, map: Readonly<Record<string, unknown>>, place: Place): void {
  const keys = Object.keys(map)
    .filter((key) => map[key] !== undefined)
    .sort(compareKeys);
  if (keys.length === 0) return writeWord(out, "{}", place);
  const indent = place.under === "root" ? 0 : place.indent + step;
  for (const [i, key] of keys.entries()) {
    if (!(i === 0 && place.under === "item") && !out.isEmpty()) out.startLine(indent);
    writeMember(out, key, { value: map[key], indent });
  }
}

function writeMember(out: Lines, key: string, at: { value: unknown; indent: number }): void {
  const { value, indent } = at;
  const isSimple = Buffer.byteLength(key) <= simpleKeyBytesMax && !key.includes("\n");
  if (isSimple) {
    out.put(`${formatKey(key)}:`);
    return writeNode(out, value, { indent, under: "key" });
  }
  out.put("? ");
  writeString(out, key, { indent, under: "item" });
  out.startLine(indent);
  out.put(": ");
  writeNode(out, value, { indent, under: "item" });
}

function formatKey(key: string): string {
  const style = styleOf(key);
  if (style === "plain" && key !== "") return key;
  if (style === "single" || style === "plain") return `'${key.replaceAll("'", "''")}'`;
  return `"${Array.from(key).map(escape).join("")}"`;
}

function writeString(out: Lines, text: string, place: Place): void {
  if (place.under === "key") out.put(" ");
  const indent = place.indent + step;
  const style = styleOf(text);
  if (style === "literal") return writeLiteral(out, text, indent);
  if (style === "plain") return writeFolded(out, text, { indent, quote: "" });
  if (style === "single")
    return writeFolded(out, text.replaceAll("'", "''"), { indent, quote: "'" });
  writeDoubleQuoted(out, text, indent);
}

type Style = "plain" | "single" | "double" | "literal";

const lineBreak = /[\n\r\u0085\u2028\u2029]/;
// C0 and C1 controls, tab and byte order mark; half of a surrogate pair.
const special =
  // oxlint-disable-next-line no-control-regex -- telling control characters is its purpose
  /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\ufeff\ufffe\uffff]|\p{Surrogate}/u;

function styleOf(text: string): Style {
  const isSpecial = special.test(text) || / \n/.test(text) || /[\u2028\u2029]/.test(text);
  if (text.includes("\n")) return isSpecial || text.endsWith(" ") ? "double" : "literal";
  if (isSpecial || !isPlainString(text)) return "double";
  return isPlain(text) ? "plain" : "single";
}

/** Whether it is still the same string when it stands unquoted in a block. */
function isPlain(text: string): boolean {
  if (/^ | $/.test(text) || lineBreak.test(text) || /^(---|\.\.\.)/.test(text)) return false;
  if (/^[#,[\]{}&*!|>'"%@`]/.test(text) || /^[-?](\s|$)/.test(text)) return false;
  return !/:(\s|$)/.test(text) && !/\s#/.test(text);
}

interface Folding {
  readonly indent: number;
  readonly quote: string;
}

/** Breaks at the first single space after the column is beyond the width. */
function writeFolded(out: Lines, text: string, { indent, quote }: Folding): void {
  out.put(quote);
  const words = text.split(" ");
  for (const [i, word] of words.entries()) {
    if (i === 0) out.put(word);
    else if (isFold(out, words, i)) {
      out.startLine(indent);
      out.put(word);
    } else out.put(` ${word}`);
  }
  out.put(quote);
}

/** Not where two spaces meet, and not at the ends: reading back would lose them. */
const isFold = (out: Lines, words: readonly string[], i: number): boolean =>
  out.column > widthMax && words[i - 1] !== "" && words[i] !== "";

function writeLiteral(out: Lines, text: string, indent: number): void {
  const hint = /^[ \n]/.test(text) ? `${step}` : "";
  const isAllBreaks = text === "\n" || text.endsWith("\n\n");
  const chomp = text.endsWith("\n") ? (isAllBreaks ? "+" : "") : "-";
  out.put(`|${hint}${chomp}`);
  const lines = (text.endsWith("\n") ? text.slice(0, -1) : text).split("\n");
  for (const line of lines) {
    out.startLine(line === "" ? 0 : indent);
    out.put(line);
  }
}

function writeDoubleQuoted(out: Lines, text: string, indent: number): void {
  out.put('"');
  const characters = Array.from(text);
  let afterSpace = false;
  for (const [i, character] of characters.entries()) {
    const isInner = i > 0 && i < characters.length - 1;
    if (character === " " && isInner && !afterSpace && out.column > widthMax) {
      out.startLine(indent);
      if (characters[i + 1] === " ") out.put("\\");
      afterSpace = true;
      continue;
    }
    out.put(escape(character));
    afterSpace = character === " ";
  }
  out.put('"');
}

const escapes: ReadonlyMap<string, string> = new Map([
  ["\0", "\\0"],
  ["\u0007", "\\a"],
  ["\b", "\\b"],
  ["\t", "\\t"],
  ["\n", "\\n"],
  ["\v", "\\v"],
  ["\f", "\\f"],
  ["\r", "\\r"],
  ["\u001b", "\\e"],
  ['"', '\\"'],
  ["\\", "\\\\"],
  ["\u0085", "\\N"],
  ["\u2028", "\\L"],
  ["\u2029", "\\P"],
]);

function escape(character: string): string {
  const known = escapes.get(character);
  if (known !== undefined || !special.test(character)) return known ?? character;
  const code = character.codePointAt(0) ?? 0;
  const hex = code.toString(16).toUpperCase();
  return code <= 0xff ? `\\x${hex.padStart(2, "0")}` : `\\u${hex.padStart(4, "0")}`;
}

/** Digits by their number, letters after everything else: "a2" before "a10", "a-b" before "ab". */
function compareKeys(a: string, b: string): number {
  const [x, y] = [Array.from(a), Array.from(b)];
  const at = x.findIndex((character, i) => character !== y[i]);
  const [p, q] = [x[at], y[at]];
  if (at < 0 || q === undefined || p === undefined) return x.length - y.length;
  const isLetterP = /\p{L}/u.test(p);
  const isLetterQ = /\p{L}/u.test(q);
  if (isLetterP !== isLetterQ) return isLetterQ ? -1 : 1;
  return (isLetterP ? 0 : compareRuns(x, y, at)) || byCodePoint(p, q);
}

const byCodePoint = (p: string, q: string): number =>
  (p.codePointAt(0) ?? 0) - (q.codePointAt(0) ?? 0);

/** Compares the numbers that start, or go on, at `at`. */
function compareRuns(x: readonly string[], y: readonly string[], at: number): number {
  let before = at;
  while (before > 0 && /\d/.test(x[before - 1] ?? "")) before--;
  const isInside = (x[at] === "0" || y[at] === "0") && /[1-9]/.test(x.slice(before, at).join(""));
  const run = (of: readonly string[]): string => /^\d*/.exec(of.slice(at).join(""))?.[0] ?? "";
  const [p, q] = [run(x), run(y)];
  const lead = isInside ? "1" : "0";
  return Number(lead + p) - Number(lead + q) || p.length - q.length;
}
