/** Objects as `kubectl get` shows them: the server computes the cells. */
import { ageColumn, nameColumn } from "#api/columns.ts";
import type { ApiObject, Column } from "#api/kind.ts";
import type { ListMeta } from "#api/meta/list-meta.ts";
import { Table, type TableColumnDefinition, type TableRow } from "#api/meta/table.ts";
import type { Sealed } from "#api/request.ts";
import { badRequest } from "#api/errors.ts";
import type { JsonObject } from "#schema/struct.ts";
import type { Served } from "../kinds.ts";
import { ComputedObject } from "../sealed.ts";
import type { ViewVersion } from "./accept.ts";
import { metadataOnly } from "./partial-metadata.ts";

export type IncludeObject = "None" | "Metadata" | "Object";

export function parseIncludeObject(text: string | null): IncludeObject {
  if (text === null || text === "") return "Metadata";
  if (text === "None" || text === "Metadata" || text === "Object") return text;
  // exact: apiserver
  throw badRequest(`unrecognized includeObject value: ${JSON.stringify(text)}`);
}

export interface TableOptions {
  readonly include: IncludeObject;
  readonly version: ViewVersion;
  readonly nowMs: number;
  /** Later pieces of a stream say the columns no more. */
  readonly hasColumns: boolean;
}

/** Kinds without columns of their own. */
const defaultColumns: readonly Column<ApiObject>[] = [
  nameColumn,
  {
    name: "Created At",
    type: "date",
    doc: ageColumn.doc ?? "",
    cell: ({ metadata }) => metadata.creationTimestamp ?? null,
  },
];

type Shown = Pick<Served, "stored" | "fromStored">;

interface TableParts {
  readonly metadata: ListMeta;
  readonly options: TableOptions;
}

/** The items as they are stored; what rows include of them is in the version of the path. */
export function tableOf(
  served: Shown,
  items: readonly Sealed[],
  { metadata, options }: TableParts,
): Sealed {
  const columns: readonly Column<ApiObject>[] = served.stored.columns ?? defaultColumns;
  const table: Table = {
    kind: "Table",
    apiVersion: `meta.k8s.io/${options.version}`,
    metadata,
    columnDefinitions: options.hasColumns ? columns.map(definitionOf) : [],
    rows: items.map((sealed) => rowOf(served, columns, { sealed, options })),
  };
  return new ComputedObject(Table, table as unknown as ApiObject);
}

const definitionOf = (column: Column<ApiObject>): TableColumnDefinition => ({
  name: column.name,
  type: column.type,
  format: column.format ?? "",
  description: column.doc ?? "",
  priority: column.wide ? 1 : 0,
});

interface RowSource {
  readonly sealed: Sealed;
  readonly options: TableOptions;
}

function rowOf(
  { stored, fromStored }: Shown,
  columns: readonly Column<ApiObject>[],
  { sealed, options }: RowSource,
): TableRow {
  const { object } = sealed;
  const conditions = stored.rowConditions?.(object) ?? [];
  return {
    cells: columns.map(({ cell }) => cell(object, options.nowMs)),
    ...(conditions.length > 0 ? { conditions: conditions as TableRow["conditions"] } : {}),
    object: includedObject(options, fromStored(sealed)),
  };
}

function includedObject({ include, version }: TableOptions, sealed: Sealed): JsonObject | null {
  if (include === "None") return null;
  if (include === "Object") return sealed.object as unknown as JsonObject;
  return metadataOnly(sealed, version).object as unknown as JsonObject;
}
