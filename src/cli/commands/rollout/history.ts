/** upstream: staging/src/k8s.io/kubectl/pkg/cmd/rollout/rollout_history.go */
import type { PodTemplateSpec } from "#api/core/pod-spec.ts";
import { defineCommand } from "#cli/command.ts";
import { flag } from "#cli/flags.ts";
import { alignTabs, describeTabs } from "#cli/print/tab-writer.ts";
import { Page } from "#cli/describe/page.ts";
import { describePodTemplate } from "#cli/describe/pod-template.ts";
import { causeAnnotation, type Revision } from "#cli/rollout/rollout.ts";
import {
  forEachRollout,
  rolloutFlags,
  rolloutUsage,
  titleOf,
  without,
} from "#cli/rollout/selecting.ts";
import { openSession } from "#cli/session.ts";

export const rolloutHistory = defineCommand({
  name: "rollout history",
  usage: rolloutUsage,
  summary: "Show the revisions of a rollout",
  examples: ["k8ts rollout history deploy/web", "k8ts rollout history deploy/web --revision=2"],
  group: "deploy",
  flags: {
    ...rolloutFlags,
    revision: flag.int("show the pod template of this one", { fallback: 0, value: "REVISION" }),
  },

  async run(shell, call) {
    const { revision } = call.flags;
    // exact: kubectl
    if (revision < 0) throw new Error(`revision must be a positive integer: ${revision}`);
    const session = await openSession(shell, call);
    await forEachRollout(
      session,
      { call, refusal: without("history viewer") },
      async (target, rollout) => {
        const revisions = await rollout.history(session, target.object);
        const title = titleOf(target);
        const text = revision > 0 ? templateText(revisions, revision) : tableText(revisions);
        const which = revision > 0 ? `with revision #${revision}` : "";
        shell.output.write(`${title} ${which}\n${text}\n`);
      },
    );
  },
});

function withCause({ template, cause }: Revision): PodTemplateSpec {
  if (cause === "") return template;
  const { metadata } = template;
  const annotations = { ...metadata.annotations, [causeAnnotation]: cause };
  return { ...template, metadata: { ...metadata, annotations } };
}

// exact: kubectl, the texts
function tableText(revisions: readonly Revision[]): string {
  if (revisions.length === 0) return "No rollout history found.";
  const rows = revisions.map(({ number, cause }) => `${number}\t${cause || "<none>"}\n`);
  return alignTabs(["REVISION\tCHANGE-CAUSE\n", ...rows].join(""), describeTabs);
}

function templateText(revisions: readonly Revision[], wanted: number): string {
  const found = revisions.find(({ number }) => number === wanted);
  if (!found) throw new Error("unable to find the specified revision"); // exact: kubectl
  const page = new Page();
  describePodTemplate(page, withCause(found));
  return page.tabbed(); // exact: kubectl does not align them
}
