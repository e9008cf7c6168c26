/** Objects drawn from published schemas, and changes to them: few names and few values, so that writers meet. */
import { below, chance, pick, type Random } from "../../src/base/random.ts";
import type { OpenApiSchema } from "../../src/schema/openapi.ts";
import type { Definitions } from "./definitions.ts";

type Items = readonly [unknown, ...unknown[]];

const levelsMax = 8;
const texts: Items = ["a", "b", "c", ""];
const keyTexts: Items = ["a", "b", "c"];
const numbers: Items = [0, 1, 2, 80];
const names = ["a", "b", "c", "d.e/f"] as const;

/** By the end of the name of the definition. */
const special: Readonly<Record<string, Items>> = {
  Quantity: ["1", "1000m", "2Gi", "2048Mi", 1],
  IntOrString: [1, "a", "25%"],
  Time: ["2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", null],
  MicroTime: ["2026-01-01T00:00:00.000000Z", "2026-01-02T00:00:00.000000Z"],
  Duration: ["1s", "60s", "1m0s"],
  RawExtension: [{ kind: "A", a: 1 }, { kind: "A", b: { c: 1 } }, { a: 2 }],
  JSON: [1, "a", { a: 1 }, { a: { b: [1] } }, [1, 2]],
  FieldsV1: [{}],
};

/** Of its metadata, what a user writes. */
const metadata: ReadonlySet<string> = new Set([
  "labels",
  "annotations",
  "finalizers",
  "ownerReferences",
]);

export class Draw {
  readonly #random: Random;
  readonly #definitions: Definitions;

  constructor(random: Random, definitions: Definitions) {
    this.#random = random;
    this.#definitions = definitions;
  }

  value(schema: OpenApiSchema, level = 0): unknown {
    const { $ref } = schema;
    if (typeof $ref === "string") return this.#referred($ref, level);
    const { properties, additionalProperties, type, items } = schema;
    if (properties) return this.#object(properties as Definitions, level);
    if (type === "array") return this.#list(schema, items as OpenApiSchema, level);
    if (type === "object" && additionalProperties) {
      return this.#map(additionalProperties as OpenApiSchema, level);
    }
    return this.#scalar(schema);
  }

