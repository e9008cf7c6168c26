/**
 * How a function is declared: its signature as text, what it computes, what that costs.
 *
 *     overload("startsWith", "string.(string): bool", (text: string, prefix: string) => ..., { cost })
 *
 * One upper-case letter stands for any type.
 */
import { unitCost, type CallCost } from "#cel/cost/call-cost.ts";
import {
  boolType,
  bytesType,
  doubleType,
  durationType,
  dynType,
  intType,
  listType,
  mapType,
  nullType,
  opaqueType,
  optionalType,
  stringType,
  timestampType,
  typeParam,
  typeType,
  uintType,
  type CelType,
} from "#cel/types.ts";
import type { Value } from "#cel/values.ts";

export interface Overload {
  readonly name: string;
  readonly isMember: boolean;
  /** Of a method, its target first. */
  readonly args: readonly CelType[];
  readonly result: CelType;
  /** Letters in the signature that stand for any type. */
  readonly typeParams: readonly string[];
  readonly run: (...args: readonly Value[]) => Value;
  readonly cost: CallCost;
  /** What a call of known literals must satisfy at compile time; the message when it does not. */
  readonly checkLiteral?: (text: string) => string | undefined;
}

interface Extras {
  readonly cost?: CallCost;
  readonly checkLiteral?: (text: string) => string | undefined;
}

/** Arguments were matched with the signature before `run` sees them. */
type Run = (...args: never[]) => Value;

export function overload(
  ...[name, signature, run, extras]: readonly [string, string, Run, Extras?]
): Overload {
  const dot = signature.startsWith("(") ? -1 : signature.indexOf(".(");
  const target = dot < 0 ? undefined : signature.slice(0, dot);
  const end = signature.lastIndexOf("): ");
  const args = signature.slice(signature.indexOf("(", Math.max(dot, 0)) + 1, end);
  const result = signature.slice(end + 3);
  const types = [...(target === undefined ? [] : [target]), ...split(args)].map(readType);
  return {
    name,
    isMember: target !== undefined,
    args: types,
    result: readType(result),
    typeParams: [...new Set(signature.match(/\b[A-Z]\b/g))],
    run: run as unknown as Overload["run"],
    cost: extras?.cost ?? unitCost,
    ...(extras?.checkLiteral && { checkLiteral: extras.checkLiteral }),
  };
}

const named: Readonly<Record<string, CelType>> = {
  bool: boolType,
  int: intType,
  uint: uintType,
  double: doubleType,
  string: stringType,
  bytes: bytesType,
  timestamp: timestampType,
  duration: durationType,
  null: nullType,
  dyn: dynType,
};

function readType(text: string): CelType {
  const [, name = text, params] = /^([\w.]+)\((.*)\)$/.exec(text) ?? [];
  const inner = params === undefined ? [] : split(params).map(readType);
  const [first = dynType, second = dynType] = inner;
  if (name === "list") return listType(first);
  if (name === "map") return mapType(first, second);
  if (name === "optional") return optionalType(first);
  if (name === "type") return typeType(first);
  if (/^[A-Z]$/.test(name)) return typeParam(name);
  return named[name] ?? opaqueType(name);
}

/** At the commas that are not inside parentheses. */
function split(text: string): readonly string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (c === "(") depth++;
    else if (c === ")") depth--;
    else if (c === "," && depth === 0) {
      parts.push(text.slice(start, i).trim());
      start = i + 1;
    }
  }
  const last = text.slice(start).trim();
  return last === "" ? parts : [...parts, last];
}
