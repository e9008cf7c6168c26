/** What apply needs to know of a schema that is known only at run time. */
import { fieldStep } from "#schema/fieldset.ts";
import type { ListShape, RecordShape, Shape } from "#schema/structural/shape.ts";
import { isEmbedded, keepsUnknown, metaFields, type OpenSchema, valuesOf } from "./open-schema.ts";

const shapes = new WeakMap<OpenSchema, Shape>();

const type = { is: "scalar", scalar: "json" } as const;
const leaf: Shape = { is: "leaf", type };
const free: Shape = { is: "free" };

export function openShape(schema: OpenSchema): Shape {
  const known = shapes.get(schema);
  if (known) return known;
  const shape = makeShape(schema);
  shapes.set(schema, shape);
  return shape;
}

function makeShape(schema: OpenSchema): Shape {
  if (schema.type === "array") return listShape(schema);
  const isObject = schema.type === "object" || schema.properties !== undefined;
  if (!isObject) return keepsUnknown(schema) ? free : leaf;
  return schema["x-kubernetes-map-type"] === "atomic" ? leaf : openRecord(schema);
}

type Fields = RecordShape["fields"];

export function openRecord(schema: OpenSchema): RecordShape {
  const names = Object.entries(schema.properties ?? {});
  const fields: Fields = new Map([
    ...(isEmbedded(schema) ? [...metaFields].map((name) => memberOf(name, () => free)) : []),
    ...names.map(([name, property]) => memberOf(name, () => openShape(property))),
  ]);
  const values = valuesOf(schema);
  const rest = values ? openShape(values) : keepsUnknown(schema) ? free : undefined;
  return { is: "record", type, fields, rest };
}

const memberOf = (name: string, shape: () => Shape) =>
  [name, { step: fieldStep(name), shape }] as const;

function listShape(schema: OpenSchema): Shape {
  const { items, "x-kubernetes-list-type": listType } = schema;
  if (!items || (listType !== "map" && listType !== "set")) return leaf;
  const keys = listType === "map" ? (schema["x-kubernetes-list-map-keys"] ?? []) : [];
  const named = keys.toSorted().map((name) => ({
    name,
    default: items.properties?.[name]?.default,
  }));
  return { is: "list", type, keys: named, item: openShape(items) } satisfies ListShape;
}
