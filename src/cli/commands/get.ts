/** upstream: staging/src/k8s.io/kubectl/pkg/cmd/get/get.go */
import { type Call, defineCommand } from "../command.ts";
import { Failures } from "../explain.ts";
import { flag, type ValuesOf } from "../flags.ts";
import { sortedBy } from "../get/sorting.ts";
import {
  fetchTable,
  formatTables,
  resourceOf,
  type ResourceTable,
  type TablesOptions,
} from "../get/tables.ts";
import { watchQuery } from "../get/watching.ts";
import { choosePrinter, outputFlags, type Print } from "../print/printer.ts";
import { nothingNamed } from "../resources/arguments.ts";
import { fileFlags } from "../resources/files.ts";
import { listOf, type Manifest } from "../resources/manifest.ts";
import { getObject } from "../resources/objects.ts";
import { askText } from "../resources/rest.ts";
import {
  forEachQuery,
  queriesOf,
  type Query,
  selectionFlags,
  selectObjects,
  type Wanted,
} from "../resources/select.ts";
import { isReason } from "#api/errors.ts";
import { openSession, type Session } from "../session.ts";

const flags = {
  ...outputFlags,
  ...fileFlags,
  ...selectionFlags,
  "field-selector": flag.text("only objects with these fields: status.phase=Running", {
    value: "SELECTOR",
    fallback: "",
  }),
  "show-labels": flag.switch("show all labels in the last column"),
  "label-columns": flag.list("a column for this label", { short: "L", value: "LABEL" }),
  "show-kind": flag.switch("put the type before each name"),
  "sort-by": flag.text("sort by what this jsonpath finds", { value: "PATH" }),
  "no-headers": flag.switch("leave out the column headers"),
  "ignore-not-found": flag.switch("it is no failure when an object does not exist"),
  watch: flag.switch("go on with every change", { short: "w" }),
  "watch-only": flag.switch("only changes, not what is there"),
  "output-watch-events": flag.switch("show what kind of change it was"),
  "chunk-size": flag.int("ask for so many objects at once; 0 means all", { fallback: 500 }),
  subresource: flag.text("the part of the object to get: status, scale", { value: "NAME" }),
  raw: flag.text("print what the server answers for this path", { value: "PATH" }),
} as const;

type GetCall = Call<typeof flags>;

export const get = defineCommand({
  name: "get",
  usage: "(TYPE [NAME...] | TYPE/NAME... | -f FILE) [flags]",
  summary: "Show one or many objects",
  examples: [
    "k8ts get pods                                    # pods, as a table",
    "k8ts get pods -o wide                            # with addresses and nodes",
    "k8ts get deployment web -o yaml",
    "k8ts get svc,deploy -l app=web -A",
    "k8ts get pods -o jsonpath='{.items[*].status.podIP}'",
    "k8ts get pods --sort-by=.metadata.creationTimestamp -w",
  ],
  group: "basic",
  flags,

  async run(shell, call) {
    const session = await openSession(shell, call);
    if (call.flags.raw !== undefined) return printRaw(session, call.flags.raw);
    const print = await choosePrinter(call.flags, shell);
    if (call.flags.watch || call.flags["watch-only"]) return watch(session, call, print);
    await (print ? printObjects(session, call, print) : printTables(session, call));
  },
});

async function printRaw(session: Session, target: string): Promise<void> {
  const { pathname, searchParams } = new URL(target, "http://server");
  const query = Object.fromEntries(searchParams);
  session.shell.output.write(await askText(session, { method: "GET", path: pathname, query }));
}

const wantedOf = ({ args, path, flags: given }: GetCall): Wanted => ({
  args,
  missing: nothingNamed(path),
  filename: given.filename,
  recursive: given.recursive,
  selector: given.selector,
  fieldSelector: given["field-selector"],
  allNamespaces: given["all-namespaces"],
  takesAll: true,
});

const tablesOf = (given: ValuesOf<typeof flags>): TablesOptions => ({
  isWide: given.output === "wide",
  hasHeaders: !given["no-headers"],
  allNamespaces: given["all-namespaces"],
  showsKind: given["show-kind"],
  labelColumns: given["label-columns"],
  showsLabels: given["show-labels"],
});

async function printTables(session: Session, call: GetCall): Promise<void> {
  const { flags: given } = call;
  const tables: ResourceTable[] = [];
  const queries = await queriesOf(session, wantedOf(call));
  const request = {
    chunkSize: given["chunk-size"],
    sortBy: given["sort-by"],
    subresource: given.subresource,
  };
  const failures = await forEachQuery(queries, async (query) => {
    tables.push(await fetchTable(session, query, request));
  });
  const text = formatTables(tables, tablesOf(given));
  session.shell.output.write(text);
  if (text === "" && failures.length === 0 && !given["ignore-not-found"])
    session.shell.errors.write(`${nothingFound(session, queries, call)}\n`);
  throwAll(failures, given["ignore-not-found"]);
}

/** exact: kubectl */
function nothingFound(
  session: Session,
  queries: readonly Query[],
  { flags: given }: GetCall,
): string {
  const areNamespaced = queries.every((query) => resourceOf(query).kind.scope === "Namespaced");
  return areNamespaced && !given["all-namespaces"]
    ? `No resources found in ${session.namespace} namespace.`
    : "No resources found";
}

function throwAll(failures: readonly unknown[], ignoresNotFound: boolean): void {
  const left = ignoresNotFound ? failures.filter((f) => !isReason(f, "NotFound")) : failures;
  if (left.length > 0) throw new Failures(left);
}

async function printObjects(session: Session, call: GetCall, print: Print): Promise<void> {
  const { flags: given } = call;
  const { targets, failures } = await selectObjects(session, wantedOf(call));
  const { subresource } = given;
  const objects = subresource
    ? await Promise.all(targets.map((target) => getObject(session, target, subresource)))
    : targets.map(({ object }) => object);
  const isSingle = isOneObject(call) && failures.length === 0;
  if (isSingle && objects[0]) session.shell.output.write(print(objects[0]));
  else if (objects.length > 0 || failures.length === 0)
    session.shell.output.write(print(listOf(ordered(objects, given["sort-by"]))));
  throwAll(failures, given["ignore-not-found"]);
}

/** Asked for by its name: it is not wrapped in a list. */
function isOneObject({ args, flags: given }: GetCall): boolean {
  if (given.filename.length > 0) return given.filename.length === 1;
  const [first = ""] = args;
  return first.includes("/") ? args.length === 1 : args.length === 2 && !first.includes(",");
}

const ordered = (objects: readonly Manifest[], sortBy: string | undefined): readonly Manifest[] =>
  sortBy === undefined ? objects : sortedBy(objects, sortBy, (object) => object);

async function watch(session: Session, call: GetCall, print: Print | undefined): Promise<void> {
  const { flags: given } = call;
  const [query, ...more] = await queriesOf(session, wantedOf(call));
  if (!query || more.length > 0) throw new Error("you may only specify a single resource type"); // exact: kubectl
  await watchQuery(session, query, {
    print,
    tables: tablesOf(given),
    isWatchOnly: given["watch-only"],
    showsEventTypes: given["output-watch-events"],
  });
}
