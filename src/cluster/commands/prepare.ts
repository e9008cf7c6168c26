import { defineCommand } from "#cli/command.ts";
import { flag } from "#cli/flags.ts";
import { progressOn } from "#cli/progress.ts";
import { obstacle } from "../preflight.ts";
import { ensureParts } from "../prepare.ts";
import { realWorld } from "../world.ts";

/** What `up` does first, by itself: for images of machines and for CI. */
export const prepare = defineCommand({
  name: "prepare",
  usage: "",
  summary: "Install what real containers need on this machine, and start nothing",
  examples: [
    "k8ts prepare",
    "k8ts prepare --no-install     # say what is missing, and how to install it",
  ],
  group: "cluster",
  flags: { "no-install": flag.switch("say how to install what is missing, and stop") },

  async run(shell, { flags }) {
    const hindrance = obstacle();
    if (hindrance !== undefined) throw new Error(hindrance);
    const progress = progressOn(shell.errors, shell.clock);
    await ensureParts({ world: { ...realWorld(), ...shell } }, progress, !flags["no-install"]);
  },
});
