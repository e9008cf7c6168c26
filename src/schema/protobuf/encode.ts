/**
 * Canonical objects to protobuf, byte for byte as upstream's generated code has them: fields in
 * rising order, values even when zero, pointers only when set, maps sorted by the bytes of the key.
 */
import { formOf } from "#schema/json/forms.ts";
import { zeroOf } from "#schema/layout.ts";
import type { AnyField, AnyStruct, Type } from "#schema/struct.ts";
import { wire } from "./reader.ts";
import { scalarCodecs } from "./scalars.ts";
import type { ProtoWriter } from "./writer.ts";

type Write = (value: unknown, writer: ProtoWriter) => void;

const encoders = new WeakMap<AnyStruct, Write>();

/** Writes the fields of the struct, without a length or a tag. */
export function encoderOf(struct: AnyStruct): Write {
  const known = encoders.get(struct);
  if (known) return known;
  const write = structEncoder(struct);
  encoders.set(struct, write);
  return write;
}

function structEncoder(struct: AnyStruct): Write {
  if (struct.options.noProto) throw new TypeError(`${struct.name} has no protobuf form`);
  // The writer goes backwards, so the last field comes first.
  const writes = Object.entries(struct.fields)
    .filter(([, { pb }]) => pb > 0)
    .sort(([, a], [, b]) => b.pb - a.pb)
    .map(([name, field]) => memberWriter(name, field));
  const form = formOf(struct);
  return (value, writer) => {
    const object = form ? form.split(value ?? null) : (value ?? empty);
    for (const write of writes) write(object, writer);
  };
}

const empty = {};

function memberWriter(name: string, field: AnyField): Write {
  const write = fieldWriter(field);
  if (field.inline) return write;
  return (object, writer) => write((object as Readonly<Record<string, unknown>>)[name], writer);
}

/** Writes the field with its tag; undefined is what it is when unset. */
function fieldWriter({ pb, type, options }: AnyField): Write {
  const write = tagged(pb, type);
  const isPointer = options.optional === true || options.nullable === true;
  if (isPointer) return (value, writer) => (isSet(value) ? write(value, writer) : undefined);
  if (isNilWhenEmpty(type))
    return (value, writer) => (isFull(value) ? write(value, writer) : undefined);
  const zero = zeroOf(type);
  return (value, writer) => write(value ?? zero, writer);
}

const isSet = (value: unknown): boolean => value !== undefined && value !== null;

/** Go's slices and maps: nil is not written. We hold no difference between nil and empty. */
const isNilWhenEmpty = (type: Type): boolean =>
  type.is === "list" ||
  type.is === "map" ||
  (type.is === "scalar" && (type.scalar === "bytes" || type.scalar === "wrappedStrings"));

const isFull = (value: unknown): boolean => isSet(value) && value !== "" && !isEmptyList(value);

const isEmptyList = (value: unknown): boolean => Array.isArray(value) && value.length === 0;

function tagged(pb: number, type: Type): Write {
  if (type.is === "list") return listWriter(pb, type);
  if (type.is === "map") return mapWriter(pb, type);
  if (type.is === "struct") return delimited(pb, lazily(type.struct));
  const codec = scalarCodecs[type.scalar];
  const write = codec.write as Write;
  if (codec.wire === wire.bytes) return delimited(pb, write);
  const tag = pb * 8 + codec.wire;
  return (value, writer) => {
    write(value, writer);
    writer.varint(tag);
  };
}

function lazily(struct: () => AnyStruct): Write {
  let write: Write | undefined;
  return (value, writer) => (write ??= encoderOf(struct()))(value, writer);
}

function delimited(pb: number, write: Write): Write {
  const tag = pb * 8 + wire.bytes;
  return (value, writer) => {
    const mark = writer.length;
    write(value, writer);
    writer.varint(writer.length - mark);
    writer.varint(tag);
  };
}

function listWriter(pb: number, type: Type & { is: "list" }): Write {
  const write = tagged(pb, type.item);
  return (value, writer) => {
    const list = value as readonly unknown[];
    for (let i = list.length - 1; i >= 0; i--) write(list[i], writer);
  };
}

function mapWriter(pb: number, type: Type & { is: "map" }): Write {
  const writeValue = tagged(2, type.value);
  const writeKey = tagged(1, { is: "scalar", scalar: "string" });
  const tag = pb * 8 + wire.bytes;
  return (value, writer) => {
    const map = value as Readonly<Record<string, unknown>>;
    for (const key of sortedKeys(map).toReversed()) {
      const mark = writer.length;
      writeValue(map[key], writer);
      writeKey(key, writer);
      writer.varint(writer.length - mark);
      writer.varint(tag);
    }
  };
}

/** In the order of their UTF-8 bytes, which differs from JavaScript's beyond the first plane. */
function sortedKeys(map: object): string[] {
  const keys = Object.keys(map);
  if (keys.some((key) => surrogate.test(key)))
    return keys.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return keys.sort();
}

const surrogate = /[\ud800-\udfff]/;
