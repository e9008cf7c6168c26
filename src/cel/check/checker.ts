/**
 * Finds the type of every part and which overloads every call may mean; says where they do not fit.
 * upstream: cel-go/checker/checker.go
 */
import { unreachable } from "#base/assert.ts";
import type { Overload } from "#cel/functions/overload.ts";
import type { Issues } from "#cel/issues.ts";
import type {
  Bind,
  Call,
  Fold,
  Ident,
  ListNode,
  MapNode,
  Node,
  Select,
  StructNode,
} from "#cel/syntax/nodes.ts";
import {
  boolType,
  dynType,
  errorType,
  formatType,
  isOptional,
  isUnknown,
  listType,
  mapType,
  optionalType,
  paramOf,
  typeParam,
  typeType,
  type CelType,
} from "#cel/types.ts";
import { foldTypes, type Application, type FoldChecker } from "./folds.ts";
import { assign, isSameType, mostGeneral, noBindings, resolve, type Bindings } from "./unify.ts";

export interface Declarations {
  readonly variables: Readonly<Record<string, CelType>>;
  readonly functions: ReadonlyMap<string, readonly Overload[]>;
  /** Types that have a name in expressions, such as `int`. */
  readonly typeNames: ReadonlyMap<string, CelType>;
  /** Types that may be constructed, as in `JSONPatch{op: "add"}`. */
  readonly findType: (name: string) => CelType | undefined;
}

/** Types of a checked tree, with nothing left open. */
export type TypeOf = (node: Node) => CelType;

export function check(root: Node, declarations: Declarations, issues: Issues): TypeOf {
  const checker = new Checker(declarations, issues);
  checker.check(root);
  return (node) => checker.finalType(node);
}

interface Scope {
  readonly name: string;
  readonly type: CelType;
  readonly outer: Scope | undefined;
}

class Checker implements FoldChecker {
  readonly #declarations: Declarations;
  readonly #issues: Issues;
  #bindings: Bindings = noBindings;
  #scope: Scope | undefined;
  #variableCount = 0;

  constructor(declarations: Declarations, issues: Issues) {
    this.#declarations = declarations;
    this.#issues = issues;
  }

  finalType(node: Node): CelType {
    return resolve(this.#bindings, node.type ?? dynType, true);
  }

  check(node: Node): CelType {
    node.type = this.#typeOf(node);
    return node.type;
  }

  #typeOf(node: Node): CelType {
    switch (node.op) {
      case "literal":
        return node.literalType;
      case "ident":
        return this.#ident(node);
      case "select":
        return this.#select(node);
      case "call":
        return this.#call(node);
      case "list":
        return this.#list(node);
      case "map":
        return this.#map(node);
      case "struct":
        return this.#struct(node);
      case "bind":
        return this.#bind(node);
      case "fold":
        return this.#fold(node);
      default:
        return unreachable(node);
    }
  }

