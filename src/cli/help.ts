/** Help as text: what a command does, with examples first and flags last. */
import { type AnyCommand, globalFlags } from "./command.ts";
import type { Flag, Flags } from "./flags.ts";

interface Named {
  readonly name: string;
  readonly summary: string;
  readonly commands: readonly AnyCommand[];
}

const groups: readonly (readonly [AnyCommand["group"], string])[] = [
  ["cluster", "The cluster itself"],
  ["basic", "Objects"],
  ["deploy", "Deployments"],
  ["debug", "Looking inside"],
  ["settings", "Settings"],
];

/** The commands by group; with `words`, only the commands below them (`help rollout`). */
export function programHelp(program: Named, words: readonly string[] = []): string {
  const prefix = words.join(" ");
  const exact = program.commands.find((command) => command.name === prefix);
  if (exact) return flagsHelp(program, exact);
  const sections = groups.flatMap(([group, title]) => {
    const mine = program.commands.filter(
      (command) => command.group === group && command.name.startsWith(prefix),
    );
    if (mine.length === 0) return [];
    const rows = mine.map(({ name, summary }) => [name, summary] as const);
    return [`${title}:`, ...table(rows.toSorted(byName)), ""];
  });
  return [
    program.summary,
    "",
    ...sections,
    `Use "${program.name} COMMAND --help" for more about a command.`,
    "",
  ].join("\n");
}

const byName = ([a]: readonly [string, string], [b]: readonly [string, string]): number =>
  a < b ? -1 : 1;

export function flagsHelp(program: Named, command: AnyCommand): string {
  const { name, usage, summary, details, examples = [], aliases = [] } = command;
  return [
    summary + (summary.endsWith(".") ? "" : "."),
    ...(details ? ["", details] : []),
    "",
    "Usage:",
    `  ${program.name} ${name}${usage === "" ? "" : ` ${usage}`}`,
    ...(aliases.length > 0 ? ["", `Aliases: ${aliases.join(", ")}`] : []),
    ...(examples.length > 0 ? ["", "Examples:", ...examples.map((line) => `  ${line}`)] : []),
    ...flagSection("Flags:", command.flags),
    ...flagSection("Global flags:", globalFlags),
    "",
  ].join("\n");
}

/** A heading and a line for each flag; nothing where there are none. */
export function flagSection(title: string, flags: Flags): string[] {
  const rows = Object.entries(flags).map(
    ([name, flag]) => [spelled(name, flag), flag.help] as const,
  );
  return rows.length === 0 ? [] : ["", title, ...table(rows.toSorted(byLongName))];
}

const longName = (text: string): string => text.replace(/^.*--/, "");
const byLongName = ([a]: readonly [string, string], [b]: readonly [string, string]): number =>
  longName(a) < longName(b) ? -1 : 1;

function spelled(name: string, { short, value, bare }: Flag<unknown>): string {
  const letter = short === undefined ? "    " : `-${short}, `;
  const optional = bare !== undefined && value !== undefined;
  const shown = value === undefined ? "" : optional ? `[=${value}]` : `=${value}`;
  return `${letter}--${name}${shown}`;
}

function table(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length)) + 3;
  return rows.map(([left, right]) => `  ${left.padEnd(width)}${right}`);
}
