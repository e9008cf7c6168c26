/** upstream: staging/src/k8s.io/kubectl/pkg/cmd/delete/delete.go */
import { type Call, defineCommand } from "../command.ts";
import { Failures } from "../explain.ts";
import { flag } from "../flags.ts";
import { fileFlags } from "../resources/files.ts";
import { typeName } from "../resources/manifest.ts";
import { deleteIfThere, deletionFlags, deletionOf, isGone } from "../resources/deletion.ts";
import type { DeletionOptions, Place } from "../resources/objects.ts";
import { listObjects } from "../resources/objects.ts";
import {
  forEachQuery,
  queriesOf,
  type Query,
  selectionFlags,
  targetOf,
  withSource,
} from "../resources/select.ts";
import { timeLimit } from "../resources/time-limit.ts";
import { dryRunOf, dryRunSuffix } from "../resources/writing.ts";
import { openSession, type Session } from "../session.ts";

const flags = {
  ...fileFlags,
  ...selectionFlags,
  ...deletionFlags,
  "field-selector": flag.text("only objects with these fields", {
    value: "SELECTOR",
    fallback: "",
  }),
  all: flag.switch("all objects of the types"),
  "ignore-not-found": flag.switch("it is no failure when an object does not exist"),
  wait: flag.switch("wait until the objects are gone", { fallback: true }),
  timeout: flag.duration("how long to wait; 0 means as long as it takes", { fallback: 0 }),
  "dry-run": flag.text("none, server, or client: only show what would be done", {
    value: "none|server|client",
    bare: "client",
    fallback: "none",
  }),
  output: flag.text("name: only print the names", { short: "o", value: "name", fallback: "" }),
} as const;

type DeleteCall = Call<typeof flags>;

export const deleteCommand = defineCommand({
  name: "delete",
  usage: "(TYPE NAME... | TYPE/NAME... | TYPE -l SELECTOR | TYPE --all | -f FILE)",
  summary: "Delete objects by name, label or file",
  examples: [
    "k8ts delete pod web",
    "k8ts delete deploy,svc -l app=web",
    "k8ts delete -f app.yaml --ignore-not-found",
    "k8ts delete pods --all --now",
  ],
  group: "basic",
  flags,

  async run(shell, call) {
    const { flags: given } = call;
    // exact: kubectl
    if (given.output !== "" && given.output !== "name")
      throw new Error(`unexpected -o output mode: ${given.output}. We only support '-o name'`);
    const session = await openSession(shell, call);
    const options = deletionOf(shell, given);
    const deleted: Deleted[] = [];
    const queries = await queriesOf(session, wantedOf(call));
    const ignoresMissing = given["ignore-not-found"] || given.all;
    const failures = await forEachQuery(queries, async (query) => {
      for (const place of await placesOf(session, query)) {
        const one = await remove(session, place, { call, options, ignoresMissing });
        if (one) deleted.push(one);
      }
    });
    if (failures.length === 0 && deleted.length === 0 && !given["ignore-not-found"])
      shell.output.write("No resources found\n"); // exact: kubectl
    if (given.wait && dryRunOf(given["dry-run"]) === "none")
      await waitForAll(session, deleted, given.timeout);
    if (failures.length > 0) throw new Failures(failures);
  },
});

// exact: kubectl, the messages
function wantedOf({ args, flags: given }: DeleteCall): Parameters<typeof queriesOf>[1] {
  const fieldSelector = given["field-selector"];
  if (given.all && given.selector !== "")
    throw new Error("setting 'all' parameter but found a non empty selector. ");
  if (given.all && fieldSelector !== "")
    throw new Error("cannot set --all and --field-selector at the same time");
  return {
    args,
    ...given,
    allNamespaces: given["all-namespaces"],
    fieldSelector,
    takesAll: given.all,
    isLocal: true,
  };
}

type Sourced = Place & { readonly source: string };

async function placesOf(session: Session, query: Query): Promise<readonly Sourced[]> {
  if (query.is !== "list") return [query.target];
  const objects = await listObjects(session, query.resource, query);
  return objects.map((object) => targetOf(query.resource, object));
}

type Deleted = Place & { readonly uid: string | undefined };

interface Removing {
  readonly call: DeleteCall;
  readonly options: DeletionOptions;
  readonly ignoresMissing: boolean;
}

async function remove(
  session: Session,
  place: Sourced,
  { call, options, ignoresMissing }: Removing,
): Promise<Deleted | undefined> {
  const dryRun = dryRunOf(call.flags["dry-run"]);
  let uid: string | undefined;
  if (dryRun !== "client") {
    const isDryRun = dryRun === "server";
    const request = { ...options, isDryRun, ignoresMissing };
    const answer = await withFile(deleteIfThere(session, place, request), place);
    if (!answer) return undefined;
    uid = uidOf(answer);
  }
  const name = `${typeName(place.resource.kind)}/${place.name}`;
  const text = `${typeName(place.resource.kind)} "${place.name}" ${verbOf(options)}${dryRunSuffix(dryRun)}`;
  session.shell.output.write(call.flags.output === "name" ? `${name}\n` : `${text}\n`);
  return { ...place, uid };
}

/** A failure names the file that the object came from. */
async function withFile<T>(work: Promise<T>, { source }: Sourced): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    throw withSource(cause, "deleting", source);
  }
}

/** exact: kubectl */
const verbOf = ({ gracePeriodSeconds }: DeletionOptions): string =>
  gracePeriodSeconds === 0 ? "force deleted" : "deleted";

/** The server answers with the object, or with a Status that tells of it. */
function uidOf(answer: { readonly metadata?: { readonly uid?: string } }): string | undefined {
  const { details } = answer as { readonly details?: { readonly uid?: string } };
  return answer.metadata?.uid ?? details?.uid;
}

async function waitForAll(
  session: Session,
  deleted: readonly Deleted[],
  timeoutMs: number,
): Promise<void> {
  const { shell } = session;
  using limit = timeLimit(shell.clock, timeoutMs, shell.signal);
  for (const place of deleted) {
    const gone = await isGone(session, place, limit.signal);
    if (!gone && limit.isOver())
      throw new Error(
        `timed out waiting for the condition on ${place.resource.kind.plural}/${place.name}`,
      ); // exact: kubectl
  }
}
