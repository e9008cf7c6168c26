/**
 * What the repository's own tools have in common: flags with types, `--help` with examples, and mistakes told in
 * one line that names what there is. Exit code 2, as ./test has it, says that nothing was done.
 */
import { flagSection } from "../src/cli/help.ts";
import {
  type Flag,
  type Flags,
  flag,
  parseFlags,
  UsageError,
  type ValuesOf,
} from "../src/cli/flags.ts";

export interface Operand {
  readonly name: string;
  readonly summary: string;
}

export interface Tool<F extends Flags> {
  /** As it is called: `npm run fuzz --`. */
  readonly call: string;
  readonly summary: string;
  readonly examples: readonly (readonly [line: string, what: string])[];
  readonly flags: F;
  /** Words that it takes besides flags: some of these, or anything (`"FOLDER"`); none when absent. */
  readonly operands?: readonly Operand[] | string;
}

export type ToolCall<F extends Flags> =
  | { readonly is: "help"; readonly text: string }
  | { readonly is: "wrong"; readonly text: string }
  | { readonly is: "run"; readonly values: ValuesOf<F>; readonly words: readonly string[] };

/** What a command line asks for. */
export function toolCall<F extends Flags>(tool: Tool<F>, argv: readonly string[]): ToolCall<F> {
  if (argv.includes("--help") || argv.includes("-h")) return { is: "help", text: helpOf(tool) };
  try {
    const { values, args } = parseFlags(tool.flags, argv);
    checkWords(tool, args);
    return { is: "run", values, words: args };
  } catch (cause) {
    if (!(cause instanceof UsageError)) throw cause;
    const names = Object.keys(tool.flags).map((name) => `--${name}`);
    const known = cause.message.startsWith("unknown")
      ? `; there are ${[...names, "--help"].join(", ")}`
      : "";
    return { is: "wrong", text: `${cause.message}${known}` };
  }
}

/** For a tool's own file: what it was asked for, unless that was help or nothing that there is. */
export function readCommandLine<F extends Flags>(
  tool: Tool<F>,
): Extract<ToolCall<F>, { is: "run" }> {
  const call = toolCall(tool, process.argv.slice(2));
  if (call.is === "run") return call;
  if (call.is === "wrong") console.error(call.text);
  else console.log(call.text);
  return process.exit(call.is === "wrong" ? 2 : 0);
}

/** A number of things, or a seed. */
export const wholeNumber = (help: string, fallback: number): Flag<number> => ({
  ...flag.int(`${help} (${fallback})`, { fallback }),
  read: (text) => {
    if (/^\d+$/.test(text) && Number.isSafeInteger(Number(text))) return Number(text);
    throw new UsageError("it is no whole number of 0 or more");
  },
});

function checkWords<F extends Flags>({ operands = [] }: Tool<F>, words: readonly string[]): void {
  if (typeof operands === "string") {
    if (words.length > 1)
      throw new UsageError(`one ${operands} is enough, "${words[1]}" is too many`);
    return;
  }
  const names = operands.map(({ name }) => name);
  const strange = words.find((word) => !names.includes(word));
  if (strange === undefined) return;
  const known = names.length === 0 ? "it takes flags only" : `there are ${names.join(", ")}`;
  throw new UsageError(`there is no "${strange}"; ${known}`);
}

function helpOf<F extends Flags>({ call, summary, examples, flags, operands }: Tool<F>): string {
  const words = typeof operands === "string" ? ` [${operands}]` : operands ? " [NAME...]" : "";
  const named = typeof operands === "object" ? operands : [];
  const isFlagged = Object.keys(flags).length > 0;
  return [
    summary,
    "",
    "Usage:",
    `  ${call}${words}${isFlagged ? " [FLAG...]" : ""}`,
    ...section(
      "Names:",
      named.map(({ name, summary: what }) => [name, what]),
    ),
    ...section("Examples:", examples),
    ...flagSection("Flags:", { ...flags, help: flag.switch("this text") }),
  ].join("\n");
}

function section(title: string, rows: readonly (readonly [string, string])[]): readonly string[] {
  if (rows.length === 0) return [];
  const width = Math.max(...rows.map(([left]) => left.length)) + 3;
  return ["", title, ...rows.map(([left, right]) => `  ${left.padEnd(width)}${right}`)];
}
