/** What `describe` prints: lines of cells, indented by level, in columns that fit what stands below. */
import { alignTabs, describeTabs } from "../print/tab-writer.ts";

type Cell = string | number | boolean;

export class Page {
  #done = "";
  #lines = "";

  /** `level` steps to the right; the last cell belongs to no column. */
  line(level: number, ...cells: readonly Cell[]): void {
    this.#lines += `${"  ".repeat(level)}${cells.map(String).map(harmless).join("\t")}\n`;
  }

  /** Nothing for what is absent or empty. */
  optional(level: number, title: string, value: Cell | null | undefined): void {
    if (value !== undefined && value !== null && value !== "") this.line(level, title, value);
  }

  /** The title before the first; `<none>` without any. */
  list(title: string, values: readonly string[]): void {
    this.line(0, `${title}:`, values[0] ?? "<none>");
    for (const value of values.slice(1)) this.line(0, "", value);
  }

  /** A table below its title; `---` under the headers. */
  table(level: number, headers: readonly string[], rows: readonly (readonly Cell[])[]): void {
    this.line(level, ...headers);
    this.line(level, ...headers.map((header) => "-".repeat(header.length)));
    for (const row of rows) this.line(level, ...row);
  }

  /** Columns begin anew. */
  flush(): void {
    this.#done += alignTabs(this.#lines, describeTabs);
    this.#lines = "";
  }

  /** With tabs between the cells. */
  tabbed(): string {
    return this.#lines;
  }

  text(): string {
    this.flush();
    return this.#done;
  }
}

/** exact: kubectl. A terminal must not obey what an object says. */
const harmless = (text: string): string =>
  // oxlint-disable-next-line no-control-regex -- telling control characters is its purpose
  text.replace(/\u001b/g, "^[").replace(/\r/g, "\\r");

export const orNone = (text: string | undefined): string => text || "<none>";
export const yesNo = (value: boolean | undefined): string => (value ? "True" : "False");
/** Go's `%v` of a list. */
export const bracketed = (values: readonly string[] = []): string => `[${values.join(" ")}]`;
