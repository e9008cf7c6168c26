/** What apply needs to know of a schema that is known only at run time. */
import { fieldStep } from "#schema/fieldset.ts";
import type { ListShape, RecordShape, Shape } from "#schema/structural/shape.ts";
import { isEmbedded, keepsUnknown, metaFields, type OpenSchema, valuesOf } from "./open-schema.ts";

/** By schema: of those that stand below one that keeps what it does not know, and of the others. */
const keeping = new WeakMap<OpenSchema, Shape>();
const shapes = new WeakMap<OpenSchema, Shape>();

const type = { is: "scalar", scalar: "json" } as const;
const leaf: Shape = { is: "leaf", type };
const free: Shape = { is: "free" };

/** Upstream hands it down that unknown fields are kept, although pruning does not. */
export function openShape(schema: OpenSchema, above = false): Shape {
  const keeps = above || keepsUnknown(schema);
  const cache = keeps ? keeping : shapes;
  const known = cache.get(schema);
  if (known) return known;
  const shape = makeShape(schema, keeps);
  cache.set(schema, shape);
  return shape;
}

function makeShape(schema: OpenSchema, keeps: boolean): Shape {
  if (schema.type === "array") return listShape(schema, keeps);
  const isObject = schema.type === "object" || schema.properties !== undefined;
  if (!isObject) return keepsUnknown(schema) ? free : leaf;
  return schema["x-kubernetes-map-type"] === "atomic" ? leaf : openRecord(schema, keeps);
}

type Fields = RecordShape["fields"];

export function openRecord(schema: OpenSchema, above = false): RecordShape {
  const keeps = above || keepsUnknown(schema);
  const names = Object.entries(schema.properties ?? {});
  const fields: Fields = new Map([
    ...(isEmbedded(schema) ? [...metaFields].map((name) => memberOf(name, () => free)) : []),
    ...names.map(([name, property]) => memberOf(name, () => openShape(property, keeps))),
  ]);
  const values = valuesOf(schema);
  const rest = values ? openShape(values, keeps) : keeps || names.length === 0 ? free : undefined;
  return { is: "record", type, fields, rest };
}

const memberOf = (name: string, shape: () => Shape) =>
  [name, { step: fieldStep(name), shape }] as const;

function listShape(schema: OpenSchema, keeps: boolean): Shape {
  const { items, "x-kubernetes-list-type": listType } = schema;
  if (!items || (listType !== "map" && listType !== "set")) return leaf;
  const keys = listType === "map" ? (schema["x-kubernetes-list-map-keys"] ?? []) : [];
  const named = keys.toSorted().map((name) => ({
    name,
    default: items.properties?.[name]?.default,
  }));
  return { is: "list", type, keys: named, item: openShape(items, keeps) } satisfies ListShape;
}
