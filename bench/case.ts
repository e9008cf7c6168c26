/** What a benchmark is: a name, and rows for the one table. One file in `cases/` each. */

export type Unit = "requests/s" | "pods/s" | "MiB" | "s" | "ms" | "% of a core";

/** One line of the table. */
export interface Row {
  readonly measure: string;
  readonly value: number;
  readonly unit: Unit;
  /** The value divided by that of a raw Node HTTPS server, measured just before and after. */
  readonly ofRaw?: number;
  /** What the issue asks for: at least so much, or at most. */
  readonly goal?: { readonly least: number } | { readonly most: number };
  /** What else there is to say: latency, CPU time, counts. */
  readonly detail?: string;
}

export interface BenchOptions {
  /** How long one measurement lasts. */
  readonly seconds: number;
  /** The measure of which a CPU profile is wanted: `create`. */
  readonly profile: string | undefined;
}

export interface Bench {
  /** As in `npm run bench -- apiserver`. */
  readonly name: string;
  readonly summary: string;
  /** Starts and ends all it needs. Rows are shown as they come. */
  readonly run: (options: BenchOptions) => AsyncIterable<Row>;
}
