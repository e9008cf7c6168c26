/** upstream: staging/src/k8s.io/kubectl/pkg/cmd/rollout/rollout_undo.go, pkg/polymorphichelpers/rollback.go */
import { equal } from "#schema/copy.ts";
import type { PodTemplateSpec } from "#api/core/pod-spec.ts";
import { defineCommand } from "#cli/command.ts";
import { flag } from "#cli/flags.ts";
import { patchObject } from "#cli/resources/objects.ts";
import type { Target } from "#cli/resources/select.ts";
import { writeFlags, writingOf } from "#cli/resources/writing.ts";
import { withoutHash } from "#cli/rollout/replica-sets.ts";
import type { Revision } from "#cli/rollout/rollout.ts";
import { forEachRollout, rolloutFlags, rolloutUsage, without } from "#cli/rollout/selecting.ts";
import { openSession } from "#cli/session.ts";

export const rolloutUndo = defineCommand({
  name: "rollout undo",
  usage: rolloutUsage,
  summary: "Go back to an earlier revision",
  examples: ["k8ts rollout undo deploy/web", "k8ts rollout undo deploy/web --to-revision=3"],
  group: "deploy",
  flags: {
    ...writeFlags("kubectl-rollout"),
    ...rolloutFlags,
    "to-revision": flag.int("the one to go back to; 0 means the one before", {
      fallback: 0,
      value: "REVISION",
    }),
  },

  async run(shell, call) {
    const wanted = call.flags["to-revision"];
    const writing = await writingOf(shell, call.flags);
    const session = await openSession(shell, call);
    await forEachRollout(
      session,
      { call, refusal: without("rollbacker") },
      async (target, rollout) => {
        const revisions = await rollout.history(session, target.object);
        const revision = choose(revisions, wanted, target);
        const patch = rollout.undo(target.object, revision);
        if (isCurrent(target, revision))
          return writing.say(
            target.object,
            `skipped rollback (current template already matches revision ${wanted})`, // exact: kubectl
          );
        const request = { ...writing.options, is: "json" as const, patch };
        if (writing.dryRun === "client") return writing.say(target.object, "rolled back");
        writing.say(await patchObject(session, target, request), "rolled back");
      },
    );
  },
});

// exact: kubectl, the messages
function choose(revisions: readonly Revision[], wanted: number, { resource, name }: Target) {
  if (wanted < 0) throw notFound(wanted);
  const found = wanted > 0 ? revisions.find(({ number }) => number === wanted) : revisions.at(-2);
  if (found) return found;
  if (wanted > 0) throw notFound(wanted);
  const isEmpty = revisions.length === 0;
  throw new Error(
    isEmpty
      ? `no rollout history found for ${resource.kind.singular} "${name}"`
      : "no last revision to roll back to",
  );
}

const notFound = (revision: number): Error =>
  new Error(`unable to find specified revision ${revision} in history`);

function isCurrent({ object }: Target, { template }: Revision): boolean {
  const { spec } = object as unknown as { readonly spec: { readonly template: PodTemplateSpec } };
  return equal(withoutHash(spec.template), withoutHash(template));
}
