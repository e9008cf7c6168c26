import { defineCommand } from "../command.ts";
import { cordonAll, cordonFlags } from "../nodes/cordoning.ts";

export const cordon = defineCommand({
  name: "cordon",
  usage: "NODE... | -l SELECTOR",
  summary: "Let no new pods onto a node",
  examples: ["k8ts cordon n1"],
  group: "settings",
  flags: cordonFlags,
  run: (shell, call) => cordonAll(shell, call, true),
});
