/** upstream: staging/src/k8s.io/kubectl/pkg/cmd/describe/describe.go */
import { isReason } from "#api/errors.ts";
import { type Call, defineCommand } from "../command.ts";
import { pageOf } from "../describe/describing.ts";
import { Failures } from "../explain.ts";
import { flag } from "../flags.ts";
import { nothingNamed } from "../resources/arguments.ts";
import { fileFlags } from "../resources/files.ts";
import { listObjects } from "../resources/objects.ts";
import {
  forEachQuery,
  namespaceFor,
  objectsOf,
  queriesOf,
  type Query,
  selectionFlags,
  type Target,
  targetOf,
} from "../resources/select.ts";
import { openSession, type Session } from "../session.ts";

const flags = {
  ...fileFlags,
  ...selectionFlags,
  "show-events": flag.switch("end with what happened to the object", { fallback: true }),
  "chunk-size": flag.int("ask for so many objects at once; 0 means all", { fallback: 500 }),
} as const;

export const describe = defineCommand({
  name: "describe",
  usage: "(TYPE [NAME... | NAME_PREFIX | -l SELECTOR] | TYPE/NAME... | -f FILE)",
  summary: "Tell all about one or many objects",
  examples: [
    "k8ts describe pod web",
    "k8ts describe deploy/web svc/web",
    "k8ts describe pods -l app=web",
    "k8ts describe node n1",
  ],
  group: "debug",
  flags,

  async run(shell, call) {
    const session = await openSession(shell, call);
    const queries = await queriesOf(session, wantedOf(call));
    const targets: Target[] = [];
    let end = "";
    const failures = await forEachQuery(queries, async (query) => {
      const found = await findTargets(session, query, queries.length);
      targets.push(...found.targets);
      end = found.isGuess ? "\n" : "";
    });
    // exact: kubectl, the space between pages
    const space = end === "" ? "\n\n" : "";
    for (const [at, target] of targets.entries()) {
      const page = await pageOf(session, target, call.flags["show-events"]);
      shell.output.write(`${at > 0 ? space : ""}${page}${end}`);
    }
    if (failures.length > 0) throw new Failures(failures);
    if (targets.length === 0) shell.errors.write(`${nothingFound(session, call)}\n`);
  },
});

const wantedOf = ({ args, path, flags: given }: Call<typeof flags>) => ({
  args,
  missing: nothingNamed(path),
  ...given,
  allNamespaces: given["all-namespaces"],
  takesAll: true,
});

/** exact: kubectl */
const nothingFound = ({ namespace }: Session, { flags: given }: Call<typeof flags>): string =>
  given["all-namespaces"] ? "No resources found" : `No resources found in ${namespace} namespace.`;

interface Targets {
  readonly targets: readonly Target[];
  /** Found by how their names begin. */
  readonly isGuess: boolean;
}

/** A name that is nobody's may be how the names of some begin. */
async function findTargets(session: Session, query: Query, count: number): Promise<Targets> {
  try {
    return { targets: await objectsOf(session, query), isGuess: false };
  } catch (cause) {
    if (count > 1 || query.is !== "object" || !isReason(cause, "NotFound")) throw cause;
    const { resource, name } = query.target;
    const objects = await listObjects(session, resource, {
      namespace: namespaceFor(session, resource),
    });
    const named = objects.filter((object) => object.metadata.name?.startsWith(name));
    if (named.length === 0) throw cause;
    return { targets: named.map((object) => targetOf(resource, object)), isGuess: true };
  }
}
