/** What is wrong with an expression, where, and how cel-go would print it. */

import { characters, codePoints } from "./values.ts";

export interface CelIssue {
  /** Counted from 1. */
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** The only thing that `compile` throws. */
export class CelCompileError extends Error {
  override readonly name = "CelCompileError";
  readonly issues: readonly CelIssue[];

  constructor(issues: readonly CelIssue[], message: string) {
    super(message);
    this.issues = issues;
  }
}

/** Collects issues while an expression is read and checked. */
export class Issues {
  readonly #text: string;
  readonly #found: CelIssue[] = [];

  constructor(text: string) {
    this.#text = text;
  }

  add(at: number, message: string): void {
    const before = this.#text.slice(0, at);
    const line = before.split("\n").length;
    const column = characters(before.slice(before.lastIndexOf("\n") + 1)) + 1;
    const known = this.#found.some(
      (issue) => issue.line === line && issue.column === column && issue.message === message,
    );
    if (!known) this.#found.push({ line, column, message });
  }

  get isEmpty(): boolean {
    return this.#found.length === 0;
  }

  /** Sorted by place, as cel-go does. */
  throwIfAny(): void {
    if (this.isEmpty) return;
    const sorted = this.#found.toSorted((a, b) => a.line - b.line || a.column - b.column);
    throw new CelCompileError(
      sorted,
      sorted.map((issue) => showIssue(issue, this.#text)).join("\n"),
    );
  }
}

/** exact: cel-go */
function showIssue({ line, column, message }: CelIssue, text: string): string {
  const source = text.split("\n")[line - 1] ?? "";
  const dots = codePoints(source)
    .slice(0, column - 1)
    .map((c) => (isWide(c) ? "．" : "."));
  const arrow = isWide(codePoints(source)[column - 1] ?? "") ? "＾" : "^";
  const shown = source.replaceAll("\t", " ");
  return `ERROR: <input>:${line}:${column}: ${message}\n | ${shown}\n | ${dots.join("")}${arrow}`;
}

const isWide = (character: string): boolean => Buffer.byteLength(character) > 1;
