/**
 * One expression, compiled; or why it cannot be.
 * upstream: staging/src/k8s.io/apiserver/pkg/admission/plugin/cel/compile.go#CompileCELExpression
 */
import { compile, type CompileOptions, type Program } from "#cel/cel.ts";
import { CelCompileError } from "#cel/issues.ts";
import { type CelType, dynType, formatType } from "#cel/types.ts";
import type { Variables } from "./types.ts";

export interface Expression {
  readonly text: string;
  readonly type: CelType;
  /** Absent: it does not compile. */
  readonly program?: Program;
  readonly problem?: string;
}

export interface Wanted {
  readonly variables: Variables;
  /** It is of one of these types; of any when there are none. */
  readonly types?: readonly CelType[];
  readonly findType?: CompileOptions["findType"];
}

/** exact: apiserver, all messages */
export function expressionOf(text: string, wanted: Wanted): Expression {
  const { types = [] } = wanted;
  const compiled = compiledOrNot(text, wanted);
  if (typeof compiled === "string")
    return { text, type: dynType, problem: `compilation failed: ${compiled}` };
  const type = compiled.resultType;
  const fits = types.length === 0 || types.some((one) => nameOf(one) === nameOf(type));
  if (fits) return { text, type, program: compiled };
  return { text, type, problem: `must evaluate to ${listed(types)} but got ${nameOf(type)}` };
}

/** The program, or what the compiler says. */
export function compiledOrNot(text: string, { variables, findType }: Wanted): Program | string {
  try {
    return compile(text, { variables, ...(findType ? { findType } : {}) });
  } catch (cause) {
    if (!(cause instanceof CelCompileError)) throw cause;
    return cause.message;
  }
}

/** As cel-go calls a type when it speaks of it. */
const nameOf = (type: CelType): string => (type.form === "null" ? "null_type" : formatType(type));

const listed = (types: readonly CelType[]): string =>
  types.length === 1 ? types.map(nameOf).join("") : `one of [${types.map(nameOf).join(" ")}]`;
