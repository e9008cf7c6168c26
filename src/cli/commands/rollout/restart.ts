/** upstream: staging/src/k8s.io/kubectl/pkg/cmd/rollout/rollout_restart.go */
import { formatTime } from "#base/clock.ts";
import { defineCommand } from "#cli/command.ts";
import { patchObject } from "#cli/resources/objects.ts";
import { writeFlags, writingOf } from "#cli/resources/writing.ts";
import {
  forEachRollout,
  resourceName,
  rolloutFlags,
  rolloutUsage,
  unsupported,
} from "#cli/rollout/selecting.ts";
import { openSession } from "#cli/session.ts";

const restartedAt = "kubectl.kubernetes.io/restartedAt";

export const rolloutRestart = defineCommand({
  name: "rollout restart",
  usage: rolloutUsage,
  summary: "Replace all pods by new ones of the same template",
  examples: ["k8ts rollout restart deploy/web", "k8ts rollout restart deploy -l app=web"],
  group: "deploy",
  flags: { ...writeFlags("kubectl-rollout"), ...rolloutFlags },

  async run(shell, call) {
    const writing = await writingOf(shell, call.flags);
    const session = await openSession(shell, call);
    await forEachRollout(session, { call, refusal: unsupported("restarting") }, async (target) => {
      const { spec } = target.object as { readonly spec?: { readonly paused?: boolean } };
      // exact: kubectl
      if (spec?.paused)
        throw new Error(
          `${resourceName(target.resource)} "${target.name}" can't restart paused deployment (run rollout resume first)`,
        );
      const annotations = { [restartedAt]: formatTime(shell.clock.now()) };
      const patch = { spec: { template: { metadata: { annotations } } } };
      if (writing.dryRun === "client") return writing.say(target.object, "restarted");
      const request = { ...writing.options, is: "strategic" as const, patch };
      writing.say(await patchObject(session, target, request), "restarted");
    });
  },
});
