/** What the completion scripts ask: the words that may follow. */
import { defineCommand } from "../command.ts";
import { candidates } from "../completion/candidates.ts";
import { valuesFrom } from "../completion/values.ts";
import { parseFlags, UsageError } from "../flags.ts";
import { globalFlags, type GlobalValues, type Shell } from "../command.ts";

export const complete = defineCommand({
  name: "__complete",
  usage: "-- WORD...",
  summary: "Print the words that may follow these",
  group: "hidden",
  flags: {},

  async run(shell, call) {
    const typed = globalsIn(call.rest);
    const flags = { ...call.flags, ...typed };
    const there: Shell = { ...shell, cluster: () => shell.cluster(flags) };
    const found = await candidates(call.commands, call.rest, valuesFrom(there, { ...call, flags }));
    shell.output.write(found.map((word) => `${word}\n`).join(""));
  },
});

/** The namespace and the context that stand on the line decide which names there are. */
function globalsIn(words: readonly string[]): Partial<GlobalValues> {
  const found: Record<string, unknown> = {};
  for (const [at, word] of words.entries()) {
    try {
      const { values, given } = parseFlags(globalFlags, [word, words[at + 1] ?? ""]);
      for (const name of given) found[name] = values[name as keyof GlobalValues];
    } catch (cause) {
      // A flag of the command itself, or half a word.
      if (!(cause instanceof UsageError)) throw cause;
    }
  }
  return found;
}
