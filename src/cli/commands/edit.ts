/** upstream: staging/src/k8s.io/kubectl/pkg/cmd/edit/edit.go */
import { ApiError } from "#api/errors.ts";
import { formatYaml } from "#base/yaml.ts";
import { isUntyped } from "#client/dynamic.ts";
import { equal } from "#schema/copy.ts";
import { defineCommand } from "../command.ts";
import { edited, editableText, objectIn, withoutComments } from "../edit/session-file.ts";
import { ExitCode, explained } from "../explain.ts";
import { flag } from "../flags.ts";
import { mergeDiff } from "../patch/merge-diff.ts";
import { twoWayDiff } from "../patch/strategic-diff.ts";
import { fileFlags } from "../resources/files.ts";
import { type Manifest, withoutManagedFields } from "../resources/manifest.ts";
import { patchObject, type PatchKind, type WriteOptions } from "../resources/objects.ts";
import { forEachTarget, selectObjects, type Target } from "../resources/select.ts";
import { validateFlag, writeFlags, writingOf } from "../resources/writing.ts";
import { openSession, type Session } from "../session.ts";

export const edit = defineCommand({
  name: "edit",
  usage: "(TYPE NAME | TYPE/NAME | -f FILE)",
  summary: "Change an object in an editor: $KUBE_EDITOR, $EDITOR or vi",
  examples: ["k8ts edit deploy/web", "KUBE_EDITOR=nano k8ts edit svc/web"],
  group: "basic",
  flags: {
    ...writeFlags("kubectl-edit"),
    ...fileFlags,
    validate: validateFlag,
    subresource: flag.text("the part to edit: status", { value: "NAME" }),
  },

  async run(shell, call) {
    const { args, flags } = call;
    const { options, say } = await writingOf(shell, flags);
    const session = await openSession(shell, call);
    const found = await selectObjects(session, { args, ...flags });
    const { subresource } = flags;
    const write = { ...options, ...(subresource === undefined ? {} : { subresource }) };
    await forEachTarget(found, async (target) => {
      const changed = await editOne(session, target, write);
      // exact: kubectl
      if (changed) say(changed, "edited");
      else shell.errors.write("Edit cancelled, no changes made.\n");
    });
  },
});

/** Opens the editor until the server takes what comes out; undefined when nothing changed. */
async function editOne(
  session: Session,
  target: Target,
  options: WriteOptions,
): Promise<Manifest | undefined> {
  const original = withoutManagedFields(target.object);
  let text = editableText(formatYaml(original), []);
  let refused: string | undefined;
  for (;;) {
    const result = await edited(session.shell, text);
    // The same once more: the user has no better idea.
    if (withoutComments(result) === refused) return giveUp(session);
    try {
      const wanted = objectIn(result);
      if (!wanted || equal(wanted, original)) return undefined;
      return await patchObject(session, target, {
        ...options,
        ...change(target, original, wanted),
      });
    } catch (cause) {
      if (cause instanceof ApiError && cause.reason !== "Invalid" && cause.reason !== "BadRequest")
        throw cause;
      const problems = explained(cause);
      for (const line of problems) session.shell.errors.write(`${line}\n`);
      refused = withoutComments(result);
      text = editableText(refused, problems);
    }
  }
}

/** exact: kubectl */
function giveUp({ shell }: Session): never {
  shell.errors.write("error: Edit cancelled, no valid changes were saved.\n");
  throw new ExitCode(1);
}

function change(
  { resource: { kind } }: Target,
  original: Manifest,
  modified: Manifest,
): { readonly is: PatchKind; readonly patch: object } {
  return isUntyped(kind)
    ? { is: "merge", patch: mergeDiff({ original, current: original, modified }) }
    : { is: "strategic", patch: twoWayDiff(kind.schema, original, modified) };
}
