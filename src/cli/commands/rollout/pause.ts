import { defineCommand } from "#cli/command.ts";
import { hold, holdingFlags } from "#cli/rollout/holding.ts";
import { rolloutUsage } from "#cli/rollout/selecting.ts";

export const rolloutPause = defineCommand({
  name: "rollout pause",
  usage: rolloutUsage,
  summary: "Hold a rollout: changes have no effect for now",
  examples: ["k8ts rollout pause deploy/web"],
  group: "deploy",
  flags: holdingFlags,
  run: (shell, call) =>
    hold(shell, call, {
      isPaused: true,
      doing: "pausing",
      done: "paused",
      already: "already paused",
    }),
});
