/** upstream: staging/src/k8s.io/kubectl/pkg/cmd/replace/replace.go */
import { type Call, defineCommand } from "../command.ts";
import { flag, UsageError } from "../flags.ts";
import { withLastApplied } from "../patch/last-applied.ts";
import { deleteIfThere, deletionFlags, deletionOf, isGone } from "../resources/deletion.ts";
import { fileFlags } from "../resources/files.ts";
import { type Manifest, typeName } from "../resources/manifest.ts";
import { createObject, getObject, replaceObject } from "../resources/objects.ts";
import { forEachTarget, selectFiles, type Target, withSource } from "../resources/select.ts";
import { timeLimit } from "../resources/time-limit.ts";
import { validateFlag, writeFlags, type Writing, writingOf } from "../resources/writing.ts";
import { openSession, type Session } from "../session.ts";

const flags = {
  ...writeFlags("kubectl-replace"),
  ...fileFlags,
  ...deletionFlags,
  validate: validateFlag,
  "save-config": flag.switch("remember the object in an annotation, for apply"),
  subresource: flag.text("the part to replace: status, scale", { value: "NAME" }),
  timeout: flag.duration("how long to wait for the deletion; with --force", { fallback: 0 }),
} as const;

type ReplaceCall = Call<typeof flags>;

export const replace = defineCommand({
  name: "replace",
  usage: "-f FILE [--force]",
  summary: "Replace objects by what files say",
  examples: ["k8ts replace -f pod.yaml", "k8ts replace --force -f pod.yaml"],
  group: "basic",
  flags,

  async run(shell, call) {
    const { args, flags: given } = call;
    // exact: kubectl
    if (args.length > 0) throw new UsageError(`Unexpected args: [${args.join(" ")}]`);
    if (given.filename.length === 0) throw new Error("must specify one of -f and -k");
    const writing = await writingOf(shell, given);
    const session = await openSession(shell, call);
    const targets = await selectFiles(session, given);
    await forEachTarget({ targets, failures: [] }, async (target) => {
      const manifest = given["save-config"] ? withLastApplied(target.object) : target.object;
      const wanted = { ...target, object: manifest };
      if (writing.dryRun === "client") return writing.say(manifest, "replaced");
      const object = given.force
        ? await recreated(session, wanted, { given, writing })
        : await replaced(session, wanted, { given, writing });
      writing.say(object, "replaced");
    });
  },
});

interface Replacing {
  readonly given: ReplaceCall["flags"];
  readonly writing: Writing;
}

/** Whatever version there is now, unless the file names one. */
async function replaced(
  session: Session,
  target: Target,
  { given: { subresource }, writing }: Replacing,
): Promise<Manifest> {
  const part = subresource === undefined ? {} : { subresource };
  try {
    const given = target.object.metadata.resourceVersion;
    const { metadata } = given ? target.object : await getObject(session, target, subresource);
    const { resourceVersion } = metadata;
    const versioned = {
      ...target.object.metadata,
      ...(resourceVersion ? { resourceVersion } : {}),
    };
    const manifest = { ...target.object, metadata: versioned };
    return await replaceObject(session, target, { ...writing.options, ...part, manifest });
  } catch (cause) {
    throw withSource(cause, "replacing", target.source);
  }
}

async function recreated(
  session: Session,
  target: Target,
  { given, writing }: Replacing,
): Promise<Manifest> {
  const { shell } = session;
  const options = { ...deletionOf(shell, { ...given, force: false }), ignoresMissing: true };
  const gone = await deleteIfThere(session, target, options);
  if (gone) shell.output.write(`${typeName(target.resource.kind)} "${target.name}" deleted\n`);
  using limit = timeLimit(shell.clock, given.timeout, shell.signal);
  const isOver = !(await isGone(session, { ...target, uid: undefined }, limit.signal));
  if (isOver && limit.isOver()) throw new Error("timed out waiting for the condition"); // exact: kubectl
  return createObject(session, target, { ...writing.options, manifest: target.object });
}
