/**
 * `kubectl get` for people: the server's tables, one after the other.
 * upstream: staging/src/k8s.io/kubectl/pkg/cmd/get/get.go#Run
 */
import { formatAge } from "#api/columns.ts";
import type { Resource } from "#client/discovery.ts";
import { pathOf } from "#client/paths.ts";
import { isTable, type Table, type TableOptions, TablePrinter } from "../print/table.ts";
import { isList, type Manifest, typeName } from "../resources/manifest.ts";
import { objectPath } from "../resources/objects.ts";
import { ask } from "../resources/rest.ts";
import type { Query } from "../resources/select.ts";
import type { Session } from "../session.ts";
import { sortedBy } from "./sorting.ts";

export const acceptTable =
  "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json";

export interface ResourceTable {
  readonly resource: Resource;
  readonly table: Table;
}

export interface TableRequest {
  readonly chunkSize: number;
  /** The path that rows are sorted by. */
  readonly sortBy?: string | undefined;
  readonly subresource?: string | undefined;
}

export const resourceOf = (query: Query): Resource =>
  query.is === "list" ? query.resource : query.target.resource;

export async function fetchTable(
  session: Session,
  query: Query,
  request: TableRequest,
): Promise<ResourceTable> {
  const resource = resourceOf(query);
  const table = await pages(session, query, request);
  const { sortBy } = request;
  if (sortBy === undefined) return { resource, table };
  const rows = sortedBy(table.rows ?? [], sortBy, ({ object }) => object);
  return { resource, table: { ...table, rows } };
}

async function pages(session: Session, query: Query, request: TableRequest): Promise<Table> {
  const first = await page(session, query, request);
  const rows = [...(first.rows ?? [])];
  let token = first.metadata?.continue;
  while (token) {
    const next = await page(session, query, { ...request, token });
    rows.push(...(next.rows ?? []));
    token = next.metadata?.continue;
  }
  return { ...first, rows };
}

async function page(
  session: Session,
  query: Query,
  request: TableRequest & { readonly token?: string },
): Promise<Table> {
  const includeObject = request.sortBy === undefined ? undefined : "Object";
  const answer = await ask(session, {
    method: "GET",
    accept: acceptTable,
    ...tablePath(query, request.subresource),
    query: {
      ...tablePath(query).query,
      includeObject,
      ...(query.is === "list" ? { limit: request.chunkSize || undefined } : {}),
      continue: request.token,
    },
  });
  return isTable(answer) ? answer : plainTable(answer as Manifest, session.shell.clock.now());
}

export function tablePath(
  query: Query,
  subresource?: string,
): { readonly path: string; readonly query: Readonly<Record<string, string | undefined>> } {
  if (query.is !== "list") return { path: objectPath(query.target, subresource), query: {} };
  const { resource, namespace, labelSelector, fieldSelector } = query;
  return { path: pathOf(resource.kind, { namespace }), query: { labelSelector, fieldSelector } };
}

/** For servers that know no tables. */
export function plainTable(answer: Manifest, nowMs: number): Table {
  const objects = isList(answer) ? answer.items : [answer];
  return {
    kind: "Table",
    metadata: answer.metadata,
    columnDefinitions: [{ name: "Name", format: "name" }, { name: "Age" }],
    rows: objects.map((object) => {
      const { name = "", creationTimestamp } = object.metadata;
      return { cells: [name, formatAge(creationTimestamp as string | undefined, nowMs)], object };
    }),
  };
}

export interface TablesOptions extends TableOptions {
  readonly allNamespaces: boolean;
  /** Names say their type, as they do anyway when there are several. */
  readonly showsKind: boolean;
}

/** A block per type, separated by blank lines; nothing for those without objects. */
export function formatTables(tables: readonly ResourceTable[], options: TablesOptions): string {
  const hasKinds = options.showsKind || new Set(tables.map(({ resource }) => resource)).size > 1;
  let text = "";
  let last: Resource | undefined;
  let printer = new TablePrinter();
  for (const { resource, table } of tables) {
    if ((table.rows ?? []).length === 0) continue;
    if (resource !== last) {
      if (text !== "" && options.hasHeaders !== false) text += "\n";
      printer = new TablePrinter(optionsFor(resource, { ...options, showsKind: hasKinds }));
      last = resource;
    }
    text += printer.print(table);
  }
  return text;
}

export function optionsFor({ kind }: Resource, options: TablesOptions): TableOptions {
  return {
    ...options,
    showsNamespace: options.allNamespaces && kind.scope === "Namespaced",
    ...(options.showsKind ? { namePrefix: `${typeName(kind)}/` } : {}),
  };
}
