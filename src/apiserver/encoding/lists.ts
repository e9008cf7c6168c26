/**
 * Lists as bytes, put together from the bytes of their items. A list that is asked for again while
 * nothing has changed is the same array of items, so its bytes are kept with it for a while.
 */
import { ListMeta } from "#api/meta/list-meta.ts";
import type { AnyKind } from "#api/kind.ts";
import type { Sealed, SealedList } from "#api/request.ts";
import { encodeProto, fieldHead, wrapUnknown } from "#schema/protobuf.ts";
import { ItemBuffer, itemBytesMax } from "./item-buffer.ts";

/** Larger lists are sent in pieces, each encoded when the one before is on its way. */
export const wholeBytesMax = 4 * 1024 * 1024;
const pieceBytes = 256 * 1024;

const memoBytesMax = 32 * 1024 * 1024;

/** The JSON of the items of lists, the latest last. */
const memos = new Map<readonly Sealed[], Buffer>();
let memoBytes = 0;

/** Bytes, or pieces of bytes that come one by one. */
export type Encoded = Uint8Array | readonly Uint8Array[] | AsyncIterable<Uint8Array>;

export function listToJson(kind: AnyKind, { metadata, items }: SealedList): Encoded {
  const head = Buffer.from(
    `{"kind":${JSON.stringify(kind.listKind)},"apiVersion":${JSON.stringify(kind.apiVersion)},"metadata":${JSON.stringify(metadata)},"items":[`,
  );
  const known = recall(items);
  if (known) return [head, known];
  const body = joinItems(items);
  if (!body) return inPieces(head, items);
  remember(items, body);
  return [head, body];
}

const tail = Buffer.from("]}\n");

/** With what follows the last one. Undefined when it is too much for one piece. */
function joinItems(items: readonly Sealed[]): Buffer | undefined {
  let bytes = tail.length;
  for (const item of items) {
    bytes += itemBytesMax(item);
    if (bytes > wholeBytesMax) return undefined;
  }
  const buffer = new ItemBuffer(bytes);
  for (const [i, item] of items.entries()) buffer.add(item, i === 0);
  buffer.end(tail);
  return buffer.bytes();
}

async function* inPieces(head: Uint8Array, items: readonly Sealed[]): AsyncIterable<Uint8Array> {
  yield head;
  let piece = new ItemBuffer(pieceBytes);
  for (const [i, item] of items.entries()) {
    if (!piece.hasRoomFor(item)) {
      if (!piece.isEmpty) yield piece.bytes();
      piece = new ItemBuffer(Math.max(pieceBytes, itemBytesMax(item)));
    }
    piece.add(item, i === 0);
  }
  yield piece.bytes();
  yield tail;
}

function recall(items: readonly Sealed[]): Buffer | undefined {
  const known = memos.get(items);
  if (!known) return undefined;
  memos.delete(items);
  memos.set(items, known);
  return known;
}

function remember(items: readonly Sealed[], body: Buffer): void {
  memos.set(items, body);
  memoBytes += body.length;
  for (const [oldest, bytes] of memos) {
    if (memoBytes <= memoBytesMax) break;
    memos.delete(oldest);
    memoBytes -= bytes.length;
  }
}

const metadataField = 1;
const itemsField = 2;

/** Every list is a message of its metadata and its items. */
export function listToProto(kind: AnyKind, { metadata, items }: SealedList): Uint8Array {
  const meta = encodeProto(ListMeta, metadata);
  const parts: Uint8Array[] = [fieldHead(metadataField, meta.length), meta];
  for (const item of items) {
    const message = item.proto();
    parts.push(fieldHead(itemsField, message.length), message);
  }
  const { apiVersion, listKind } = kind;
  return wrapUnknown({ apiVersion, kind: listKind }, Buffer.concat(parts));
}
