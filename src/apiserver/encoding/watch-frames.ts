/** Watch events as bytes: lines of JSON, or protobuf messages with their length in front. */
import { bufferOf } from "#base/bytes.ts";
import { statusOf } from "#api/errors.ts";
import type { AnyKind } from "#api/kind.ts";
import type { Sealed, WatchBatch, WatchEvent } from "#api/request.ts";
import { encodeProto, fieldHead, wrapUnknown } from "#schema/protobuf.ts";
import { PartialObjectMetadata } from "#api/meta/table.ts";
import type { AnyStruct } from "#schema/struct.ts";
import { sealStatus } from "../responses.ts";

const chunkBytes = 256 * 1024;

/** One chunk per batch; long batches come in several. */
export async function* watchChunks(
  batches: AsyncIterable<WatchBatch>,
  frame: (event: WatchEvent) => readonly Uint8Array[],
): AsyncIterable<Uint8Array> {
  for await (const batch of batches) {
    let parts: Uint8Array[] = [];
    let bytes = 0;
    for (const event of batch) {
      for (const part of frame(event)) {
        parts.push(part);
        bytes += part.length;
      }
      if (bytes < chunkBytes) continue;
      yield Buffer.concat(parts, bytes);
      parts = [];
      bytes = 0;
    }
    if (bytes > 0) yield Buffer.concat(parts, bytes);
  }
}

const heads = new Map(
  ["ADDED", "MODIFIED", "DELETED"].map((type) => [
    type,
    Buffer.from(`{"type":"${type}","object":`),
  ]),
);
const end = Buffer.from("}\n");

export const jsonFrame =
  (kind: AnyKind) =>
  (event: WatchEvent): readonly Uint8Array[] => {
    if ("sealed" in event) {
      return [heads.get(event.type) ?? end, bufferOf(event.sealed.json()), end];
    }
    const object = event.type === "ERROR" ? statusOf(event.error) : bookmarkOf(kind, event);
    return [Buffer.from(`${JSON.stringify({ type: event.type, object })}\n`)];
  };

const initialEnd = "k8s.io/initial-events-end";

type Bookmark = WatchEvent & { readonly type: "BOOKMARK" };

/** An object of the kind with nothing but a revision. */
const bookmarkOf = (
  { kind, apiVersion }: AnyKind,
  { revision, isInitialEnd }: Bookmark,
): object => ({
  kind,
  apiVersion,
  metadata: {
    resourceVersion: String(revision),
    ...(isInitialEnd ? { annotations: { [initialEnd]: "true" } } : {}),
  },
});

const lengthBytes = 4;
const typeField = 1;
const objectField = 2;
const rawField = 1;

export const protoFrame =
  (kind: AnyKind) =>
  (event: WatchEvent): readonly Uint8Array[] => {
    const type = Buffer.from(event.type);
    const raw = bodyOf(kind, event);
    const rawHead = fieldHead(rawField, raw.length);
    const message = [
      fieldHead(typeField, type.length),
      type,
      fieldHead(objectField, rawHead.length + raw.length),
      rawHead,
      raw,
    ];
    const length = Buffer.alloc(lengthBytes);
    length.writeUInt32BE(message.reduce((sum, part) => sum + part.length, 0));
    return [length, ...message];
  };

function bodyOf(kind: AnyKind, event: WatchEvent): Uint8Array {
  if ("sealed" in event) return enveloped(event.sealed);
  if (event.type === "ERROR") return enveloped(sealStatus(statusOf(event.error)));
  const { apiVersion } = kind;
  const bookmark = bookmarkOf(kind, event);
  // The field of metadata is the first of every kind, so this is the message of any of them.
  const message = encodeProto(PartialObjectMetadata as AnyStruct, bookmark);
  return wrapUnknown({ apiVersion, kind: kind.kind }, message);
}

export const enveloped = (sealed: Sealed): Uint8Array => {
  const { apiVersion, kind } = sealed.object;
  return wrapUnknown({ apiVersion, kind }, sealed.proto());
};
