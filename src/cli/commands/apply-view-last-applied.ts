import { formatYaml } from "#base/yaml.ts";
import { defineCommand } from "../command.ts";
import { flag } from "../flags.ts";
import { lastAppliedOf } from "../patch/last-applied.ts";
import { formatJson } from "#base/go-json.ts";
import { fileFlags } from "../resources/files.ts";
import { forEachTarget, selectionFlags, selectObjects } from "../resources/select.ts";
import { openSession } from "../session.ts";

export const applyViewLastApplied = defineCommand({
  name: "apply view-last-applied",
  usage: "(TYPE NAME | TYPE/NAME | -f FILE)",
  summary: "Show what was applied last to an object",
  examples: ["k8ts apply view-last-applied deploy/web -o json"],
  group: "basic",
  flags: {
    ...fileFlags,
    selector: selectionFlags.selector,
    all: flag.switch("all objects of the types"),
    output: flag.oneOf(["yaml", "json"], "the form of the output", {
      short: "o",
      fallback: "yaml",
    }),
  },

  async run(shell, call) {
    const session = await openSession(shell, call);
    const { args, flags } = call;
    const found = await selectObjects(session, { args, ...flags, takesAll: flags.all });
    await forEachTarget(found, async ({ object, name }) => {
      const applied = lastAppliedOf(object);
      // exact: kubectl
      if (!applied)
        throw new Error(`no last-applied-configuration annotation found on resource: ${name}`);
      shell.output.write(flags.output === "json" ? formatJson(applied) : formatYaml(applied));
    });
  },
});
