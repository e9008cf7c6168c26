/**
 * The Common Expression Language, with everything that Kubernetes 1.36 adds to it. An expression is compiled once,
 * against declared variables, into closures; what it costs is estimated before and counted while it runs.
 */
import { check } from "./check/checker.ts";
import { assign, noBindings } from "./check/unify.ts";
import { estimateCost } from "./cost/estimate.ts";
import type { Range } from "./cost/range.ts";
import { toHost } from "./evaluate/adapt.ts";
import { Emitter } from "./evaluate/emit.ts";
import { CostExceeded, type Code, type Frame } from "./evaluate/frame.ts";
import { kubernetesFunctions, typeNames } from "./functions/environment.ts";
import { CelCompileError, Issues } from "./issues.ts";
import { parse } from "./syntax/parser.ts";
import { formatType, type CelType } from "./types.ts";
import { CelEvaluationError, type Value } from "./values.ts";

/** Most that one evaluation may cost. exact: Kubernetes */
export const costPerCallMax = 1_000_000;

export interface CompileOptions {
  /** What the expression may read, by name. */
  readonly variables: Readonly<Record<string, CelType>>;
  /** One of these it must be. Anything when left out. */
  readonly resultType?: CelType | readonly CelType[];
  /** Types that may be constructed by name, as in `JSONPatch{op: "add"}`. */
  readonly findType?: (name: string) => CelType | undefined;
}

export type Outcome =
  | { readonly value: Value; readonly error?: undefined; readonly cost: number }
  | { readonly value?: undefined; readonly error: CelFailure; readonly cost: number };

export interface CelFailure {
  readonly reason: "evaluation" | "cost";
  readonly message: string;
}

export interface Program {
  readonly resultType: CelType;
  /** From declared sizes; what is unbounded counts as the greatest number there is. */
  readonly estimatedCost: Range;
  /** Never throws for what the expression does. Properties of `activation` may be getters. */
  readonly evaluate: (
    activation: Readonly<Record<string, Value>>,
    limits?: { readonly costLimit?: number },
  ) => Outcome;
}

/** Throws `CelCompileError`, and nothing else. */
export function compile(text: string, options: CompileOptions): Program {
  const { variables, findType = () => undefined } = options;
  const issues = new Issues(text);
  const root = parse(text, issues);
  issues.throwIfAny();
  if (!root) throw new CelCompileError([], "expression cannot be read");
  const typeOf = check(
    root,
    { variables, functions: kubernetesFunctions, typeNames, findType },
    issues,
  );
  issues.throwIfAny();
  const resultType = typeOf(root);
  expectResult(resultType, options.resultType);
  const code = new Emitter(typeOf, findType).emit(root);
  return {
    resultType,
    get estimatedCost() {
      return estimateCost(root, { variables, typeOf });
    },
    evaluate: (activation, limits) =>
      evaluate(code, activation, limits?.costLimit ?? costPerCallMax),
  };
}

function expectResult(actual: CelType, expected: CompileOptions["resultType"]): void {
  if (!expected) return;
  const types = "form" in expected ? [expected] : expected;
  if (types.some((type) => assign(noBindings, type, actual))) return;
  const message = `must evaluate to ${types.map(formatType).join(" or ")}`; // exact: Kubernetes
  throw new CelCompileError([{ line: 1, column: 1, message }], message);
}

function evaluate(code: Code, activation: Frame["activation"], limit: number): Outcome {
  const frame: Frame = { activation, locals: [], cost: 0, limit };
  try {
    return { value: toHost(code(frame)), cost: frame.cost };
  } catch (error) {
    if (error instanceof CostExceeded)
      return { error: { reason: "cost", message: error.message }, cost: frame.cost };
    const message = messageOf(error);
    if (message === undefined) throw error;
    return { error: { reason: "evaluation", message }, cost: frame.cost };
  }
}

/** An old object may not be what today's schema declares: then a function meets a value it is not made for. */
function messageOf(error: unknown): string | undefined {
  if (error instanceof CelEvaluationError) return error.message;
  // BigInt has three ways to say that something is no whole number.
  const isMismatch =
    error instanceof TypeError || error instanceof SyntaxError || error instanceof RangeError;
  return isMismatch ? "no such overload" : undefined;
}
