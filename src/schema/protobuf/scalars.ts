/** How each scalar looks in protobuf: plain ones as themselves, the special ones as small messages. */
import { parseDuration, formatDuration } from "#base/duration.ts";
import { DecodeError } from "#schema/json/decode-error.ts";
import { readScalar } from "#schema/json/scalars.ts";
import { formatMicros, formatSeconds, instantOf, secondsOf } from "#schema/json/times.ts";
import type { Scalar } from "#schema/struct.ts";
import { type ProtoReader, wire } from "./reader.ts";
import type { ProtoWriter } from "./writer.ts";

export interface ScalarCodec {
  readonly wire: number;
  /** Writes the value; what has wire type `bytes` gets its length and tag from outside. */
  readonly write: (value: never, writer: ProtoWriter) => void;
  readonly read: (reader: ProtoReader) => unknown;
}

const tag = (field: number, wireType: number): number => field * 8 + wireType;

const varint = (read: (reader: ProtoReader) => unknown): ScalarCodec => ({
  wire: wire.varint,
  write: (value: number, writer) => writer.signed(value),
  read,
});

/** A message of its own. `write` goes from the last field to the first. */
interface SpecialMessage {
  readonly write: (value: never, writer: ProtoWriter) => void;
  readonly read: (fields: readonly unknown[]) => unknown;
  /** What its fields are; the first has number 1. */
  readonly fields: readonly ("int" | "text" | "bytes")[];
}

function message({ write, read, fields }: SpecialMessage): ScalarCodec {
  return {
    wire: wire.bytes,
    write,
    read(reader) {
      const outer = reader.enter();
      const values: unknown[] = [];
      while (!reader.isAtEnd) {
        const key = reader.varint();
        const field = Math.floor(key / 8) - 1;
        const type = fields[field];
        if (type === undefined) reader.skip(key % 8);
        else values[field] = readField(reader, type, key % 8);
      }
      reader.leave(outer);
      return read(values);
    },
  };
}

function readField(reader: ProtoReader, type: "int" | "text" | "bytes", wireType: number): unknown {
  if (wireType !== (type === "int" ? wire.varint : wire.bytes))
    throw new DecodeError(`proto: wrong wireType = ${wireType}`); // exact: gogo
  if (type === "int") return reader.int64();
  return type === "text" ? reader.text() : reader.bytes();
}

/** `writer` has just got the content of field 1 since `mark`. */
function closeFirst(writer: ProtoWriter, mark: number): void {
  writer.varint(writer.length - mark);
  writer.varint(tag(1, wire.bytes));
}

function writeInt(writer: ProtoWriter, field: number, value: number): void {
  writer.signed(value);
  writer.varint(tag(field, wire.varint));
}

/** Any JSON, as the text that it is. */
const embedded = message({
  fields: ["bytes"],
  write(value: unknown, writer) {
    if (value === null || value === undefined) return;
    const mark = writer.length;
    writer.text(JSON.stringify(value));
    closeFirst(writer, mark);
  },
  read([raw]) {
    const text = Buffer.from((raw as Uint8Array | undefined) ?? []).toString();
    return text === "" ? null : parseEmbedded(text);
  },
});

function parseEmbedded(text: string): unknown {
  try {
    const json: unknown = JSON.parse(text);
    return json === null ? null : readScalar.json(json);
  } catch (cause) {
    if (cause instanceof DecodeError) throw cause;
    throw new DecodeError("embedded JSON is malformed", { cause });
  }
}

export const scalarCodecs: { readonly [S in Scalar]: ScalarCodec } = {
  string: {
    wire: wire.bytes,
    write: (value: string, writer) => writer.text(value),
    read: (reader) => reader.text(),
  },
  bytes: {
    wire: wire.bytes,
    write: (value: string, writer) => writer.base64(value),
    read: (reader) => reader.base64(),
  },
  int32: varint((reader) => reader.int32()),
  int64: varint((reader) => reader.int64()),
  boolean: {
    wire: wire.varint,
    write: (value: boolean, writer) => writer.varint(value ? 1 : 0),
    read: (reader) => reader.varint() !== 0,
  },
  number: {
    wire: wire.fixed64,
    write: (value: number, writer) => writer.double(value),
    read: (reader) => reader.double(),
  },

  quantity: message({
    fields: ["text"],
    write(value: string, writer) {
      const mark = writer.length;
      writer.text(value);
      closeFirst(writer, mark);
    },
    read: ([text]) => (text === undefined ? "0" : readScalar.quantity(text)),
  }),

  intOrString: message({
    fields: ["int", "int", "text"],
    write(value: number | string, writer) {
      const isText = typeof value === "string";
      const mark = writer.length;
      if (isText) writer.text(value);
      writer.varint(writer.length - mark);
      writer.varint(tag(3, wire.bytes));
      writeInt(writer, 2, isText ? 0 : value);
      writeInt(writer, 1, isText ? 1 : 0);
    },
    read: ([type, number, text]) => (type === 1 ? (text ?? "") : Number(number ?? 0) | 0),
  }),

  time: message({
    fields: ["int", "int"],
    write(value: string | null, writer) {
      if (value === null) return;
      writeInt(writer, 2, 0);
      writeInt(writer, 1, secondsOf(value));
    },
    read: (fields) => readTime(fields, () => formatSeconds(Number(fields[0] ?? 0))),
  }),

  microTime: message({
    fields: ["int", "int"],
    write(value: string | null, writer) {
      if (value === null) return;
      const { seconds, nanos } = instantOf(value);
      writeInt(writer, 2, nanos);
      writeInt(writer, 1, seconds);
    },
    read: (fields) =>
      readTime(fields, () =>
        formatMicros({ seconds: Number(fields[0] ?? 0), nanos: Number(fields[1] ?? 0) }),
      ),
  }),

  duration: message({
    fields: ["int"],
    write: (value: string, writer) =>
      writeInt(writer, 1, Math.round((parseDuration(value) ?? 0) * nanosPerMs)),
    read: ([nanos]) => formatDuration(Number(nanos ?? 0) / nanosPerMs),
  }),

  raw: embedded,
  fields: embedded,
  json: embedded,

  wrappedStrings: {
    wire: wire.bytes,
    write(value: readonly string[], writer) {
      for (const item of value.toReversed()) {
        const mark = writer.length;
        writer.text(item);
        closeFirst(writer, mark);
      }
    },
    read: readStrings,
  },
};

const nanosPerMs = 1e6;

/** An empty message is Go's zero time. */
const readTime = (fields: readonly unknown[], format: () => string): string | null =>
  fields.length === 0 ? null : format();

function readStrings(reader: ProtoReader): readonly string[] {
  const outer = reader.enter();
  const items: string[] = [];
  while (!reader.isAtEnd) {
    const key = reader.varint();
    if (key === tag(1, wire.bytes)) items.push(reader.text());
    else reader.skip(key % 8);
  }
  reader.leave(outer);
  return items;
}
