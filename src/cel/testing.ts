/** Short ways to compile and run, for tests. */
import { compile, type Outcome, type Program } from "./cel.ts";
import { CelCompileError } from "./issues.ts";
import { dynType, type CelType } from "./types.ts";
import type { Value } from "./values.ts";

type Variables = Readonly<Record<string, Value>>;

export interface Run {
  readonly values?: Variables;
  /** Everything is dyn when left out. */
  readonly types?: Readonly<Record<string, CelType>>;
}

export function programOf(text: string, { values = {}, types }: Run = {}): Program {
  const variables = types ?? Object.fromEntries(Object.keys(values).map((name) => [name, dynType]));
  return compile(text, { variables });
}

export const outcomeOf = (text: string, run: Run = {}): Outcome =>
  programOf(text, run).evaluate(run.values ?? {});

/** The value, or what went wrong as "error: ...". */
export function resultOf(text: string, run: Run = {}): Value {
  const { value, error } = outcomeOf(text, run);
  return error ? `error: ${error.message}` : value;
}

/** What the compiler says; undefined when it is content. */
export function complaintOf(text: string, run: Run = {}): string | undefined {
  try {
    programOf(text, run);
    return undefined;
  } catch (error) {
    if (!(error instanceof CelCompileError)) throw error;
    return error.message;
  }
}
