/** Finds the command that the words name, runs it, and turns what it throws into few lines. */
import { didYouMean } from "#base/nearest.ts";
import { type AnyCommand, type GlobalValues, globalFlags, type Shell } from "./command.ts";
import { ExitCode, explained, ProgramFailed } from "./explain.ts";
import { flagsHelp, programHelp } from "./help.ts";
import { type Flag, type Flags, parseFlags, UsageError } from "./flags.ts";

export interface Program {
  readonly name: string;
  readonly summary: string;
  readonly commands: readonly AnyCommand[];
}

/** The exit code. */
export async function runProgram(
  program: Program,
  shell: Shell,
  argv: readonly string[],
): Promise<number> {
  const run = new Run(program, shell);
  try {
    return await run.dispatch(argv);
  } catch (cause) {
    return run.explain(cause);
  }
}

/** One call of the program: what is known of it so far, for the words of a failure. */
class Run {
  readonly #program: Program;
  readonly #shell: Shell;
  #hint: string;
  #server: string | undefined;

  constructor(program: Program, shell: Shell) {
    this.#program = program;
    this.#shell = shell;
    this.#hint = `See '${program.name} --help' for usage.`;
  }

  async dispatch(argv: readonly string[]): Promise<number> {
    const { name, commands } = this.#program;
    const found = findCommand(commands, argv);
    if (!found) return this.#withoutCommand(argv);
    const { command, rest } = found;
    const path = `${name} ${command.name}`;
    if (asksForHelp(rest)) {
      this.#shell.output.write(flagsHelp(this.#program, command));
      return 0;
    }
    // exact: kubectl
    this.#hint = `See '${path} --help' for usage.`;
    const flags: Flags = { ...globalFlags, ...command.flags };
    const { values, ...call } = parseFlags(flags, rest);
    this.#hint = `See '${path} -h' for help and examples`;
    const connected = this.#connecting(globalsOf(command, values));
    return (await command.run(connected, { ...call, flags: values, path, commands })) ?? 0;
  }

  /** A shell whose cluster is reached as the flags say. */
  #connecting(values: GlobalValues): Shell {
    const shell = this.#shell;
    return {
      ...shell,
      cluster: async () => {
        const access = await shell.cluster(values);
        this.#server = access.server;
        return access;
      },
    };
  }

  /** Help for the program, or for a group of commands such as `rollout`. */
  #withoutCommand(argv: readonly string[]): number {
    const { words } = leadingWords(argv);
    const asked = words[0] === "help" ? words.slice(1) : words;
    const prefix = asked.join(" ");
    const isGroup = this.#program.commands.some(
      ({ name }) => prefix === "" || name === prefix || name.startsWith(`${prefix} `),
    );
    if (!isGroup) throw unknownCommand(this.#program, asked);
    this.#shell.output.write(programHelp(this.#program, asked));
    return 0;
  }

  explain(cause: unknown): number {
    if (cause instanceof ExitCode) return cause.code;
    for (const line of explained(cause, this.#server)) this.#shell.errors.write(`${line}\n`);
    if (cause instanceof UsageError) this.#shell.errors.write(`${this.#hint}\n`);
    return cause instanceof ProgramFailed ? cause.code : 1;
  }
}

/** Without those that mean something else to the command. */
function globalsOf({ flags }: AnyCommand, values: Readonly<Record<string, unknown>>): GlobalValues {
  const entries = Object.entries(globalFlags as Flags).map(
    ([name, { fallback }]) => [name, name in flags ? fallback : values[name]] as const,
  );
  return Object.fromEntries(entries) as unknown as GlobalValues;
}

function asksForHelp(words: readonly string[]): boolean {
  const end = words.indexOf("--");
  const own = end < 0 ? words : words.slice(0, end);
  return own.includes("--help") || own.includes("-h");
}

interface Found {
  readonly command: AnyCommand;
  readonly rest: readonly string[];
}

/** The command with the longest name that the words begin with; global flags may stand before. */
export function findCommand(
  commands: readonly AnyCommand[],
  argv: readonly string[],
): Found | undefined {
  const { words, at } = leadingWords(argv);
  let best: (Found & { readonly length: number }) | undefined;
  for (const command of commands) {
    for (const name of [command.name, ...(command.aliases ?? [])]) {
      const parts = name.split(" ");
      const fits = parts.every((part, i) => words[i] === part);
      if (!fits || parts.length <= (best?.length ?? 0)) continue;
      const used = new Set(at.slice(0, parts.length));
      const rest = argv.filter((_, i) => !used.has(i));
      best = { command, rest, length: parts.length };
    }
  }
  return best;
}

/** The words up to the first flag that is not global, and where they stand. */
function leadingWords(argv: readonly string[]): { words: string[]; at: number[] } {
  const words: string[] = [];
  const at: number[] = [];
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i] ?? "";
    if (word.startsWith("-")) {
      const global = findGlobalFlag(word);
      if (!global) break;
      if (global.bare === undefined && isWhole(word)) i++;
      continue;
    }
    words.push(word);
    at.push(i);
  }
  return { words, at };
}

function findGlobalFlag(word: string): Flag<unknown> | undefined {
  const long = /^--([^=]+)/.exec(word)?.[1];
  if (long !== undefined) return (globalFlags as Flags)[long];
  return Object.values(globalFlags as Flags).find(({ short }) => short && word[1] === short);
}

/** `-n` and `--namespace`, but not `-nfoo` or `--namespace=foo`: the next word is its value. */
const isWhole = (word: string): boolean =>
  word.startsWith("--") ? !word.includes("=") : word.length === 2;

function unknownCommand({ name, commands }: Program, words: readonly string[]): UsageError {
  const [word = ""] = words;
  const under = commands.filter((command) => command.name.startsWith(`${word} `));
  if (under.length > 0) {
    const names = under.map((command) => command.name.slice(word.length + 1));
    return new UsageError(`"${word}" needs one of: ${names.join(", ")}`);
  }
  const hint = didYouMean(
    word,
    commands.map((command) => command.name.split(" ")[0] ?? ""),
  );
  return new UsageError(`unknown command "${word}" for "${name}"${hint}`);
}
