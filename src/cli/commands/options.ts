/** upstream: staging/src/k8s.io/kubectl/pkg/cmd/options/options.go */
import { defineCommand, globalFlags } from "../command.ts";
import type { Flag, Flags } from "../flags.ts";

export const options = defineCommand({
  name: "options",
  usage: "",
  summary: "List the flags that every command understands",
  group: "settings",
  flags: {},

  async run(shell) {
    const entries = Object.entries(globalFlags as Flags).toSorted(([a], [b]) => (a < b ? -1 : 1));
    const lines = entries.map(([name, flag]) => `    ${spelled(name, flag)}:\n\t${flag.help}\n`);
    // exact: kubectl
    shell.output.write(
      `The following options can be passed to any command:\n\n${lines.join("\n")}`,
    );
  },
});

function spelled(name: string, { short, fallback, bare }: Flag<unknown>): string {
  const letter = short === undefined ? "" : `-${short}, `;
  const isSwitch = bare !== undefined || typeof fallback === "number";
  const value = isSwitch ? String(fallback) : Array.isArray(fallback) ? "[]" : "''";
  return `${letter}--${name}=${value}`;
}
