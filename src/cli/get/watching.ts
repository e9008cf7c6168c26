/** `kubectl get --watch`: what is there, then every change, until Ctrl-C. */
import { isReason } from "#api/errors.ts";
import type { Print } from "../print/printer.ts";
import { isTable, type Table, TablePrinter } from "../print/table.ts";
import type { Manifest, ManifestList } from "../resources/manifest.ts";
import { ask } from "../resources/rest.ts";
import type { Query } from "../resources/select.ts";
import { type Change, watchChanges } from "../resources/watch.ts";
import type { Session } from "../session.ts";
import {
  acceptTable,
  optionsFor,
  plainTable,
  resourceOf,
  tablePath,
  type TablesOptions,
} from "./tables.ts";

export interface WatchChoice {
  readonly tables: TablesOptions;
  /** For `-o json` and its like; tables without. */
  readonly print: Print | undefined;
  readonly isWatchOnly: boolean;
  readonly showsEventTypes: boolean;
}

export async function watchQuery(
  session: Session,
  query: Query,
  choice: WatchChoice,
): Promise<void> {
  const show = showing(session, query, choice);
  const selection = await selectionOf(query);
  const accept = choice.print ? "application/json" : acceptTable;
  const state = await ask<Manifest | ManifestList | Table>(session, {
    method: "GET",
    ...tablePath(query),
    accept,
  });
  if (!choice.isWatchOnly)
    for (const object of statesIn(state)) show({ type: "ADDED", object: object as Manifest });
  const from = state.metadata?.resourceVersion ?? "";
  await follow(session, { ...selection, accept }, { from, show });
}

interface Following {
  /** The version after which changes are news. */
  readonly from: string;
  readonly show: (change: Change) => void;
}

/** Until the user wants no more. */
async function follow(
  session: Session,
  request: Parameters<typeof watchChanges>[1],
  { from, show }: Following,
): Promise<void> {
  let resourceVersion = from;
  while (!session.shell.signal.aborted) {
    const query = { ...request.query, resourceVersion };
    try {
      for await (const change of watchChanges(session, { ...request, query })) {
        resourceVersion = change.object.metadata?.resourceVersion ?? resourceVersion;
        show(change);
      }
    } catch (cause) {
      // History is gone: the newest state is where it goes on.
      if (!isReason(cause, "Expired")) throw cause;
      resourceVersion = "";
    }
  }
}

/** Objects are watched through their list. */
async function selectionOf(query: Query): Promise<ReturnType<typeof tablePath>> {
  if (query.is === "list") return tablePath(query);
  const { resource, namespace, name } = query.target;
  return tablePath({
    is: "list",
    resource,
    namespace,
    labelSelector: undefined,
    fieldSelector: `metadata.name=${name}`,
  });
}

/** A table counts as one. */
const statesIn = (state: Manifest | ManifestList | Table): readonly object[] =>
  !isTable(state) && "items" in state && Array.isArray(state.items)
    ? (state as ManifestList).items
    : [state];

function showing(session: Session, query: Query, choice: WatchChoice): (change: Change) => void {
  const { shell } = session;
  const { print, tables, showsEventTypes } = choice;
  if (print) {
    return ({ type, object }) => {
      if (type === "BOOKMARK") return;
      const shown = showsEventTypes ? ({ type, object } as unknown as Manifest) : object;
      shell.output.write(print(shown));
    };
  }
  const printer = new TablePrinter(optionsFor(resourceOf(query), tables));
  return ({ type, object }) => {
    if (type === "BOOKMARK") return;
    const table = isTable(object) ? object : plainTable(object, shell.clock.now());
    if ((table.rows ?? []).length === 0) return;
    const extra = showsEventTypes ? { header: "EVENT", cell: type } : undefined;
    shell.output.write(printer.print(table, extra));
  };
}
