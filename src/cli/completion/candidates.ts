/** The words that may come next on a command line, by the tree of commands and flags. */
import { type AnyCommand, globalFlags } from "../command.ts";
import type { Flag, Flags } from "../flags.ts";
import { findCommand } from "../program.ts";

/** What only the cluster or the kubeconfig knows. All of them; which of them fit is said here. */
export interface Values {
  readonly types: () => Promise<readonly string[]>;
  /** Of the objects of a type. */
  readonly names: (type: string) => Promise<readonly string[]>;
  readonly entries: (list: "contexts" | "clusters" | "users") => Promise<readonly string[]>;
}

/** `words`: everything after the program's name; the last one is being typed, and may be empty. */
export async function candidates(
  commands: readonly AnyCommand[],
  words: readonly string[],
  values: Values,
): Promise<readonly string[]> {
  const typed = words.at(-1) ?? "";
  const before = words.slice(0, -1);
  if (before.includes("--")) return [];
  const visible = commands.filter(({ group }) => group !== "hidden");
  const found = findCommand(visible, before);
  const flags: Flags = { ...globalFlags, ...found?.command.flags };
  const all = [
    ...(await wordsFor(
      { command: found?.command, rest: found?.rest ?? before, typed, flags },
      values,
    )),
    ...subcommands(visible, before),
  ];
  return [...new Set(all)].filter((word) => word.startsWith(typed)).sort();
}

interface Position {
  readonly command: AnyCommand | undefined;
  /** After the command's name. */
  readonly rest: readonly string[];
  readonly typed: string;
  readonly flags: Flags;
}

async function wordsFor(position: Position, values: Values): Promise<readonly string[]> {
  const { command, rest, typed, flags } = position;
  const waiting = flagNamed(flags, rest.at(-1) ?? "");
  if (waiting && waiting.flag.bare === undefined) return valuesOf(waiting, values);
  if (typed.startsWith("-")) return flagWords(flags, typed, values);
  return command ? argumentsFor(command, position, values) : [];
}

interface NamedFlag {
  readonly name: string;
  readonly flag: Flag<unknown>;
}

/** `--output`, `-o`; not one that carries its value. */
function flagNamed(flags: Flags, word: string): NamedFlag | undefined {
  const entry = Object.entries(flags).find(
    ([name, { short }]) => word === `--${name}` || (short !== undefined && word === `-${short}`),
  );
  return entry && { name: entry[0], flag: entry[1] };
}

async function flagWords(flags: Flags, typed: string, values: Values): Promise<readonly string[]> {
  const [, name] = /^--([^=]+)=/.exec(typed) ?? [];
  if (name === undefined) return Object.keys(flags).map((known) => `--${known}`);
  const found = flagNamed(flags, `--${name}`);
  return found ? (await valuesOf(found, values)).map((value) => `--${name}=${value}`) : [];
}

/** A flag's choices stand in its help: `none|server|client`. */
async function valuesOf({ name, flag }: NamedFlag, values: Values): Promise<readonly string[]> {
  const lists: Readonly<Record<string, () => Promise<readonly string[]>>> = {
    namespace: () => values.names("namespaces"),
    context: () => values.entries("contexts"),
    cluster: () => values.entries("clusters"),
    user: () => values.entries("users"),
  };
  if (lists[name]) return lists[name]();
  return flag.value?.includes("|") ? flag.value.split("|") : [];
}

/** By the words of the usage: `(POD | TYPE/NAME)`, `TYPE [NAME...]`, `CONTEXT`. */
async function argumentsFor(
  { usage }: AnyCommand,
  { rest, typed, flags }: Position,
  values: Values,
): Promise<readonly string[]> {
  const [first] = positional(rest, flags);
  const isTyped = takes(usage, "TYPE");
  if (isTyped && typed.includes("/")) return withType(typed, values);
  if (first === undefined) return firstArgument(usage, values);
  return isTyped && !first.includes("/") ? values.names(first) : [];
}

const takes = (usage: string, word: string): boolean => new RegExp(`\\b${word}\\b`).test(usage);

async function firstArgument(usage: string, values: Values): Promise<readonly string[]> {
  const list = listIn(usage);
  if (list) return values.entries(list);
  const choices = /^\(?([a-z]+(?:\|[a-z]+)+)/.exec(usage)?.[1];
  if (choices !== undefined) return choices.split("|");
  if (takes(usage, "POD")) return values.names("pods");
  if (takes(usage, "NODE")) return values.names("nodes");
  return takes(usage, "TYPE") ? values.types() : [];
}

function listIn(usage: string): "contexts" | "clusters" | "users" | undefined {
  const lists = { CONTEXT: "contexts", CLUSTER: "clusters", USER: "users" } as const;
  return lists[usage.split(" ")[0] as keyof typeof lists];
}

async function withType(typed: string, values: Values): Promise<readonly string[]> {
  const [type = ""] = typed.split("/");
  return (await values.names(type)).map((name) => `${type}/${name}`);
}

/** The words that are neither flags nor their values. */
function positional(rest: readonly string[], flags: Flags): readonly string[] {
  const isValue = (at: number): boolean => {
    const before = flagNamed(flags, rest[at - 1] ?? "");
    return before !== undefined && before.flag.bare === undefined;
  };
  return rest.filter((word, at) => !word.startsWith("-") && !isValue(at));
}

/** The next words of commands that begin with these. */
function subcommands(
  commands: readonly AnyCommand[],
  before: readonly string[],
): readonly string[] {
  return commands.flatMap(({ name, aliases = [] }) =>
    [name, ...aliases].flatMap((full) => {
      const parts = full.split(" ");
      const isBelow = before.every((word, at) => parts[at] === word);
      const next = parts[before.length];
      return isBelow && next !== undefined ? [next] : [];
    }),
  );
}
