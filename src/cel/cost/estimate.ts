/**
 * What an expression costs at least and at most, from the declared sizes of what it reads.
 * upstream: cel-go/checker/cost.go
 */
import { unreachable } from "#base/assert.ts";
import type { TypeOf } from "#cel/check/checker.ts";
import type { Bind, Call, Fold, Node, Select } from "#cel/syntax/nodes.ts";
import { isOptional, paramOf, type CelType } from "#cel/types.ts";
import { sizeOf } from "#cel/values.ts";
import { listBase, mapBase, structBase, type Argument, type Estimate } from "./call-cost.ts";
import { exactly, nothing, one, plus, times, union, unknownSize, type Range } from "./range.ts";

/** Sizes of what is inside a list or a map. */
interface Entry {
  readonly key: Range;
  readonly value: Range;
}

interface Known {
  readonly cost: Range;
  readonly size: Range | undefined;
  readonly entry: Entry | undefined;
  /** The declaration it was reached through from a variable, with its bounds. */
  readonly declared: CelType | undefined;
}

interface Scope extends Omit<Known, "cost"> {
  readonly name: string;
  readonly outer: Scope | undefined;
}

export interface Bounds {
  readonly variables: Readonly<Record<string, CelType>>;
  readonly typeOf: TypeOf;
}

export const estimateCost = (root: Node, bounds: Bounds): Range => new Estimator(bounds).cost(root);

const scalars: ReadonlySet<string> = new Set([
  "bool",
  "double",
  "duration",
  "int",
  "timestamp",
  "uint",
]);

class Estimator {
  readonly #bounds: Bounds;
  #scope: Scope | undefined;

  constructor(bounds: Bounds) {
    this.#bounds = bounds;
  }

  cost(node: Node): Range {
    return this.#know(node).cost;
  }

  #know(node: Node): Known {
    const known = this.#look(node);
    if (known.size) return known;
    return { ...known, size: declaredSize(known.declared) ?? this.#typeSize(node) };
  }

  #typeSize(node: Node): Range | undefined {
    const type = this.#bounds.typeOf(node);
    const inside = isOptional(type) ? paramOf(type) : type;
    return scalars.has(inside.form) ? one : undefined;
  }

  #look(node: Node): Known {
    switch (node.op) {
      case "literal":
        return known(nothing, { size: exactly(sizeOf(node.value) ?? 1) });
      case "ident":
        return this.#ident(node.name);
      case "select":
        return this.#select(node);
      case "call":
        return this.#call(node);
      case "list": {
        const items = node.items.map((item) => this.#know(item));
        const entry = { key: one, value: unionOf(items) };
        return known(total(items, listBase), { size: exactly(items.length), entry });
      }
      case "map": {
        const keys = node.entries.map(({ key }) => this.#know(key));
        const values = node.entries.map(({ value }) => this.#know(value));
        const entry = { key: unionOf(keys), value: unionOf(values) };
        return known(total([...keys, ...values], mapBase), { size: exactly(keys.length), entry });
      }
      case "struct":
        return known(
          total(
            node.fields.map(({ value }) => this.#know(value)),
            structBase,
          ),
        );
      case "bind":
        return this.#bind(node);
      case "fold":
        return this.#fold(node);
      default:
        return unreachable(node);
    }
  }

  #ident(name: string): Known {
    for (let scope = this.#scope; scope; scope = scope.outer) {
      if (scope.name === name)
        return { cost: one, size: scope.size, entry: scope.entry, declared: scope.declared };
    }
    const { variables } = this.#bounds;
    const declared = Object.hasOwn(variables, name) ? variables[name] : undefined;
    return known(one, declared && { declared });
  }

  #select(node: Select): Known {
    if (node.variable !== undefined) return this.#ident(node.variable);
    const operand = this.#know(node.operand);
    if (node.isTest) return known(operand.cost);
    const { form } = this.#bounds.typeOf(node.operand);
    const charges = form === "map" || form === "object" || node.isOptional;
    const declared = fieldOf(operand.declared, node.field);
    return known(charges ? plus(operand.cost, one) : operand.cost, declared && { declared });
  }

  #call(node: Call): Known {
    const nodes = node.target && !node.qualified ? [node.target, ...node.args] : node.args;
    const args = nodes.map((arg) => this.#know(arg));
    const [first, second, third] = args;
    if (!first || !second) return this.#function(node, { nodes, args });
    switch (node.fn) {
      case "_&&_":
      case "_||_":
        return known({ min: first.cost.min, max: plus(first.cost, second.cost).max });
      case "_?_:_":
        return either(first, second, third ?? second);
      case "_[_]":
      case "_[?_]":
        return this.#index(first, args);
      default:
        return this.#function(node, { nodes, args });
    }
  }

  #index(container: Known, args: readonly Known[]): Known {
    const { declared, entry } = container;
    const inside =
      declared && (declared.form === "map" ? paramOf(declared, 1) : declared.params[0]);
    return known(plus(sum(args), one), { size: entry?.value, declared: inside });
  }

  #function(
    node: Call,
    { nodes, args }: { readonly nodes: readonly Node[]; readonly args: readonly Known[] },
  ): Known {
    const facts = args.map((arg, i) => this.#argument(arg, nodes[i]));
    const estimates = (node.overloads ?? []).map(({ cost }) => cost.estimate(facts));
    if (estimates.length === 0) return known(nothing);
    const { cost, size } = estimates.reduce(unionEstimate);
    const [first, second] = args;
    // It only hides the type: what is known stays known.
    if (node.fn === "dyn" && first) return { ...first, cost: plus(first.cost, one) };
    const isSum = node.fn === "_+_" && first?.entry && second?.entry;
    const entry = isSum ? unionEntry(first.entry, second.entry) : undefined;
    return known(plus(sum(args), cost), { size, entry });
  }

  #argument({ size, declared }: Known, node: Node | undefined): Argument {
    const type = node
      ? this.#bounds.typeOf(node)
      : { form: "dyn" as const, name: "dyn", params: [] };
    const items = declared?.form === "list" ? declared.params[0] : type.params[0];
    return {
      type,
      size: size ?? unknownSize,
      itemSize: declaredSize(items) ?? unknownSize,
      literal: node?.op === "literal" ? node.value : undefined,
    };
  }

  /** Upstream binds with an empty comprehension, whose list costs. */
  #bind({ name, init, body }: Bind): Known {
    const value = this.#know(init);
    const inside = this.#within([{ ...value, name }], () => this.#know(body));
    return { ...inside, cost: plus(plus(value.cost, inside.cost), exactly(listBase)) };
  }

  #within<T>(names: readonly Omit<Scope, "outer">[], read: () => T): T {
    const before = this.#scope;
    for (const name of names) this.#scope = { ...name, outer: this.#scope };
    const result = read();
    this.#scope = before;
    return result;
  }

  #fold(node: Fold): Known {
    const range = this.#know(node.range);
    const count = range.size ?? unknownSize;
    const { condition, body } = this.#within(this.#variables(node, range), () => ({
      condition: node.condition && this.#know(node.condition),
      body: this.#know(node.body),
    }));
    const { start, turn, end } = foldCosts(node, condition?.cost, body.cost);
    const cost = plus(plus(range.cost, exactly(start + end)), times(count, turn));
    if (node.form === "all" || node.form === "exists" || node.form === "existsOne")
      return known(cost, { size: one });
    const value = node.form === "filter" ? range.entry?.value : body.size;
    const entry = { key: one, value: { min: 0, max: (value ?? unknownSize).max } };
    return known(cost, { size: count, entry });
  }

  #variables(node: Fold, { entry, declared }: Known): readonly Omit<Scope, "outer">[] {
    const [first = "", second] = node.variables;
    const { form } = this.#bounds.typeOf(node.range);
    const make = (name: string, size: Range | undefined, type: CelType | undefined) => ({
      name,
      size,
      entry: undefined,
      declared: type,
    });
    const keys = form === "list" ? undefined : declared?.params[0];
    const values = declared?.params[form === "list" ? 0 : 1];
    if (second !== undefined)
      return [make(first, entry?.key, keys), make(second, entry?.value, values)];
    return form === "list" ? [make(first, entry?.value, values)] : [make(first, entry?.key, keys)];
  }
}

