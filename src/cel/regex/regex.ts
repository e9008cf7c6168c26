/**
 * Regular expressions as Go has them. JavaScript's engine runs the tame ones; it could take years over the others
 * ("(a+)+$"), so these run on a machine of our own whose time is linear.
 */
import { unreachable } from "#base/assert.ts";
import { codePoints, fail } from "#cel/values.ts";
import { buildMachine, stepsOf, type Machine } from "./machine.ts";
import { buildMatcher } from "./matcher.ts";
import { parseRegex, type Assertion, type RegexNode } from "./parse.ts";
import { RegexError } from "./problem.ts";

export interface Regex {
  readonly matches: (text: string) => boolean;
  /** The matches from left to right, not overlapping, at most so many. */
  readonly findAll: (text: string, countMax: number) => readonly string[];
}

const known = new Map<string, Regex>();
const knownMax = 1_000;

/** An evaluation error when it is none. */
export function regexOf(pattern: string): Regex {
  const before = known.get(pattern);
  if (before) return before;
  const problem = regexProblem(pattern);
  if (problem !== undefined) fail(problem);
  const regex = build(parseRegex(pattern));
  if (known.size >= knownMax) known.clear();
  known.set(pattern, regex);
  return regex;
}

/** What Go would say; undefined when the pattern is right. */
export function regexProblem(pattern: string): string | undefined {
  try {
    parseRegex(pattern);
    return undefined;
  } catch (error) {
    if (!(error instanceof RegexError)) throw error;
    return error.message;
  }
}

/** Longer texts than this are not given to an engine that may go back and forth in them. */
const nativeTextMax = 4_096;

function build(node: RegexNode): Regex {
  const native = isTame(node) ? new RegExp(sourceOf(node), "u") : undefined;
  const linear = once(() => {
    const steps = stepsOf(node);
    const machine = buildMachine(steps);
    const matcher = buildMatcher(steps);
    return {
      machine,
      matches: matcher ?? ((text: string) => machine(codePoints(text), 0) !== undefined),
    };
  });
  return {
    matches: (text) =>
      native && text.length <= nativeTextMax ? native.test(text) : linear().matches(text),
    findAll: (text, countMax) => findAll(linear().machine, codePoints(text), countMax),
  };
}

/** Most patterns never need it. */
function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

/** Each search may look at all the rest, so that all together may take the square of the text. */
const workMax = (length: number): number => 1_000_000 + 10 * length;

/** As Go's FindAll: an empty match right after another one does not count. */
function findAll(machine: Machine, text: readonly string[], countMax: number): readonly string[] {
  const found: string[] = [];
  let from = 0;
  let lastEnd = -1;
  let work = 0;
  while (found.length < countMax && from <= text.length) {
    const span = machine(text, from);
    if (!span) break;
    const { start, end, looked } = span;
    work += looked - from;
    if (work > workMax(text.length)) fail("finding all matches takes too long");
    if (end > start || start !== lastEnd) found.push(text.slice(start, end).join(""));
    lastEnd = end;
    from = end > start ? end : end + 1;
  }
  return found;
}

/** At most one loop, and none inside a loop: going back costs little. */
const isTame = (node: RegexNode): boolean => loops(node) <= 1;

function loops(node: RegexNode): number {
  if (node.op === "sequence" || node.op === "choice")
    return node.parts.reduce((sum, part) => sum + loops(part), 0);
  if (node.op !== "repeat") return 0;
  const own = node.max - node.min > 1 ? 1 : 0;
  const inner = loops(node.of);
  return inner > 0 && node.max > 1 ? Infinity : own + inner;
}

const assertions: Readonly<Record<Assertion, string>> = {
  start: "^",
  end: "$",
  lineStart: "(?<![^\\n])",
  lineEnd: "(?![^\\n])",
  word: "\\b",
  notWord: "\\B",
};

/** In JavaScript's syntax, with the `u` flag. */
function sourceOf(node: RegexNode): string {
  switch (node.op) {
    case "class":
      return node.fold ? `(?i:${node.source})` : node.source;
    case "assert":
      return assertions[node.at];
    case "sequence":
      return node.parts.map(sourceOf).join("");
    case "choice":
      return `(?:${node.parts.map(sourceOf).join("|")})`;
    case "repeat": {
      const count = `{${node.min},${node.max === Infinity ? "" : node.max}}`;
      return `(?:${sourceOf(node.of)})${count}${node.isGreedy ? "" : "?"}`;
    }
    default:
      return unreachable(node);
  }
}
