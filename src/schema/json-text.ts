/**
 * What JSON.parse does not tell: whether a member was there twice, and how deep it goes. A cheap
 * count comes first; only when it says that members got lost is the text read once more.
 */
import { tooDeep } from "./json/decode-error.ts";
import { syntaxProblem } from "./json/syntax-problem.ts";
import { depthMax } from "./limits.ts";

export interface ParsedJson {
  readonly value: unknown;
  /** As strict decoding says it: `duplicate field "spec.replicas"`. */
  readonly duplicates: readonly string[];
}

/**
 * Throws SyntaxError, in Go's words, and DecodeError where it is nested too deep for whoever walks
 * into it.
 */
export function parseJson(text: string): ParsedJson {
  const value = parsed(text);
  const isWhole = memberCount(text) === membersIn(value, 0);
  return { value, duplicates: isWhole ? none : duplicateFields(text) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text.includes("\\u") ? wellFormed(text) : text);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new SyntaxError(syntaxProblem(text), { cause });
  }
}

const escapes = /\\(?:(u[dD][89abAB]..\\u[dD][c-fC-F]..)|(u[dD][89a-fA-F]..)|.)/gs;

/** Half a character cannot be written in UTF-8: as in Go, something else stands in its place. */
const wellFormed = (text: string): string =>
  text.replace(escapes, (escape: string, _pair?: string, half?: string) =>
    half === undefined ? escape : String.raw`\ufffd`,
  );

const none: readonly string[] = [];

/** How many members all objects in it have. */
function membersIn(json: unknown, depth: number): number {
  if (typeof json !== "object" || json === null) return 0;
  if (depth >= depthMax) throw tooDeep();
  let members = 0;
  if (Array.isArray(json)) {
    for (const item of json) members += membersIn(item, depth + 1);
    return members;
  }
  for (const key in json) {
    members += 1 + membersIn((json as Readonly<Record<string, unknown>>)[key], depth + 1);
  }
  return members;
}

/**
 * How many members the objects in the text have, duplicates included: colons after a quote. A string
 * that starts with a colon counts as one too, so it may be more, never less. Takes valid JSON only.
 */
export function memberCount(json: string | Uint8Array): number {
  const text = typeof json === "string" ? json : Buffer.from(json).toString("latin1");
  let count = 0;
  for (let at = text.indexOf(":"); at >= 0; at = text.indexOf(":", at + 1)) {
    let before = at - 1;
    while (isSpace(text.charCodeAt(before))) before -= 1;
    if (text.charCodeAt(before) === 34 && !isEscaped(text, before)) count += 1;
  }
  return count;
}

/** Just after the string that starts at `start`. */
function stringEnd(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end > 0 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end < 0 ? text.length : end + 1;
}

function isEscaped(text: string, at: number): boolean {
  let backslashes = 0;
  while (text.charCodeAt(at - 1 - backslashes) === 92) backslashes += 1;
  return backslashes % 2 === 1;
}

/** After a string, only a member's name has one. */
function isColonNext(text: string, after: number): boolean {
  let at = after;
  while (isSpace(text.charCodeAt(at))) at += 1;
  return text.charCodeAt(at) === 58;
}

const isSpace = (code: number): boolean => code === 32 || code === 10 || code === 13 || code === 9;

/** Found by reading the text member by member. Takes valid JSON only. */
function duplicateFields(text: string): readonly string[] {
  return [...new Set(scan(text))].map((path) => `duplicate field ${JSON.stringify(path)}`); // exact: sigs.k8s.io/json
}

/** An object or list that is open at the place the scan has come to. */
interface Frame {
  readonly path: string;
  /** The names seen so far; undefined in a list. */
  readonly names: Set<string> | undefined;
  /** The place in a list, or the member's name. */
  index: number;
  name: string;
}

function* scan(text: string): Iterable<string> {
  const frames: Frame[] = [];
  for (let at = 0; at < text.length; at++) {
    const char = text[at] ?? "";
    const frame = frames.at(-1);
    if (char !== '"') {
      step(frames, char);
      continue;
    }
    const end = stringEnd(text, at);
    if (frame?.names && isColonNext(text, end)) yield* meet(frame, text.slice(at, end));
    at = end - 1;
  }
}

function step(frames: Frame[], char: string): void {
  const frame = frames.at(-1);
  if (char === "{" || char === "[") {
    const names = char === "{" ? new Set<string>() : undefined;
    frames.push({ path: frame ? pathOf(frame) : "", names, index: 0, name: "" });
  } else if (char === "}" || char === "]") frames.pop();
  else if (char === "," && frame) frame.index += 1;
}

function pathOf({ path, names, index, name }: Frame): string {
  if (!names) return `${path}[${index}]`;
  return path === "" ? name : `${path}.${name}`;
}

function* meet(frame: Frame, quoted: string): Iterable<string> {
  frame.name = JSON.parse(quoted) as string;
  if (frame.names?.has(frame.name)) yield pathOf(frame);
  frame.names?.add(frame.name);
}