  #ident(node: Ident): CelType {
    const variable = this.#find(node.name);
    if (variable) return variable;
    const named = this.#declarations.typeNames.get(node.name);
    if (named) {
      node.names = named;
      return typeType(named);
    }
    return this.#undeclared(node.at, node.name);
  }

  #find(name: string): CelType | undefined {
    for (let scope = this.#scope; scope; scope = scope.outer) {
      if (scope.name === name) return scope.type;
    }
    const { variables } = this.#declarations;
    return Object.hasOwn(variables, name) ? variables[name] : undefined;
  }

  #undeclared(at: number, name: string): CelType {
    this.#issues.add(at, `undeclared reference to '${name}' (in container '')`); // exact: cel-go
    return errorType;
  }

  #select(node: Select): CelType {
    const name = qualifiedName(node);
    const named = name === undefined ? undefined : this.#declarations.typeNames.get(name);
    if (named && !node.isTest) {
      node.names = named;
      return typeType(named);
    }
    const variable = name === undefined || node.isTest ? undefined : this.#find(name);
    if (name !== undefined && variable && !this.#isLocal(name)) {
      node.variable = name;
      return variable;
    }
    return this.#read(node);
  }

  /** Of a name with dots, its first part is what a local variable would hide. */
  #isLocal(name: string): boolean {
    const [root] = name.split(".");
    for (let scope = this.#scope; scope; scope = scope.outer) {
      if (scope.name === root) return true;
    }
    return false;
  }

  #read(node: Select): CelType {
    const operand = this.#resolved(this.check(node.operand));
    const isInside = isOptional(operand);
    const field = this.#fieldOf(node, isInside ? paramOf(operand) : operand);
    if (node.isTest) return boolType;
    return (node.isOptional || isInside) && !isOptional(field) ? optionalType(field) : field;
  }

  #fieldOf({ field, at }: Select, container: CelType): CelType {
    if (isUnknown(container)) return dynType;
    if (container.form === "map") return paramOf(container, 1);
    const found = container.fields?.get(field);
    if (found) return found.type;
    // exact: cel-go, both
    if (container.form === "object") this.#issues.add(at, `undefined field '${field}'`);
    else this.#issues.add(at, `type '${formatType(container)}' does not support field selection`);
    return errorType;
  }

  #call(node: Call): CelType {
    const types = node.args.map((arg) => this.check(arg));
    const { functions } = this.#declarations;
    const prefix = node.target && qualifiedName(node.target);
    const qualified = prefix === undefined ? undefined : `${prefix}.${node.fn}`;
    if (qualified !== undefined && functions.has(qualified)) {
      node.qualified = true;
      return this.#applied(node, { name: qualified, isMember: false, types });
    }
    const all = node.target ? [this.check(node.target), ...types] : types;
    const name = node.fn.replace(/^\./, "");
    if (!functions.has(name)) return this.#undeclared(node.at, node.fn);
    return this.#applied(node, { name, isMember: node.target !== undefined, types: all });
  }

  #applied(node: Call, application: Application): CelType {
    const { overloads, result } = this.#resolve(application);
    node.overloads = overloads;
    if (overloads.length > 0) this.#checkLiteral(node, overloads[0]);
    else this.noOverload(node.at, application);
    return result;
  }

  /** A pattern, duration or timestamp that is written out is checked before it is ever used. */
  #checkLiteral(node: Call, overload: Overload | undefined): void {
    const literal = node.args[0];
    if (!overload?.checkLiteral || literal?.op !== "literal") return;
    if (typeof literal.value === "string" && overload.checkLiteral(literal.value) !== undefined)
      this.#issues.add(literal.at, `invalid ${node.fn} argument`); // exact: cel-go
  }

  noOverload(at: number, { name, isMember, types }: Application): void {
    const shown = types.map((type) => formatType(resolve(this.#bindings, type, false)));
    const [target, ...args] = shown;
    const signature = isMember ? `${target}.(${args.join(", ")})` : `(${shown.join(", ")})`;
    this.#issues.add(at, `found no matching overload for '${name}' applied to '${signature}'`); // exact: cel-go
  }

  #resolve({ name, isMember, types }: Application): {
    readonly overloads: readonly Overload[];
    readonly result: CelType;
  } {
    const matching: Overload[] = [];
    let result: CelType | undefined;
    for (const overload of this.#declarations.functions.get(name) ?? []) {
      if (overload.isMember !== isMember || overload.args.length !== types.length) continue;
      const fresh = this.#freshly(overload);
      const bindings = this.#assignAll(fresh.args, types);
      if (!bindings) continue;
      this.#bindings = bindings;
      matching.push(overload);
      const type = resolve(bindings, fresh.result, false);
      result = !result || isSameType(result, type) ? type : dynType;
    }
    return { overloads: matching, result: result ?? errorType };
  }

  /** With type variables of its own. */
  #freshly(overload: Overload): Pick<Overload, "args" | "result"> {
    if (overload.typeParams.length === 0) return overload;
    const fresh = new Map(overload.typeParams.map((name) => [name, this.openType()]));
    return {
      args: overload.args.map((arg) => resolve(fresh, arg, false)),
      result: resolve(fresh, overload.result, false),
    };
  }

  #assignAll(expected: readonly CelType[], actual: readonly CelType[]): Bindings | undefined {
    let bindings: Bindings | undefined = this.#bindings;
    for (const [i, type] of expected.entries()) {
      bindings = bindings && assign(bindings, type, actual[i] ?? dynType);
    }
    return bindings;
  }

  /** A type that is not known yet. */
  openType(): CelType {
    return typeParam(`_var${this.#variableCount++}`);
  }

  fits(expected: CelType, actual: CelType): boolean {
    const bindings = assign(this.#bindings, expected, actual);
    if (bindings) this.#bindings = bindings;
    return bindings !== undefined;
  }

  #list(node: ListNode): CelType {
    let items: CelType | undefined;
    for (const [i, item] of node.items.entries()) {
      const type = this.check(item);
      items = this.#join(items, node.optionals.has(i) ? this.#inside(item, type) : type, item.at);
    }
    return listType(items ?? this.openType());
  }

  #map(node: MapNode): CelType {
    let keys: CelType | undefined;
    let values: CelType | undefined;
    for (const { key, value, isOptional: isMaybe } of node.entries) {
      keys = this.#join(keys, this.check(key), key.at);
      const type = this.check(value);
      values = this.#join(values, isMaybe ? this.#inside(value, type) : type, value.at);
    }
    return mapType(keys ?? this.openType(), values ?? this.openType());
  }

  /** Of `?x`: x must be an optional. */
  #inside(node: Node, type: CelType): CelType {
    const inner = this.openType();
    if (this.fits(optionalType(inner), type)) return resolve(this.#bindings, inner, false);
    this.#mismatch(node.at, optionalType(type), type);
    return errorType;
  }

  #join(before: CelType | undefined, next: CelType, at: number): CelType {
    if (!before) return next;
    if (this.fits(before, next)) return mostGeneral(before, next);
    this.#mismatch(at, before, next);
    return before;
  }

  #mismatch(at: number, expected: CelType, actual: CelType): void {
    const [a, b] = [expected, actual].map((type) =>
      formatType(resolve(this.#bindings, type, false)),
    );
    this.#issues.add(at, `expected type '${a}' but found '${b}'`); // exact: cel-go
  }

  #struct(node: StructNode): CelType {
    const type = this.#declarations.findType(node.name);
    for (const { at, name, value, isOptional: isMaybe } of node.fields) {
      const actual = this.check(value);
      const field = type?.fields?.get(name)?.type;
      if (!type) continue;
      if (!field) this.#issues.add(at, `undefined field '${name}'`); // exact: cel-go
      else if (!this.fits(isMaybe ? optionalType(field) : field, actual))
        this.#issues.add(
          at,
          `expected type of field '${name}' is '${formatType(field)}' but provided type is '${formatType(resolve(this.#bindings, actual, false))}'`, // exact: cel-go
        );
    }
    return type ?? this.#undeclared(node.at, node.name);
  }

  #bind(node: Bind): CelType {
    return this.inScope([[node.name, this.check(node.init)]], () => this.check(node.body));
  }

  #fold(node: Fold): CelType {
    return foldTypes(this, node, this.#resolved(this.check(node.range)));
  }

  inScope(names: readonly (readonly [string, CelType])[], read: () => CelType): CelType {
    const before = this.#scope;
    for (const [name, type] of names) this.#scope = { name, type, outer: this.#scope };
    const type = read();
    this.#scope = before;
    return type;
  }

  #resolved(type: CelType): CelType {
    return resolve(this.#bindings, type, false);
  }

  complain(at: number, message: string): void {
    this.#issues.add(at, message);
  }
}

/** `a.b.c`, when it is nothing but names. */
export function qualifiedName(node: Node): string | undefined {
  if (node.op === "ident") return node.name;
  if (node.op !== "select" || node.isTest || node.isOptional) return undefined;
  const operand = qualifiedName(node.operand);
  return operand === undefined ? undefined : `${operand}.${node.field}`;
}
