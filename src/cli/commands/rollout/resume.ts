import { defineCommand } from "#cli/command.ts";
import { hold, holdingFlags } from "#cli/rollout/holding.ts";
import { rolloutUsage } from "#cli/rollout/selecting.ts";

export const rolloutResume = defineCommand({
  name: "rollout resume",
  usage: rolloutUsage,
  summary: "Let a rollout go on",
  examples: ["k8ts rollout resume deploy/web"],
  group: "deploy",
  flags: holdingFlags,
  run: (shell, call) =>
    hold(shell, call, {
      isPaused: false,
      doing: "resuming",
      done: "resumed",
      already: "not paused",
    }),
});
