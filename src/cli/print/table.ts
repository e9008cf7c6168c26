/**
 * The server's tables as text, as `kubectl get` prints them.
 * upstream: staging/src/k8s.io/cli-runtime/pkg/printers/tableprinter.go
 */
import { labelsText } from "#api/columns.ts";
import { alignTabs, tableTabs, type TabOptions } from "./tab-writer.ts";

export interface TableColumn {
  readonly name: string;
  readonly format?: string;
  /** 0 is always shown, the rest only when wide. */
  readonly priority?: number;
}

export interface TableRow {
  readonly cells: readonly unknown[];
  readonly object?: RowObject | null;
}

/** Metadata at least; the whole object when that was asked for. */
export interface RowObject {
  readonly metadata?: RowMetadata;
  readonly [field: string]: unknown;
}

interface RowMetadata {
  readonly name?: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly resourceVersion?: string;
  readonly [field: string]: unknown;
}

export interface Table {
  readonly kind: "Table";
  readonly columnDefinitions?: readonly TableColumn[] | null;
  readonly rows?: readonly TableRow[] | null;
  readonly metadata?: {
    readonly continue?: string;
    readonly remainingItemCount?: number;
    readonly resourceVersion?: string;
  };
}

export interface TableOptions {
  readonly isWide?: boolean;
  readonly hasHeaders?: boolean;
  readonly showsNamespace?: boolean;
  /** Goes before each name: `pod/`. */
  readonly namePrefix?: string;
  /** Labels that get a column of their own. */
  readonly labelColumns?: readonly string[];
  readonly showsLabels?: boolean;
}

export const isTable = (value: unknown): value is Table =>
  (value as { kind?: unknown } | null)?.kind === tableKind;

const tableKind = "Table";

/** A column as it is printed: a header, and the text of a row's cell. */
interface ShownColumn {
  readonly header: string;
  readonly cell: (row: TableRow, shown: Shown) => unknown;
}

interface Shown {
  readonly prefix: string;
}

/** Prints tables that follow each other: headers once, columns as wide as they ever were. */
export class TablePrinter {
  readonly #options: TableOptions;
  readonly #tabs: TabOptions = { ...tableTabs, remembered: [] };
  #columns: readonly ShownColumn[] = [];
  #headers = "";

  constructor(options: TableOptions = {}) {
    this.#options = options;
  }

  /** `extra` stands before all other columns (the type of a watch event). */
  print(table: Table, extra?: { readonly header: string; readonly cell: string }): string {
    const definitions = table.columnDefinitions ?? [];
    // Later pieces of a watch come without columns.
    if (definitions.length > 0) this.#columns = shownColumns(definitions, this.#options);
    const columns = extra
      ? [{ header: extra.header, cell: () => extra.cell }, ...this.#columns]
      : this.#columns;
    const shown = { prefix: this.#options.namePrefix ?? "" };
    const rows = (table.rows ?? []).map((row) =>
      columns.map(({ cell }) => cellText(cell(row, shown))).join("\t"),
    );
    const lines = [...this.#newHeaders(columns), ...rows];
    return alignTabs(lines.map((line) => `${line}\n`).join(""), this.#tabs);
  }

  #newHeaders(columns: readonly ShownColumn[]): readonly string[] {
    const headers = columns.map(({ header }) => header).join("\t");
    if (this.#options.hasHeaders === false || headers === this.#headers) return [];
    this.#headers = headers;
    return [headers];
  }
}

export const formatTable = (table: Table, options: TableOptions = {}): string =>
  new TablePrinter(options).print(table);

function shownColumns(
  definitions: readonly TableColumn[],
  options: TableOptions,
): readonly ShownColumn[] {
  const own = definitions.flatMap(({ name, format, priority = 0 }, at): ShownColumn[] => {
    if (priority !== 0 && !options.isWide) return [];
    const cell: ShownColumn["cell"] =
      format === "name"
        ? ({ cells }, { prefix }) => `${prefix}${String(cells[at] ?? "")}`
        : ({ cells }) => cells[at];
    return [{ header: name.toUpperCase(), cell }];
  });
  return [...(options.showsNamespace ? [namespaceColumn] : []), ...own, ...labelColumns(options)];
}

const namespaceColumn: ShownColumn = {
  header: "NAMESPACE",
  cell: ({ object }) => object?.metadata?.namespace ?? "",
};

function labelColumns({ labelColumns: names = [], showsLabels }: TableOptions): ShownColumn[] {
  const columns = names.map((name): ShownColumn => ({
    header: (name.split("/").at(-1) ?? "").toUpperCase(),
    cell: ({ object }) => object?.metadata?.labels?.[name] ?? "",
  }));
  if (showsLabels)
    columns.push({
      header: "LABELS",
      cell: ({ object }) => labelsText(object?.metadata?.labels),
    });
  return columns;
}

/** One line, and nothing that could make a terminal do anything. */
function cellText(value: unknown): string {
  if (value === null || value === undefined) return "";
  const text = String(value);
  const end = text.search(/[\f\n\r]/);
  return printable(end < 0 ? text : `${text.slice(0, end)}...`);
}

/** Escape sequences and other control characters become visible text. */
export const printable = (text: string): string =>
  // oxlint-disable-next-line no-control-regex -- telling control characters is its purpose
  text.replace(/\u001b/g, "^[").replace(/[\t\u0000-\u0008\u000b\u000e-\u001f]/g, " ");
