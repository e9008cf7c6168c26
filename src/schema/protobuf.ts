/** Objects to protobuf and back, as the schema says. */
import { decoderOf } from "./protobuf/decode.ts";
import { encoderOf } from "./protobuf/encode.ts";
import { ProtoReader } from "./protobuf/reader.ts";
import { ProtoWriter } from "./protobuf/writer.ts";
import type { Draft, Struct } from "./struct.ts";

export { fieldHead, unwrapUnknown, wrapUnknown } from "./protobuf/envelope.ts";
export type { TypeMeta, Unknown } from "./protobuf/envelope.ts";

const writer = new ProtoWriter();

/** The bare message of a canonical object, without the envelope. */
export function encodeProto<Out, In>(struct: Struct<Out, In>, value: unknown): Uint8Array {
  writer.reset();
  encoderOf(struct)(value, writer);
  return writer.finish();
}

/** Canonical, without defaults; `kind` and `apiVersion` are not in the message. Throws DecodeError. */
export function decodeProto<Out, In>(struct: Struct<Out, In>, bytes: Uint8Array): Draft<Out> {
  return decoderOf(struct)(new ProtoReader(bytes)) as Draft<Out>;
}
