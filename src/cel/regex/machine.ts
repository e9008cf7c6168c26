/**
 * Runs a pattern in time linear in the text, whatever the pattern is: all ways to match are followed at once.
 * Slower than JavaScript's own engine for tame patterns, and the only safe way for the others.
 */
import { unreachable } from "#base/assert.ts";
import type { Assertion, RegexNode } from "./parse.ts";

type Test = (character: string) => boolean;

export type Step =
  | { readonly op: "take"; readonly test: Test }
  | { readonly op: "assert"; readonly at: Assertion }
  | { readonly op: "jump"; to: number }
  /** `first` is preferred. */
  | { readonly op: "fork"; first: number; second: number }
  | { readonly op: "done" };

export interface Span {
  readonly start: number;
  readonly end: number;
  /** How far it had to look. */
  readonly looked: number;
}

/** Undefined when the text has no match from `from` on. Positions count code points. */
export type Machine = (characters: readonly string[], from: number) => Span | undefined;

export const buildMachine =
  (steps: readonly Step[]): Machine =>
  (characters, from) =>
    new Run(steps, characters).find(from);

export function stepsOf(node: RegexNode): readonly Step[] {
  const steps: Step[] = [];
  build(node, steps);
  steps.push({ op: "done" });
  return steps;
}

function build(node: RegexNode, steps: Step[]): void {
  switch (node.op) {
    case "class":
      steps.push({ op: "take", test: testOf(node.source, node.fold) });
      break;
    case "assert":
      steps.push({ op: "assert", at: node.at });
      break;
    case "sequence":
      for (const part of node.parts) build(part, steps);
      break;
    case "choice":
      buildChoice(node.parts, steps);
      break;
    case "repeat":
      buildRepeat(node, steps);
  }
}

function buildChoice(parts: readonly RegexNode[], steps: Step[]): void {
  const jumps: Extract<Step, { op: "jump" }>[] = [];
  for (const [i, part] of parts.entries()) {
    const isLast = i === parts.length - 1;
    const fork = { op: "fork" as const, first: steps.length + 1, second: 0 };
    if (!isLast) steps.push(fork);
    build(part, steps);
    if (isLast) break;
    const jump = { op: "jump" as const, to: 0 };
    steps.push(jump);
    jumps.push(jump);
    fork.second = steps.length;
  }
  for (const jump of jumps) jump.to = steps.length;
}

function buildRepeat(node: Extract<RegexNode, { op: "repeat" }>, steps: Step[]): void {
  const { of, min, max, isGreedy } = node;
  for (let i = 0; i < min; i++) build(of, steps);
  if (max === Infinity) {
    const loop = steps.length;
    const leave = pushFork(steps, isGreedy);
    build(of, steps);
    steps.push({ op: "jump", to: loop });
    leave(steps.length);
    return;
  }
  const leaves = Array.from({ length: max - min }, () => {
    const leave = pushFork(steps, isGreedy);
    build(of, steps);
    return leave;
  });
  for (const leave of leaves) leave(steps.length);
}

/** A fork into the next step or past it; the function sets where past it is. */
function pushFork(steps: Step[], isGreedy: boolean): (to: number) => void {
  const fork = { op: "fork" as const, first: steps.length + 1, second: steps.length + 1 };
  steps.push(fork);
  return (to) => {
    if (isGreedy) fork.second = to;
    else fork.first = to;
  };
}

/** Answers for the first 128 characters are kept. */
function testOf(source: string, fold: boolean): Test {
  const set = new RegExp(`^${source}$`, fold ? "iu" : "u");
  const known: (boolean | undefined)[] = [];
  return (character) => {
    const code = character.charCodeAt(0);
    return code < 128 ? (known[code] ??= set.test(character)) : set.test(character);
  };
}

interface Thread {
  readonly step: number;
  readonly start: number;
}

class Run {
  readonly #steps: readonly Step[];
  readonly #text: readonly string[];
  /** At which position a step was last reached: each is followed once for each character. */
  readonly #seen: Int32Array;

  constructor(steps: readonly Step[], text: readonly string[]) {
    this.#steps = steps;
    this.#text = text;
    this.#seen = new Int32Array(steps.length).fill(-1);
  }

  find(from: number): Span | undefined {
    let threads: Thread[] = [];
    let best: Omit<Span, "looked"> | undefined;
    let looked = from;
    for (let at = from; at <= this.#text.length; at++) {
      looked = at;
      if (!best) this.#follow(threads, { step: 0, start: at }, at);
      if (threads.length === 0 && best) break;
      const next: Thread[] = [];
      for (const { step, start } of threads) {
        const { op, ...rest } = this.#steps[step] as Step;
        if (op === "done") {
          best = { start, end: at };
          break;
        }
        const character = this.#text[at];
        if (character !== undefined && "test" in rest && rest.test(character))
          this.#follow(next, { step: step + 1, start }, at + 1);
      }
      threads = next;
    }
    return best && { ...best, looked };
  }

  /** Adds every step that takes a character and can be reached from here without one, best first. */
  #follow(threads: Thread[], thread: Thread, at: number): void {
    const { start } = thread;
    const open = [thread.step];
    for (let step = open.pop(); step !== undefined; step = open.pop()) {
      if (this.#seen[step] === at) continue;
      this.#seen[step] = at;
      const it = this.#steps[step] as Step;
      if (it.op === "jump") open.push(it.to);
      else if (it.op === "fork") open.push(it.second, it.first);
      else if (it.op === "assert") {
        if (this.#holds(it.at, at)) open.push(step + 1);
      } else threads.push({ step, start });
    }
  }

  #holds(assertion: Assertion, at: number): boolean {
    const before = this.#text[at - 1];
    const after = this.#text[at];
    switch (assertion) {
      case "start":
        return at === 0;
      case "end":
        return after === undefined;
      case "lineStart":
        return before === undefined || before === "\n";
      case "lineEnd":
        return after === undefined || after === "\n";
      case "word":
      case "notWord":
        return (isWord(before) !== isWord(after)) === (assertion === "word");
      default:
        return unreachable(assertion);
    }
  }
}

const isWord = (character: string | undefined): boolean =>
  character !== undefined && /^\w$/.test(character);
