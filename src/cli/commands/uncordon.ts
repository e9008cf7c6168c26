import { defineCommand } from "../command.ts";
import { cordonAll, cordonFlags } from "../nodes/cordoning.ts";

export const uncordon = defineCommand({
  name: "uncordon",
  usage: "NODE... | -l SELECTOR",
  summary: "Let new pods onto a node again",
  examples: ["k8ts uncordon n1"],
  group: "settings",
  flags: cordonFlags,
  run: (shell, call) => cordonAll(shell, call, false),
});
