/** upstream: staging/src/k8s.io/kubectl/pkg/cmd/diff/diff.go */
import { patchFor } from "../apply/client-side.ts";
import { defineCommand } from "../command.ts";
import { compare, type Compared } from "../diff/comparing.ts";
import { explained } from "../explain.ts";
import { flag, UsageError } from "../flags.ts";
import { withoutLastApplied } from "../patch/last-applied.ts";
import { fileFlags } from "../resources/files.ts";
import { createObject, findObject, patchObject } from "../resources/objects.ts";
import { forEachTarget, selectFiles, selectionFlags, type Target } from "../resources/select.ts";
import { openSession, type Session } from "../session.ts";

export const diff = defineCommand({
  name: "diff",
  usage: "-f FILE",
  summary: "Show what apply would change; exit code 1 when there is something",
  examples: ["k8ts diff -f app.yaml", "KUBECTL_EXTERNAL_DIFF='diff -u' k8ts diff -f app.yaml"],
  group: "basic",
  flags: {
    ...fileFlags,
    selector: selectionFlags.selector,
    "server-side": flag.switch("as apply --server-side"),
    "force-conflicts": flag.switch("take fields from those who own them; with --server-side"),
    "field-manager": flag.text("who would own the fields", {
      value: "NAME",
      fallback: "",
    }),
    "show-managed-fields": flag.switch("compare metadata.managedFields too"),
  },

  async run(shell, call) {
    const { args, flags: given } = call;
    // exact: kubectl
    if (args.length > 0) throw new UsageError(`Unexpected args: [${args.join(" ")}]`);
    if (given.filename.length === 0) throw new Error("must specify one of -f and -k");
    const isServerSide = given["server-side"];
    const manager =
      given["field-manager"] || (isServerSide ? "kubectl" : "kubectl-client-side-apply");
    const choice = { manager, force: given["force-conflicts"], isServerSide };
    try {
      const session = await openSession(shell, call);
      const targets = await selectFiles(session, given);
      const all: Compared[] = [];
      await forEachTarget({ targets, failures: [] }, async (target) => {
        all.push(await compared(session, target, choice));
      });
      return await compare(shell, all, given["show-managed-fields"]);
    } catch (cause) {
      // 1 means that something differs.
      const { server } = await shell.cluster();
      for (const line of explained(cause, server)) shell.errors.write(`${line}\n`);
      return 2;
    }
  },
});

interface Choice {
  readonly manager: string;
  readonly force: boolean;
  readonly isServerSide: boolean;
}

async function compared(
  session: Session,
  target: Target,
  { manager, force, isServerSide }: Choice,
): Promise<Compared> {
  const live = await findObject(session, target);
  const options = { manager, isDryRun: true };
  if (isServerSide) {
    const patch = { ...options, is: "apply" as const, force, patch: target.object };
    return { target, live, merged: await patchObject(session, target, patch) };
  }
  if (!live) {
    const merged = await createObject(session, target, { ...options, manifest: target.object });
    return { target, live, merged };
  }
  const patch = patchFor(target, withoutLastApplied(target.object), live);
  const merged = await patchObject(session, target, { ...options, ...patch });
  return { target, live, merged };
}
