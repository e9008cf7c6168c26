/**
 * What JSON.parse does not tell: whether a member was there twice, and how deep it goes. A cheap
 * count comes first; only when it says that members got lost is the text read once more.
 */

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

export interface JsonSize {
  readonly members: number;
  /** 0 for a scalar. */
  readonly depth: number;
}

/** Of parsed JSON. Does not recurse: it is there to find what nobody else should walk into. */
export function sizeOf(json: unknown): JsonSize {
  let members = 0;
  let depth = 0;
  let level = [json].filter(isContainer);
  for (; level.length > 0; depth++) {
    const below: object[] = [];
    for (const container of level) members += look(container, below);
    level = below;
  }
  return { members, depth };
}

/** Collects the containers inside this one, and says how many members it has. */
function look(container: object, below: object[]): number {
  if (Array.isArray(container)) {
    for (const item of container) if (isContainer(item)) below.push(item);
    return 0;
  }
  let members = 0;
  for (const key in container) {
    const value = (container as Readonly<Record<string, unknown>>)[key];
    members += 1;
    if (isContainer(value)) below.push(value);
  }
  return members;
}

const isContainer = (json: unknown): json is object => typeof json === "object" && json !== null;

/**
 * As strict decoding says it: `duplicate field "spec.replicas"`. With the parsed text at hand the
 * usual answer, none, costs next to nothing. Takes valid JSON only.
 */
export function duplicateFields(text: string, parsed?: unknown): string[] {
  if (parsed !== undefined && memberCount(text) === sizeOf(parsed).members) return [];
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
