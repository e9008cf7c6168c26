/**
 * From a checked tree to closures: what can be decided once (which overload, which field, what it costs) is decided
 * here, and running is only calls. Costs are charged as upstream's tracker does, quirks included.
 */
import { unreachable } from "#base/assert.ts";
import type { TypeOf } from "#cel/check/checker.ts";
import { listBase, mapBase, structBase } from "#cel/cost/call-cost.ts";
import type {
  Bind,
  Call,
  Ident,
  ListNode,
  MapNode,
  Node,
  Select,
  StructNode,
} from "#cel/syntax/nodes.ts";
import { isOptional, objectType, paramOf, type CelType } from "#cel/types.ts";
import { construct, fail, mapKey, Optional, TypeValue, type Value } from "#cel/values.ts";
import { fieldReader, missing, readIndex, readOptionally, type Reader } from "./access.ts";
import { adapterFor } from "./adapt.ts";
import { emitCall } from "./calls.ts";
import { emitFold } from "./folds.ts";
import { charge, type Code } from "./frame.ts";
import { conditional, conjunction, disjunction } from "./logic.ts";

/** Where local variables stand while their scope is open. */
export interface Scope {
  readonly name: string;
  readonly slot: number;
  /** Of a binding: makes the value when it is first asked for. */
  readonly init: Code | undefined;
  readonly outer: Scope | undefined;
}

export class Emitter {
  readonly typeOf: TypeOf;
  scope: Scope | undefined;
  #slots = 0;
  readonly #findType: (name: string) => CelType | undefined;

  constructor(typeOf: TypeOf, findType: (name: string) => CelType | undefined) {
    this.typeOf = typeOf;
    this.#findType = findType;
  }

  /** `base` is what the root of a chain like `a.b.c` costs: nothing where upstream does not count it. */
  emit(node: Node, base = 1): Code {
    switch (node.op) {
      case "literal": {
        const { value } = node;
        return () => value;
      }
      case "ident":
        return this.#ident(node, base);
      case "select":
        return this.#select(node, base);
      case "call":
        return this.#call(node, base);
      case "list":
        return this.#list(node);
      case "map":
        return this.#map(node);
      case "struct":
        return this.#struct(node);
      case "bind":
        return this.#bind(node);
      case "fold":
        return emitFold(this, node);
      default:
        return unreachable(node);
    }
  }

  /** Gives a local variable a place for as long as `read` runs. */
  withLocal<T>(
    { name, init }: { readonly name: string; readonly init?: Code },
    read: (slot: number) => T,
  ): T {
    const { scope } = this;
    const slot = this.#slots++;
    this.scope = { name, slot, init, outer: scope };
    const result = read(slot);
    this.scope = scope;
    return result;
  }

