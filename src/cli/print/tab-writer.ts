/**
 * Text whose cells end with tabs, put into columns as Go's text/tabwriter does: a column is a run of
 * lines that all have a cell there, so one odd line does not widen the rest of the page.
 * upstream: Go, text/tabwriter
 */

export interface TabOptions {
  readonly widthMin: number;
  readonly padding: number;
  /** Widths that are kept from one piece of output to the next; grown in place. */
  readonly remembered?: number[];
}

interface Line {
  readonly cells: readonly string[];
}

/** `kubectl get`. */
export const tableTabs: TabOptions = { widthMin: 6, padding: 3 };
/** `kubectl describe`. */
export const describeTabs: TabOptions = { widthMin: 0, padding: 2 };

/** The last cell of a line belongs to no column. */
export function alignTabs(text: string, options: TabOptions): string {
  const lines = text.split("\n").map((line): Line => ({ cells: line.split("\t") }));
  const out: string[] = [];
  writeBlock(lines, { options, widths: [], out });
  return out.join("\n");
}

interface Block {
  readonly options: TabOptions;
  /** Of the columns to the left. */
  readonly widths: readonly number[];
  readonly out: string[];
}

function writeBlock(lines: readonly Line[], block: Block): void {
  const column = block.widths.length;
  let done = 0;
  for (let at = 0; at < lines.length; at++) {
    if (!hasCell(lines[at], column)) continue;
    for (const line of lines.slice(done, at)) block.out.push(joined(line, block.widths));
    let end = at;
    while (hasCell(lines[end], column)) end++;
    const rows = lines.slice(at, end);
    const width = widthOf(rows, column, block.options);
    writeBlock(rows, { ...block, widths: [...block.widths, width] });
    done = end;
    at = end;
  }
  for (const line of lines.slice(done)) block.out.push(joined(line, block.widths));
}

const hasCell = (line: Line | undefined, column: number): boolean =>
  line !== undefined && column < line.cells.length - 1;

function widthOf(
  rows: readonly Line[],
  column: number,
  { widthMin, padding, remembered }: TabOptions,
): number {
  const widths = rows.map(({ cells }) => textWidth(cells[column] ?? "") + padding);
  const width = Math.max(widthMin, remembered?.[column] ?? 0, ...widths);
  if (remembered) remembered[column] = width;
  return width;
}

const joined = ({ cells }: Line, widths: readonly number[]): string =>
  cells.map((cell, at) => padded(cell, widths[at])).join("");

const padded = (cell: string, width: number | undefined): string =>
  width === undefined ? cell : cell + " ".repeat(Math.max(width - textWidth(cell), 0));

/** In characters; what they are wide on a screen is nobody's business, as with kubectl. */
const textWidth = (text: string): number => {
  let count = 0;
  for (const _ of text) count++;
  return count;
};
