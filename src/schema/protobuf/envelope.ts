/**
 * The frame around protobuf bodies: four magic bytes and `runtime.Unknown`, which names the type.
 * upstream: staging/src/k8s.io/apimachinery/pkg/runtime/serializer/protobuf/protobuf.go
 */
import { DecodeError } from "#schema/json/decode-error.ts";
import { ProtoReader, wire } from "./reader.ts";
import { ProtoWriter } from "./writer.ts";

/** "k8s" and a zero byte. */
const magic = Uint8Array.of(0x6b, 0x38, 0x73, 0x00);

export interface TypeMeta {
  readonly apiVersion: string;
  readonly kind: string;
}

export interface Unknown extends TypeMeta {
  /** The message, of the type that `apiVersion` and `kind` name. */
  readonly raw: Uint8Array;
  readonly contentType: string;
  readonly contentEncoding: string;
}

const shared = new ProtoWriter();

const tag = (field: number): number => field * 8 + wire.bytes;

/** The body of a request or response. */
export function wrapUnknown({ apiVersion, kind }: TypeMeta, raw: Uint8Array): Uint8Array {
  const head = headOf({ apiVersion, kind }, raw.length);
  const body = new Uint8Array(head.length + raw.length + tail.length);
  body.set(head);
  body.set(raw, head.length);
  body.set(tail, head.length + raw.length);
  return body;
}

/** contentEncoding and contentType, both empty. */
const tail = Uint8Array.of(tag(3), 0, tag(4), 0);

function headOf({ apiVersion, kind }: TypeMeta, rawBytes: number): Uint8Array {
  shared.reset();
  shared.varint(rawBytes);
  shared.varint(tag(2));
  const mark = shared.length;
  for (const [field, text] of [
    [2, kind],
    [1, apiVersion],
  ] as const) {
    const before = shared.length;
    shared.text(text);
    shared.varint(shared.length - before);
    shared.varint(tag(field));
  }
  shared.varint(shared.length - mark);
  shared.varint(tag(1));
  return Buffer.concat([magic, shared.finish()]);
}

export function unwrapUnknown(body: Uint8Array): Unknown {
  if (body.length === 0) throw new DecodeError("empty data"); // exact: apimachinery
  if (magic.some((byte, i) => body[i] !== byte)) {
    const message = "provided data does not appear to be a protobuf message, expected prefix"; // exact: apimachinery
    throw new DecodeError(`${message} [${magic.join(" ")}]`);
  }
  if (body.length === magic.length) throw new DecodeError("empty body"); // exact: apimachinery
  const reader = new ProtoReader(body.subarray(magic.length));
  const fields = [empty, empty, empty, empty];
  readBytesFields(reader, fields);
  const [typeMeta = empty, raw = empty, contentEncoding = empty, contentType = empty] = fields;
  const names = [empty, empty];
  readBytesFields(new ProtoReader(typeMeta), names);
  return {
    apiVersion: textOf(names[0]),
    kind: textOf(names[1]),
    raw,
    contentType: textOf(contentType),
    contentEncoding: textOf(contentEncoding),
  };
}

const empty = new Uint8Array();

const textOf = (bytes: Uint8Array = empty): string => Buffer.from(bytes).toString();

/** Fields 1 to n, all of them bytes. */
function readBytesFields(reader: ProtoReader, fields: Uint8Array[]): void {
  while (!reader.isAtEnd) {
    const key = reader.varint();
    const field = Math.floor(key / 8) - 1;
    if (field in fields && key % 8 === wire.bytes) fields[field] = reader.bytes();
    else reader.skip(key % 8);
  }
}

/** Tag and length of a field of `bytes` bytes: lists are put together from messages that exist. */
export function fieldHead(field: number, bytes: number): Uint8Array {
  shared.reset();
  shared.varint(bytes);
  shared.varint(tag(field));
  return shared.finish();
}