const known = (
  cost: Range,
  more: { readonly [K in "size" | "entry" | "declared"]?: Known[K] } = {},
): Known => ({
  cost,
  size: more.size,
  entry: more.entry,
  declared: more.declared,
});

function unionEstimate(a: Estimate, b: Estimate): Estimate {
  const size = a.size && b.size ? union(a.size, b.size) : (a.size ?? b.size);
  return { cost: union(a.cost, b.cost), ...(size && { size }) };
}

const sum = (parts: readonly Known[]): Range =>
  parts.reduce((before, { cost }) => plus(before, cost), nothing);

const total = (parts: readonly Known[], base: number): Range => plus(sum(parts), exactly(base));

const unionOf = (parts: readonly Known[]): Range =>
  parts
    .map(({ size }) => size ?? unknownSize)
    .reduce(union, parts[0]?.size ?? (parts.length > 0 ? unknownSize : nothing));

const unionEntry = (a: Entry, b: Entry): Entry => ({
  key: union(a.key, b.key),
  value: union(a.value, b.value),
});

function either(condition: Known, yes: Known, no: Known): Known {
  return known(plus(condition.cost, union(yes.cost, no.cost)), {
    size: union(yes.size ?? unknownSize, no.size ?? unknownSize),
    entry: yes.entry && no.entry ? unionEntry(yes.entry, no.entry) : undefined,
  });
}

function declaredSize(declared: CelType | undefined): Range | undefined {
  if (!declared) return undefined;
  return declared.sizeMax === undefined ? undefined : { min: 0, max: declared.sizeMax };
}

function fieldOf(container: CelType | undefined, field: string): CelType | undefined {
  if (!container) return undefined;
  if (container.form === "map") return paramOf(container, 1);
  return container.fields?.get(field)?.type;
}

interface FoldCosts {
  readonly start: number;
  readonly turn: Range;
  readonly end: number;
}

/** Of the macros' expansions, without their bodies. Must agree with `evaluate/folds.ts`. */
function foldCosts({ form }: Fold, condition: Range | undefined, body: Range): FoldCosts {
  const guarded = (turn: Range): Range => (condition ? plus(condition, union(turn, one)) : turn);
  const more = (by: number): Range => plus(body, exactly(by));
  switch (form) {
    case "all":
      return { start: 0, turn: { min: 3, max: more(3).max }, end: 1 };
    case "exists":
      return { start: 0, turn: { min: 4, max: more(4).max }, end: 1 };
    case "existsOne":
      return { start: 0, turn: plus(body, { min: 1, max: 2 }), end: 2 };
    case "filter":
      return { start: listBase, turn: plus(body, { min: 1, max: 13 }), end: 1 };
    case "map":
      return { start: listBase, turn: guarded(more(12)), end: 1 };
    case "transformMap":
      return { start: mapBase, turn: guarded(more(3)), end: 1 };
    case "transformMapEntry":
      return { start: mapBase, turn: guarded(more(2)), end: 1 };
    default:
      return unreachable(form);
  }
}
