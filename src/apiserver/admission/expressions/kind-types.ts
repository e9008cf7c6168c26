/** What an expression may know of an object of a kind: the types that its schema declares. */
import {
  boolType,
  bytesType,
  type CelField,
  type CelType,
  doubleType,
  dynType,
  escapeProperty,
  intType,
  listType,
  mapType,
  objectType,
  stringType,
  timestampType,
} from "#cel/types.ts";
import { celTypeOf } from "#apiserver/extension/cel-types.ts";
import { layoutOf } from "#schema/layout.ts";
import type { AnyStruct, Scalar, Type } from "#schema/struct.ts";

const scalars: Readonly<Record<Scalar, CelType>> = {
  string: stringType,
  int32: intType,
  int64: intType,
  number: doubleType,
  boolean: boolType,
  bytes: bytesType,
  quantity: dynType,
  intOrString: dynType,
  time: timestampType,
  microTime: timestampType,
  duration: stringType,
  raw: dynType,
  fields: dynType,
  json: dynType,
  wrappedStrings: listType(stringType),
};

const known = new WeakMap<AnyStruct, CelType>();

export function structType(struct: AnyStruct): CelType {
  const before = known.get(struct);
  if (before) return before;
  const { jsonForm, open } = struct.options;
  if (jsonForm !== undefined) return dynType;
  const fields = new Map<string, CelField>();
  const type = objectType(struct.name, fields);
  // Before its fields: structs may contain themselves.
  known.set(struct, type);
  const { fields: members } = open ? celTypeOf(open, true) : {};
  for (const [name, field] of members ?? []) fields.set(name, field);
  for (const { name, type: inner } of layoutOf(struct).fields) {
    const escaped = escapeProperty(name);
    const field = { type: fieldType(inner), ...(escaped === name ? {} : { property: name }) };
    if (escaped !== undefined) fields.set(escaped, field);
  }
  return type;
}

function fieldType(type: Type): CelType {
  if (type.is === "struct") return structType(type.struct());
  if (type.is === "list") return listType(fieldType(type.item));
  return type.is === "map" ? mapType(stringType, fieldType(type.value)) : scalars[type.scalar];
}
