/** Protobuf to canonical objects. Fields that are not known are skipped, as upstream does. */
import { DecodeError, tooDeep } from "#schema/json/decode-error.ts";
import { formOf } from "#schema/json/forms.ts";
import { inlined, isPresent, type JsonField, jsonField, layoutOf, zeroOf } from "#schema/layout.ts";
import { depthMax } from "#schema/limits.ts";
import type { AnyField, AnyStruct, Type } from "#schema/struct.ts";
import { type ProtoReader, wire } from "./reader.ts";
import { scalarCodecs } from "./scalars.ts";

/** Reads a message up to the reader's end. */
type ReadMessage = (reader: ProtoReader) => unknown;

const decoders = new WeakMap<AnyStruct, ReadMessage>();

export function decoderOf(struct: AnyStruct): ReadMessage {
  const known = decoders.get(struct);
  if (known) return known;
  const read = structDecoder(struct);
  decoders.set(struct, read);
  return read;
}

/** Values as they come in, by the place that their field has in JSON. */
type Slots = unknown[];

/** Reads one value of a field, with the wire type that it came with, into its slot. */
type ReadField = (slots: Slots, reader: ProtoReader, wireType: number) => void;

/** By protobuf field number. */
type Table = readonly (ReadField | undefined)[];

function structDecoder(struct: AnyStruct): ReadMessage {
  if (struct.options.noProto) throw new TypeError(`${struct.name} has no protobuf form`);
  const form = formOf(struct);
  const fields = form ? membersOf(struct) : layoutOf(struct).fields;
  const table = tableOf(struct, new Map(fields.map(({ name }, slot) => [name, slot])));
  const blank: Slots = fields.map(() => undefined);
  return (reader) => {
    if (++reader.depth > depthMax) throw tooDeep();
    const slots = blank.slice();
    readFields(table, slots, reader);
    reader.depth -= 1;
    const object = assemble(fields, slots);
    return form ? form.join(object) : object;
  };
}

const membersOf = (struct: AnyStruct): readonly JsonField[] =>
  Object.entries(struct.fields).map(([name, field]) => jsonField(name, field));

function tableOf(struct: AnyStruct, slotOf: ReadonlyMap<string, number>): Table {
  const table: (ReadField | undefined)[] = [];
  for (const [name, field] of Object.entries(struct.fields)) {
    if (field.pb === 0) continue;
    table[field.pb] = field.inline
      ? inlineReader(field, slotOf)
      : fieldReader(name, field.type, slotOf.get(name) ?? 0);
  }
  return table;
}

function readFields(table: Table, slots: Slots, reader: ProtoReader): void {
  while (!reader.isAtEnd) {
    const key = reader.varint();
    const read = table[Math.floor(key / 8)];
    if (read) read(slots, reader, key % 8);
    else reader.skip(key % 8);
  }
}

/** One message on the wire, but its members belong to the parent. */
function inlineReader(field: AnyField, slotOf: ReadonlyMap<string, number>): ReadField {
  const table = tableOf(inlined(field), slotOf);
  return (slots, reader, wireType) => {
    expect(wire.bytes, wireType, "");
    const outer = reader.enter();
    readFields(table, slots, reader);
    reader.leave(outer);
  };
}

function fieldReader(name: string, type: Type, slot: number): ReadField {
  if (type.is === "list") return listReader(name, type, slot);
  if (type.is === "map") return mapReader(name, type, slot);
  const { wire: expected, read } = valueReader(type);
  return (slots, reader, wireType) => {
    expect(expected, wireType, name);
    slots[slot] = read(reader);
  };
}

interface ValueReader {
  readonly wire: number;
  readonly read: (reader: ProtoReader) => unknown;
}

function valueReader(type: Type): ValueReader {
  if (type.is === "scalar") return scalarCodecs[type.scalar];
  if (type.is !== "struct") throw new TypeError("protobuf has no lists of lists");
  let decode: ReadMessage | undefined;
  const read = (reader: ProtoReader): unknown => {
    const outer = reader.enter();
    const value = (decode ??= decoderOf(type.struct()))(reader);
    reader.leave(outer);
    return value;
  };
  return { wire: wire.bytes, read };
}

function listReader(name: string, type: Type & { is: "list" }, slot: number): ReadField {
  const { wire: expected, read } = valueReader(type.item);
  return (slots, reader, wireType) => {
    const list = (slots[slot] ??= []) as unknown[];
    if (wireType === expected) list.push(read(reader));
    else {
      // Numbers may come packed, although upstream does not write them so.
      expect(wire.bytes, wireType, name);
      const outer = reader.enter();
      while (!reader.isAtEnd) list.push(read(reader));
      reader.leave(outer);
    }
  };
}

function mapReader(name: string, type: Type & { is: "map" }, slot: number): ReadField {
  const readEntry: Table = [
    undefined,
    fieldReader("key", { is: "scalar", scalar: "string" }, 0),
    fieldReader("value", type.value, 1),
  ];
  return (slots, reader, wireType) => {
    expect(wire.bytes, wireType, name);
    const map = (slots[slot] ??= new Map<string, unknown>()) as Map<string, unknown>;
    const outer = reader.enter();
    const entry: Slots = ["", undefined];
    readFields(readEntry, entry, reader);
    reader.leave(outer);
    map.set(entry[0] as string, entry[1] ?? zeroOf(type.value));
  };
}

function expect(expected: number, wireType: number, name: string): void {
  if (expected === wireType) return;
  const field = name.slice(0, 1).toUpperCase() + name.slice(1);
  throw new DecodeError(`proto: wrong wireType = ${wireType} for field ${field}`); // exact: gogo
}

/** In the order of the schema, present as JSON would have it. */
function assemble(fields: readonly JsonField[], slots: Slots): Record<string, unknown> {
  const object: Record<string, unknown> = {};
  let slot = 0;
  for (const field of fields) {
    const read = slots[slot++];
    const value = read === undefined ? field.unset?.() : read instanceof Map ? sorted(read) : read;
    if (isPresent(field, value)) object[field.name] = value;
  }
  return object;
}

const sorted = (map: ReadonlyMap<string, unknown>): object =>
  Object.fromEntries([...map].sort(([a], [b]) => (a < b ? -1 : 1)));
