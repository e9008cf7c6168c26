/**
 * Says only whether a text matches, and quickly: which ways to match are open is one state, and what a character
 * makes of a state is found out once and kept. No pattern and no text can make it go back.
 */
import { unreachable } from "#base/assert.ts";
import type { Step } from "./machine.ts";

interface State {
  /** Steps that take the next character. */
  readonly takes: readonly number[];
  readonly isMatch: boolean;
  readonly isMatchAtEnd: boolean;
  /** By character, below 128. */
  readonly next: (State | undefined)[];
}

/** When there are more, all are forgotten: memory is bounded, and time still linear. */
const statesMax = 1_000;
const asciiEnd = 128;

/** Undefined when the pattern looks at lines or words, which needs more than a state. */
export function buildMatcher(steps: readonly Step[]): ((text: string) => boolean) | undefined {
  const isPlain = steps.every(
    (step) => step.op !== "assert" || step.at === "start" || step.at === "end",
  );
  if (!isPlain) return undefined;
  const matcher = new Matcher(steps);
  return (text) => matcher.matches(text);
}

class Matcher {
  readonly #steps: readonly Step[];
  readonly #states = new Map<string, State>();
  readonly #start: State;

  constructor(steps: readonly Step[]) {
    this.#steps = steps;
    this.#start = this.#make([0], true);
  }

  matches(text: string): boolean {
    let state = this.#start;
    for (let at = 0; at < text.length; at++) {
      if (state.isMatch) return true;
      const code = text.charCodeAt(at);
      if (code < asciiEnd) {
        state = state.next[code] ??= this.#after(state, text[at] ?? "");
        continue;
      }
      const character = String.fromCodePoint(text.codePointAt(at) ?? 0);
      at += character.length - 1;
      state = this.#after(state, character);
    }
    return state.isMatch || state.isMatchAtEnd;
  }

  #after(state: State, character: string): State {
    const seeds = new Set([0]);
    for (const take of state.takes) {
      const step = this.#steps[take];
      if (step?.op === "take" && step.test(character)) seeds.add(take + 1);
    }
    const sorted = [...seeds].toSorted((a, b) => a - b);
    const key = sorted.join();
    const known = this.#states.get(key);
    if (known) return known;
    if (this.#states.size >= statesMax) this.#forget();
    const made = this.#make(sorted, false);
    this.#states.set(key, made);
    return made;
  }

  #forget(): void {
    for (const { next } of this.#states.values()) next.length = 0;
    this.#start.next.length = 0;
    this.#states.clear();
  }

  #make(seeds: readonly number[], isStart: boolean): State {
    const here = this.#follow(seeds, { start: isStart, end: false });
    const atEnd = this.#follow(seeds, { start: isStart, end: true });
    return { takes: here.takes, isMatch: here.isDone, isMatchAtEnd: atEnd.isDone, next: [] };
  }

  #follow(
    seeds: readonly number[],
    at: { readonly start: boolean; readonly end: boolean },
  ): { readonly takes: readonly number[]; readonly isDone: boolean } {
    const seen = new Set<number>();
    const takes: number[] = [];
    let isDone = false;
    const open = [...seeds];
    for (let i = open.pop(); i !== undefined; i = open.pop()) {
      const step = this.#steps[i];
      if (!step || seen.has(i)) continue;
      seen.add(i);
      if (step.op === "take") takes.push(i);
      else if (step.op === "done") isDone = true;
      else open.push(...exits(step, i, at));
    }
    return { takes, isDone };
  }
}

function exits(
  step: Exclude<Step, { op: "take" | "done" }>,
  i: number,
  at: { readonly start: boolean; readonly end: boolean },
): readonly number[] {
  switch (step.op) {
    case "jump":
      return [step.to];
    case "fork":
      return [step.first, step.second];
    case "assert":
      return (step.at === "start" ? at.start : at.end) ? [i + 1] : [];
    default:
      return unreachable(step);
  }
}