  /** The same, with things left out, added, changed, and put elsewhere. */
  changed(schema: OpenApiSchema, value: unknown, level = 0): unknown {
    const known = this.#resolved(schema);
    if (level > 1 && chance(this.#random, 0.02)) return this.#odd(value);
    if (Array.isArray(value)) return this.#changedList(known, value, level);
    if (typeof value === "object" && value !== null) {
      return this.#changedObject(known, value as Readonly<Record<string, unknown>>, level);
    }
    return chance(this.#random, 0.25) ? this.value(schema, level) : value;
  }

  #odd(value: unknown): unknown {
    return pick(this.#random, [null, Array.isArray(value) ? [] : {}, 7, "x"]);
  }

  #resolved(schema: OpenApiSchema): OpenApiSchema {
    const { $ref } = schema;
    if (typeof $ref !== "string") return schema;
    const name = nameOf($ref);
    const definition = this.#definitions[name] ?? {};
    return name.endsWith(".ObjectMeta") ? { properties: userPart(definition) } : definition;
  }

  #referred($ref: string, level: number): unknown {
    const name = nameOf($ref);
    const values = special[name.slice(name.lastIndexOf(".") + 1)];
    if (values) return pick(this.#random, values);
    const definition = this.#definitions[name] ?? {};
    if (name.endsWith(".ObjectMeta")) return this.#object(userPart(definition), level);
    return this.value(definition, level + 1);
  }

  #object(properties: Definitions, level: number): unknown {
    const all = Object.entries(properties).filter(([name]) => !coupled.has(name));
    const chosen = this.#some(all, level);
    return Object.fromEntries(chosen.map(([name, one]) => [name, this.value(one, level + 1)]));
  }

  /** More of the few, fewer of the many, none too deep down. */
  #some<T>(all: readonly T[], level: number): readonly T[] {
    const wanted = level > levelsMax ? 0 : 1 + below(this.#random, level < 3 ? 6 : 4);
    return all.filter(() => chance(this.#random, wanted / Math.max(1, all.length)));
  }

  #list(schema: OpenApiSchema, items: OpenApiSchema, level: number): unknown {
    const list = Array.from({ length: below(this.#random, 4) }, () =>
      this.#item(schema, items, level),
    );
    return this.#isKnownByName(schema) ? distinct(schema, list) : list;
  }

  #isKnownByName = (schema: OpenApiSchema): boolean =>
    schema["x-kubernetes-list-type"] !== undefined && chance(this.#random, 0.99);

  #item(schema: OpenApiSchema, items: OpenApiSchema, level: number): unknown {
    const item = this.value(items, level + 1);
    const keys = keysOf(schema);
    if (keys.length === 0 || typeof item !== "object" || item === null) return item;
    const { properties = {} } = this.#resolved(items);
    const hasDefault = (key: string): boolean =>
      ((properties as Definitions)[key] ?? {})["default"] !== undefined;
    const named = keys
      .filter((key) => !hasDefault(key) || chance(this.#random, 0.92))
      .map((key) => [key, this.#key((properties as Definitions)[key] ?? {})]);
    return { ...item, ...Object.fromEntries(named) };
  }

  #key(schema: OpenApiSchema): unknown {
    const { type } = this.#resolved(schema);
    if (type === "integer") return pick(this.#random, [80, 81, 82]);
    if (type !== "string") return this.value(schema, levelsMax);
    return pick(this.#random, [
      ...keyTexts,
      ...(schema["default"] ? [schema["default"]] : []),
    ] as never);
  }

  #map(values: OpenApiSchema, level: number): unknown {
    const some = names.filter(() => chance(this.#random, 0.5));
    return Object.fromEntries(some.map((name) => [name, this.value(values, level + 1)]));
  }

  #scalar({
    type,
    format,
    enum: allowed,
    "x-kubernetes-int-or-string": both,
  }: OpenApiSchema): unknown {
    if (Array.isArray(allowed) && allowed.length > 0) return pick(this.#random, allowed as never);
    if (both) return pick<unknown>(this.#random, [1, "a"]);
    if (type === "integer" || type === "number") return pick(this.#random, numbers);
    if (type === "boolean") return chance(this.#random, 0.5);
    if (type === "string")
      return format === "byte" ? pick(this.#random, ["YQ==", "Yg=="]) : pick(this.#random, texts);
    return pick(this.#random, special["JSON"] as Items);
  }

  #changedObject(
    schema: OpenApiSchema,
    value: Readonly<Record<string, unknown>>,
    level: number,
  ): unknown {
    const { properties, additionalProperties } = schema;
    const of = (name: string): OpenApiSchema =>
      ((properties ?? {}) as Definitions)[name] ??
      (typeof additionalProperties === "object" ? (additionalProperties as OpenApiSchema) : {});
    const drops = level === 0 ? 0.1 : 0.2;
    const kept = Object.entries(value)
      .filter(() => !chance(this.#random, drops))
      .map(([name, inner]) => [name, this.changed(of(name), inner, level + 1)] as const);
    const added = chance(this.#random, 0.25) ? this.value(schema, level) : {};
    return { ...(isObject(added) ? added : {}), ...Object.fromEntries(kept) };
  }

  #changedList(schema: OpenApiSchema, list: readonly unknown[], level: number): unknown {
    const items = (schema["items"] ?? {}) as OpenApiSchema;
    const keys = keysOf(schema);
    const kept = list
      .filter(() => !chance(this.#random, 0.25))
      .map((item) => ({ ...asItem(this.changed(items, item, level + 1), item, keys) }).item);
    const more = chance(this.#random, 0.3) ? [this.#item(schema, items, level)] : [];
    const all = chance(this.#random, 0.5) ? [...kept, ...more] : [...more, ...kept];
    const ordered = chance(this.#random, 0.2) ? all.toReversed() : all;
    return this.#isKnownByName(schema) ? distinct(schema, ordered) : ordered;
  }
}

/** An item mostly stays the one it was. */
function asItem(item: unknown, before: unknown, keys: readonly string[]): { item: unknown } {
  if (!isObject(item) || !isObject(before)) return { item };
  const same = keys.filter((key) => before[key] !== undefined).map((key) => [key, before[key]]);
  return { item: { ...item, ...Object.fromEntries(same) } };
}

const nameOf = ($ref: string): string => $ref.slice($ref.lastIndexOf("/") + 1);

const keysOf = (schema: OpenApiSchema): readonly string[] =>
  (schema["x-kubernetes-list-map-keys"] ?? []) as readonly string[];

/** The server keeps the first of these equal to the other, whose order Debian's library does not keep. */
const coupled: ReadonlySet<string> = new Set(["podCIDR", "podCIDRs"]);

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function distinct(schema: OpenApiSchema, list: readonly unknown[]): readonly unknown[] {
  const keys = keysOf(schema);
  const nameOfItem = (item: unknown): string =>
    JSON.stringify(isObject(item) ? keys.map((key) => item[key]) : item);
  return [...new Map(list.map((item) => [nameOfItem(item), item])).values()];
}

function userPart({ properties }: OpenApiSchema): Definitions {
  const all = Object.entries((properties ?? {}) as Definitions);
  return Object.fromEntries(all.filter(([name]) => metadata.has(name)));
}
