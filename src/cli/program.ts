/** Finds the command that the words name, runs it, and turns what it throws into one line. */
import { ApiError } from "#api/errors.ts";
import { type Command, globalFlags, type Shell } from "./command.ts";
import { flagsHelp, programHelp } from "./help.ts";
import { type Flags, parseFlags, UsageError } from "./flags.ts";

export interface Program {
  readonly name: string;
  readonly summary: string;
  readonly commands: readonly Command[];
}

/** A failure that is already said: only the exit code is left. */
export class ExitCode extends Error {
  override readonly name = "ExitCode";
  readonly code: number;

  constructor(code: number) {
    super(`exit code ${code}`);
    this.code = code;
  }
}

/** The exit code. */
export async function runProgram(
  program: Program,
  shell: Shell,
  argv: readonly string[],
): Promise<number> {
  try {
    return await dispatch(program, shell, argv);
  } catch (cause) {
    return explain(cause, { program, shell });
  }
}

async function dispatch(program: Program, shell: Shell, argv: readonly string[]): Promise<number> {
  const found = findCommand(program.commands, argv);
  if (!found) {
    if (argv.length === 0 || ["help", "--help", "-h"].includes(argv[0] ?? "")) {
      shell.output.write(programHelp(program, argv.slice(1)));
      return 0;
    }
    throw unknownCommand(program, argv);
  }
  const { command, rest } = found;
  const flags: Flags = { ...globalFlags, ...command.flags };
  if (asksForHelp(rest)) {
    shell.output.write(flagsHelp(program, command));
    return 0;
  }
  const { values, ...call } = parseFlags(flags, rest);
  return (await command.run(shell, { ...call, flags: values } as never)) ?? 0;
}

function asksForHelp(words: readonly string[]): boolean {
  const end = words.indexOf("--");
  const own = end < 0 ? words : words.slice(0, end);
  return own.includes("--help") || own.includes("-h");
}

/** The command with the longest name that `argv` begins with. */
export function findCommand(
  commands: readonly Command[],
  argv: readonly string[],
): { command: Command; rest: readonly string[] } | undefined {
  let best: { command: Command; rest: readonly string[]; length: number } | undefined;
  for (const command of commands) {
    for (const name of [command.name, ...(command.aliases ?? [])]) {
      const words = name.split(" ");
      const fits = words.every((word, at) => argv[at] === word);
      if (fits && words.length > (best?.length ?? 0))
        best = { command, rest: argv.slice(words.length), length: words.length };
    }
  }
  return best;
}

function unknownCommand({ name, commands }: Program, argv: readonly string[]): UsageError {
  const [word = ""] = argv;
  const under = commands.filter((command) => command.name.startsWith(`${word} `));
  if (under.length > 0) {
    const names = under.map((command) => command.name.slice(word.length + 1));
    return new UsageError(`"${word}" needs one of: ${names.join(", ")}`);
  }
  const near = commands
    .map((command) => command.name.split(" ")[0] ?? "")
    .filter((candidate) => distance(candidate, word) <= 2);
  const hint = near.length > 0 ? `; did you mean "${near[0]}"?` : "";
  return new UsageError(`unknown command "${word}" for "${name}"${hint}`);
}

/** Levenshtein: how many letters must change. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      next.push(Math.min((next[j - 1] ?? 0) + 1, (row[j] ?? 0) + 1, (row[j - 1] ?? 0) + same));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

function explain(cause: unknown, { program, shell }: { program: Program; shell: Shell }): number {
  if (cause instanceof ExitCode) return cause.code;
  const say = (line: string): void => shell.errors.write(`${line}\n`);
  if (cause instanceof UsageError) {
    say(`error: ${cause.message}`);
    say(`See '${program.name} --help' for usage.`);
    return 1;
  }
  if (cause instanceof ApiError) {
    // exact: kubectl
    say(`Error from server (${cause.reason}): ${cause.message}`);
    return 1;
  }
  say(`error: ${cause instanceof Error ? cause.message : String(cause)}`);
  return 1;
}