  #ident(node: Ident, base: number): Code {
    const { name, names } = node;
    if (names) return typeName(names, base);
    for (let { scope } = this; scope; scope = scope.outer) {
      if (scope.name === name) return local(scope, base);
    }
    return variable(name, this.typeOf(node), base);
  }

  #select(node: Select, base: number): Code {
    if (node.names) return typeName(node.names, base);
    if (node.variable !== undefined) return variable(node.variable, this.typeOf(node), base);
    const { field } = node;
    const container = this.typeOf(node.operand);
    const inside = isOptional(container) ? paramOf(container) : container;
    const read = readerOf(inside, field);
    if (node.isTest) return testing(this.emit(node.operand), read);
    const { operand, cost } = this.#chain(node.operand, base);
    if (node.isOptional || isOptional(container)) return optionally(operand, read, cost);
    return (frame) => {
      const from = operand(frame);
      charge(frame, cost);
      const value = from instanceof Optional ? readOptionally(from, read) : read(from);
      return value === undefined ? fail(`no such key: ${field}`) : value;
    };
  }

  /** What is read from, and what reading costs: more when it is not itself read from somewhere. */
  #chain(node: Node, base: number): { readonly operand: Code; readonly cost: number } {
    if (isAttribute(node)) return { operand: this.emit(node, base), cost: 1 };
    const isConditional = node.op === "call" && node.fn === "_?_:_";
    return { operand: this.emit(node), cost: isConditional ? 1 : 1 + base };
  }

  #call(node: Call, base: number): Code {
    const { fn, args } = node;
    const [first, second, third] = args;
    if (!first || !second) return emitCall(this, node);
    switch (fn) {
      case "_&&_":
        return conjunction(this.emit(first), this.emit(second));
      case "_||_":
        return disjunction(this.emit(first), this.emit(second));
      case "_?_:_":
        return third
          ? conditional(this.emit(first), this.emit(second, 0), this.emit(third, 0))
          : emitCall(this, node);
      case "_[_]":
        return this.#index(first, second, base);
      case "_[?_]": {
        const key = this.emit(second, isAttribute(second) ? 0 : 1);
        const { operand, cost } = this.#chain(first, base);
        const adapt = adapterFor(paramOf(this.typeOf(node)));
        return (frame) => {
          const from = operand(frame);
          const at = key(frame);
          charge(frame, cost);
          return readOptionally(from, (container) => {
            const value = readIndex(container, at);
            return adapt && value !== undefined ? adapt(value) : value;
          });
        };
      }
      default:
        return emitCall(this, node);
    }
  }

  #index(container: Node, index: Node, base: number): Code {
    const { operand, cost } = this.#chain(container, base);
    const key = this.emit(index, isAttribute(index) ? 0 : 1);
    const type = this.typeOf(container);
    const inside = isOptional(type) ? paramOf(type) : type;
    const adapt = adapterFor(paramOf(inside, inside.form === "map" ? 1 : 0));
    return (frame) => {
      const from = operand(frame);
      const at = key(frame);
      charge(frame, cost);
      if (from instanceof Optional) return readOptionally(from, (of) => readIndex(of, at));
      const value = readIndex(from, at);
      if (value === undefined) return missing(from, at);
      return adapt ? adapt(value) : value;
    };
  }

  #list({ items, optionals }: ListNode): Code {
    const codes = items.map((item) => this.emit(item));
    if (optionals.size === 0)
      return (frame) => {
        const list = codes.map((code) => code(frame));
        charge(frame, listBase);
        return list;
      };
    return (frame) => {
      const list: Value[] = [];
      for (const [i, code] of codes.entries()) {
        const value = code(frame);
        if (!optionals.has(i)) list.push(value);
        else if (value instanceof Optional && value.hasValue) list.push(value.value);
      }
      charge(frame, listBase);
      return list;
    };
  }

  #map({ entries }: MapNode): Code {
    const codes = entries.map(({ key, value, isOptional: isMaybe }) => ({
      key: this.emit(key),
      value: this.emit(value),
      isMaybe,
    }));
    return (frame) => {
      const map = new Map<Value, Value>();
      for (const { key, value, isMaybe } of codes) {
        const at = mapKey(key(frame)) ?? fail("unsupported key type");
        const found = value(frame);
        if (map.has(at)) fail(`Failed with repeated key`);
        if (!isMaybe) map.set(at, found);
        else if (found instanceof Optional && found.hasValue) map.set(at, found.value);
      }
      charge(frame, mapBase);
      return map;
    };
  }

  #struct({ name, fields }: StructNode): Code {
    const type = this.#findType(name) ?? objectType(name, new Map());
    const codes = fields.map(({ name: field, value, isOptional: isMaybe }) => ({
      property: type.fields?.get(field)?.property ?? field,
      value: this.emit(value),
      isMaybe,
    }));
    return (frame) => {
      const object: Record<string, Value> = {};
      for (const { property, value, isMaybe } of codes) {
        const found = value(frame);
        const present = !isMaybe || (found instanceof Optional && found.hasValue);
        const inside = isMaybe && found instanceof Optional ? found.value : found;
        if (present)
          Object.defineProperty(object, property, {
            value: inside,
            enumerable: true,
            configurable: true,
            writable: true,
          });
      }
      charge(frame, structBase);
      return construct(name, object);
    };
  }

  /** Upstream binds with an empty comprehension, whose list costs; the value is made when first used. */
  #bind({ name, init, body }: Bind): Code {
    const value = this.emit(init);
    return this.withLocal({ name, init: value }, (slot) => {
      const code = this.emit(body);
      return (frame) => {
        charge(frame, listBase);
        frame.locals[slot] = undefined;
        return code(frame);
      };
    });
  }
}

function variable(name: string, type: CelType, base: number): Code {
  const adapt = adapterFor(type);
  return (frame) => {
    charge(frame, base);
    const value = frame.activation[name];
    if (value === undefined) return fail(`no such attribute(s): ${name}`);
    return adapt ? adapt(value) : value;
  };
}

function local({ slot, init }: Scope, base: number): Code {
  if (!init)
    return (frame) => {
      charge(frame, base);
      return frame.locals[slot];
    };
  return (frame) => {
    charge(frame, base);
    return (frame.locals[slot] ??= init(frame));
  };
}

/** Things that are read from a variable or another value, step by step. */
const isAttribute = (node: Node): boolean =>
  node.op === "ident" ||
  (node.op === "select" && !node.isTest) ||
  (node.op === "call" && (node.fn === "_[_]" || node.fn === "_[?_]"));

function typeName(type: CelType, base: number): Code {
  const value = new TypeValue(type.name);
  return (frame) => {
    charge(frame, base);
    return value;
  };
}

function readerOf(container: CelType, field: string): Reader {
  const declared = container.fields?.get(field);
  const type = declared?.type ?? (container.form === "map" ? paramOf(container, 1) : undefined);
  const adapt = adapterFor(type ?? { form: "dyn", name: "dyn", params: [] });
  return fieldReader(
    declared?.property ?? field,
    adapt && ((v) => (v === undefined ? v : adapt(v))),
  );
}

const testing =
  (operand: Code, read: Reader): Code =>
  (frame) => {
    const from = operand(frame);
    if (!(from instanceof Optional)) return read(from) !== undefined;
    return from.hasValue && read(from.value) !== undefined;
  };

const optionally =
  (operand: Code, read: Reader, cost: number): Code =>
  (frame) => {
    const from = operand(frame);
    charge(frame, cost);
    return readOptionally(from, read);
  };
