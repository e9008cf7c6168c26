/**
 * Reads files that people write by hand. A mistake is reported with its place, what was expected
 * there, and the nearest name that is valid; all mistakes at once, and nothing is done.
 */
import { didYouMean } from "#base/nearest.ts";
import { parsePlaced, type Placed, type PlacedProblem } from "#base/yaml-places.ts";

/** `scenario.yaml:3:5: …`, a line each. */
export class FileProblems extends Error {
  override readonly name = "FileProblems";

  constructor(file: string, problems: readonly PlacedProblem[]) {
    const line = ({ line: at, column, message }: PlacedProblem): string =>
      `${file}:${at}:${column}: ${message}`;
    super(problems.map(line).join("\n"));
  }
}

/** Undefined when there was a problem; it was reported then. */
export type Reader<T> = (placed: Placed, report: Report) => T | undefined;
export type Report = (problem: PlacedProblem) => void;

/** Throws `FileProblems`. */
export function readFile<T>(file: string, text: string, reader: Reader<T>): T {
  const placed = parsePlaced(text);
  if (!("is" in placed)) throw new FileProblems(file, placed);
  const problems: PlacedProblem[] = [];
  const value = reader(placed, (problem) => problems.push(problem));
  if (problems.length > 0 || value === undefined) throw new FileProblems(file, problems);
  return value;
}

/** What stands there, in few words. */
function found(placed: Placed): string {
  if (placed.is === "list") return "a list";
  if (placed.is === "map") return "a map";
  return placed.value === null ? "nothing" : JSON.stringify(placed.value);
}

export function expected(what: string, placed: Placed, report: Report): undefined {
  const { line, column } = placed;
  report({ line, column, message: `expected ${what}, found ${found(placed)}` });
}

/** A value of one sort: `accept` says what it means, or undefined when it is none. */
export const valueOf =
  <T>(what: string, accept: (value: string | number | boolean) => T | undefined): Reader<T> =>
  (placed, report) => {
    const value = placed.is === "value" && placed.value !== null ? placed.value : undefined;
    const meant = value === undefined ? undefined : accept(value);
    return meant === undefined ? expected(what, placed, report) : meant;
  };

export const text = valueOf("a text", (value) => (typeof value === "string" ? value : undefined));

export const truth = valueOf("true or false", (value) =>
  typeof value === "boolean" ? value : undefined,
);

export const integer = (least: number): Reader<number> =>
  valueOf(`an integer of at least ${least}`, (value) =>
    Number.isInteger(value) && (value as number) >= least ? (value as number) : undefined,
  );

export const oneOf =
  <const T extends string>(names: readonly T[]): Reader<T> =>
  (placed, report) => {
    const value = placed.is === "value" ? String(placed.value) : "";
    const name = names.find((known) => known === value);
    if (name !== undefined) return name;
    const hint = didYouMean(value, names);
    return expected(`one of ${names.join(", ")}`, placed, (problem) =>
      report({ ...problem, message: `${problem.message}${hint}` }),
    );
  };

export const list =
  <T>(reader: Reader<T>): Reader<readonly T[]> =>
  (placed, report) => {
    if (placed.is !== "list") return expected("a list", placed, report);
    const values = placed.items.map((item) => reader(item, report));
    return values.every((value) => value !== undefined) ? values : undefined;
  };

/** One of them or a list of them. */
export const oneOrMore =
  <T>(reader: Reader<T>): Reader<readonly T[]> =>
  (placed, report) => {
    if (placed.is === "list") return list(reader)(placed, report);
    const one = reader(placed, report);
    return one === undefined ? undefined : [one];
  };

/** Names of the writer's own choice, as labels are. */
export const record =
  <T>(reader: Reader<T>): Reader<Readonly<Record<string, T>>> =>
  (placed, report) => {
    if (placed.is !== "map") return expected("a map", placed, report);
    const values = placed.entries.map(({ name, value }) => [name, reader(value, report)] as const);
    if (values.some(([, value]) => value === undefined)) return undefined;
    return Object.fromEntries(values) as Record<string, T>;
  };

export type Fields = Readonly<Record<string, Field<unknown>>>;

export interface Field<T> {
  readonly reads: Reader<T>;
  readonly isRequired?: true;
}

export const required = <T>(reads: Reader<T>): Field<T> & { readonly isRequired: true } => ({
  reads,
  isRequired: true,
});

export const optional = <T>(reads: Reader<T>): Field<T> => ({ reads });

export type ValuesOf<F extends Fields> = {
  readonly [K in keyof F as F[K] extends { readonly isRequired: true } ? K : never]: Read<F[K]>;
} & {
  readonly [K in keyof F as F[K] extends { readonly isRequired: true } ? never : K]?: Read<F[K]>;
};

type Read<F> = F extends Field<infer T> ? T : never;

/** A map with these names and no others. `what` says what it describes: "a node". */
export const map =
  <const F extends Fields>(what: string, fields: F): Reader<ValuesOf<F>> =>
  (placed, report) => {
    if (placed.is !== "map") return expected(`${what}, a map`, placed, report);
    const values: Record<string, unknown> = {};
    let isWhole = true;
    for (const { name, at, value } of placed.entries) {
      const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
      if (!field) report({ ...at, message: unknownName(what, name, Object.keys(fields)) });
      const read = field?.reads(value, report);
      if (read === undefined) isWhole = false;
      else values[name] = read;
    }
    for (const [name, { isRequired }] of Object.entries(fields)) {
      if (!isRequired || placed.entries.some((entry) => entry.name === name)) continue;
      const { line, column } = placed;
      report({ line, column, message: `${what} needs ${JSON.stringify(name)}` });
      isWhole = false;
    }
    return isWhole ? (values as ValuesOf<F>) : undefined;
  };

export function unknownName(what: string, name: string, names: readonly string[]): string {
  const hint = didYouMean(name, names);
  return `unknown name ${JSON.stringify(name)} in ${what}: expected one of ${names.join(", ")}${hint}`;
}
