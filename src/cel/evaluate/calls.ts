/** Calls of functions and operators. With one overload there is nothing left to choose. */
import { unitCost } from "#cel/cost/call-cost.ts";
import type { Overload } from "#cel/functions/overload.ts";
import type { Call, Node } from "#cel/syntax/nodes.ts";
import type { CelType } from "#cel/types.ts";
import { fail, isMap, typeNameOf, type Value } from "#cel/values.ts";
import { adapterFor, type Adapter } from "./adapt.ts";
import type { Emitter } from "./emit.ts";
import { charge, type Code, type Frame } from "./frame.ts";

export function emitCall(emitter: Emitter, node: Call): Code {
  const nodes = node.target && !node.qualified ? [node.target, ...node.args] : node.args;
  const codes = nodes.map((arg) => emitter.emit(arg));
  const types = nodes.map((arg) => emitter.typeOf(arg));
  const overloads = node.overloads ?? [];
  const [only] = overloads;
  if (!only) return () => fail("no such overload");
  if (overloads.length > 1 || isUncertain(types, only)) return choosing(codes, overloads);
  const isUnit = only.cost === unitCost || isScalarComparison(node, types);
  const code = isUnit ? atUnitCost(codes, only) : atOwnCost(codes, only);
  return adapted(code, resultAdapter(emitter, node));
}

/** Lists from the host still hold plain numbers where doubles were declared. */
function resultAdapter(emitter: Emitter, node: Node): Adapter | undefined {
  const type = emitter.typeOf(node);
  return type.form === "double" || type.form === "uint" ? adapterFor(type) : undefined;
}

const adapted = (code: Code, adapt: Adapter | undefined): Code =>
  adapt ? (frame) => adapt(code(frame)) : code;

/** Types that were only known as dyn must be looked at when they are there. */
const isUncertain = (types: readonly CelType[], overload: Overload): boolean =>
  types.some((type, i) => {
    const expected = overload.args[i]?.form;
    return type.form === "dyn" && expected !== "dyn" && expected !== "param";
  });

const scalars: ReadonlySet<string> = new Set([
  "bool",
  "int",
  "uint",
  "double",
  "timestamp",
  "duration",
]);

/** Its sizes are known to be one. */
const isScalarComparison = (node: Call, types: readonly CelType[]): boolean =>
  (node.fn === "_==_" || node.fn === "_!=_") && types.every((type) => scalars.has(type.form));

function atUnitCost(codes: readonly Code[], { run }: Overload): Code {
  const [first, second] = codes;
  if (codes.length === 2 && first && second)
    return (frame) => {
      const a = first(frame);
      const b = second(frame);
      charge(frame, 1);
      return run(a, b);
    };
  if (codes.length === 1 && first)
    return (frame) => {
      const a = first(frame);
      charge(frame, 1);
      return run(a);
    };
  return (frame) => {
    const args = codes.map((code) => code(frame));
    charge(frame, 1);
    return run(...args);
  };
}

function atOwnCost(codes: readonly Code[], overload: Overload): Code {
  return (frame) =>
    perform(
      frame,
      codes.map((code) => code(frame)),
      overload,
    );
}

function perform(frame: Frame, args: readonly Value[], { run, cost }: Overload): Value {
  if (!cost.needsResult) {
    charge(frame, cost.actual(args, undefined));
    return run(...args);
  }
  const result = run(...args);
  charge(frame, cost.actual(args, result));
  return result;
}

function choosing(codes: readonly Code[], overloads: readonly Overload[]): Code {
  return (frame) => {
    const args = codes.map((code) => code(frame));
    const fitting = overloads.find(({ args: types }) =>
      types.every((type, i) => accepts(type, args[i])),
    );
    return fitting ? perform(frame, args, fitting) : fail("no such overload");
  };
}

function accepts({ form, name }: CelType, value: Value): boolean {
  if (form === "dyn" || form === "param") return true;
  if (form === "list") return Array.isArray(value);
  if (form === "map" || form === "object") return isMap(value);
  return typeNameOf(value) === name;
}
