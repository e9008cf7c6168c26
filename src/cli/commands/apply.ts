/** upstream: staging/src/k8s.io/kubectl/pkg/cmd/apply/apply.go */
import { applyFromHere } from "../apply/client-side.ts";
import { applyOnServer } from "../apply/server-side.ts";
import { type Call, defineCommand } from "../command.ts";
import { flag, UsageError } from "../flags.ts";
import { choosePrinter } from "../print/printer.ts";
import { fileFlags } from "../resources/files.ts";
import { listOf, type Manifest } from "../resources/manifest.ts";
import { findObject } from "../resources/objects.ts";
import { forEachTarget, selectFiles, selectionFlags, type Target } from "../resources/select.ts";
import { validateFlag, writeFlags, type Writing, writingOf } from "../resources/writing.ts";
import { openSession, type Session } from "../session.ts";

const flags = {
  ...writeFlags(""),
  ...fileFlags,
  selector: selectionFlags.selector,
  validate: validateFlag,
  "server-side": flag.switch("let the server merge, by who owns which field"),
  "force-conflicts": flag.switch("take fields from those who own them; with --server-side"),
  subresource: flag.text("the part to apply: status; with --server-side", { value: "NAME" }),
} as const;

type ApplyCall = Call<typeof flags>;

export const apply = defineCommand({
  name: "apply",
  usage: "-f FILE [--server-side]",
  summary: "Make objects what files say: create them, or change what differs",
  examples: [
    "k8ts apply -f app.yaml",
    "k8ts apply -f manifests/ -R",
    "cat app.yaml | k8ts apply -f -",
    "k8ts apply -f app.yaml --server-side --force-conflicts",
  ],
  group: "basic",
  flags,

  async run(shell, call) {
    check(call);
    const { flags: given } = call;
    const isServerSide = given["server-side"];
    const manager = isServerSide ? "kubectl" : "kubectl-client-side-apply";
    const writing = await writingOf(shell, {
      ...given,
      "field-manager": given["field-manager"] || manager,
    });
    const session = await openSession(shell, call);
    const targets = await selectFiles(session, given);
    if (targets.length === 0) throw new Error("no objects passed to apply"); // exact: kubectl
    const run = isServerSide ? applyingOnServer(given) : applyingFromHere;
    await applyAll(session, { targets, writing, output: given }, run);
  },
});

// exact: kubectl, the messages
function check({ args, flags: given }: ApplyCall): void {
  if (args.length > 0) throw new UsageError(`Unexpected args: [${args.join(" ")}]`);
  if (given.filename.length === 0) throw new Error("must specify one of -f and -k");
  if (given["force-conflicts"] && !given["server-side"])
    throw new Error("--force-conflicts only works with --server-side");
  if (given.subresource !== undefined && !given["server-side"])
    throw new Error("--subresource can only be specified for --server-side");
  if (given["dry-run"] === "client" && given["server-side"])
    throw new Error(
      "--dry-run=client doesn't work with --server-side (did you mean --dry-run=server instead?)",
    );
}

interface Done {
  readonly object: Manifest;
  readonly done: string;
}

type Apply = (session: Session, target: Target, writing: Writing) => Promise<Done>;

const applyingOnServer =
  (given: ApplyCall["flags"]): Apply =>
  async (session, target, { options }) => {
    const { subresource } = given;
    const object = await applyOnServer(session, target, {
      ...options,
      force: given["force-conflicts"],
      ...(subresource === undefined ? {} : { subresource }),
    });
    return { object, done: "serverside-applied" };
  };

const applyingFromHere: Apply = async (session, target, { options, dryRun }) => {
  if (dryRun !== "client") return applyFromHere(session, target, options);
  const live = await findObject(session, target);
  return { object: target.object, done: live ? "configured" : "created" };
};

interface Applying {
  readonly targets: readonly Target[];
  readonly writing: Writing;
  readonly output: ApplyCall["flags"];
}

/** With `-o`, all objects are printed together at the end. */
async function applyAll(
  session: Session,
  { targets, writing, output }: Applying,
  run: Apply,
): Promise<void> {
  const print = await choosePrinter(output, session.shell);
  const objects: Manifest[] = [];
  try {
    await forEachTarget({ targets, failures: [] }, async (target) => {
      const { object, done } = await run(session, target, writing);
      if (print && output.output !== "name") objects.push(object);
      else writing.say(object, done);
    });
  } finally {
    const [first, ...more] = objects;
    if (print && first)
      session.shell.output.write(print(more.length === 0 ? first : listOf(objects)));
  }
}
