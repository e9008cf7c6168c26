/** upstream: staging/src/k8s.io/kubectl/pkg/cmd/create/create.go */
import { defineCommand } from "#cli/command.ts";
import { flag, UsageError } from "#cli/flags.ts";
import { withLastApplied } from "#cli/patch/last-applied.ts";
import { fileFlags } from "#cli/resources/files.ts";
import { createObject } from "#cli/resources/objects.ts";
import { forEachTarget, selectFiles, selectionFlags, withSource } from "#cli/resources/select.ts";
import { validateFlag, writeFlags, writingOf } from "#cli/resources/writing.ts";
import { openSession } from "#cli/session.ts";

export const createFromFile = defineCommand({
  name: "create",
  usage: "-f FILE",
  summary: "Create objects from files or stdin",
  examples: ["k8ts create -f pod.yaml", "cat pod.json | k8ts create -f -"],
  group: "basic",
  flags: {
    ...writeFlags("kubectl-create"),
    ...fileFlags,
    selector: selectionFlags.selector,
    validate: validateFlag,
    "save-config": flag.switch("remember the object in an annotation, for apply"),
  },

  async run(shell, call) {
    const { flags } = call;
    // exact: kubectl
    if (call.args.length > 0) throw new UsageError(`Unexpected args: [${call.args.join(" ")}]`);
    if (flags.filename.length === 0) throw new Error("must specify one of -f and -k");
    const { options, dryRun, say } = await writingOf(shell, flags);
    const session = await openSession(shell, call);
    const targets = await selectFiles(session, flags);
    if (targets.length === 0) throw new Error("no objects passed to create"); // exact: kubectl
    await forEachTarget({ targets, failures: [] }, async (target) => {
      const manifest = flags["save-config"] ? withLastApplied(target.object) : target.object;
      if (dryRun === "client") return say(manifest, "created");
      try {
        say(await createObject(session, target, { ...options, manifest }), "created");
      } catch (cause) {
        throw withSource(cause, "creating", target.source);
      }
    });
  },
});
