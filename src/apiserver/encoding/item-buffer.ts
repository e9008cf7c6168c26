/** Items of a list in JSON, one behind the other in one buffer: a large list makes no buffer per item. */
import { bufferOf } from "#base/bytes.ts";
import type { Sealed } from "#api/request.ts";
import { StoredObject } from "../sealed.ts";

const comma = 0x2c;
const openBrace = 0x7b;
/** The two of them. */
const extraBytes = 2;

/** Room enough for the item, with what stands before it. */
export const itemBytesMax = (item: Sealed): number =>
  extraBytes + (item instanceof StoredObject ? item.bytesMax : item.json().length);

export class ItemBuffer {
  readonly #buffer: Buffer;
  #end = 0;

  constructor(bytes: number) {
    // Of its own: what is sent is soon forgotten, and must not keep a pool alive.
    this.#buffer = Buffer.allocUnsafeSlow(bytes);
  }

  get isEmpty(): boolean {
    return this.#end === 0;
  }

  hasRoomFor(item: Sealed): boolean {
    return this.#end + itemBytesMax(item) <= this.#buffer.length;
  }

  /** Items do not repeat what they are. */
  add(item: Sealed, isFirst: boolean): void {
    if (!isFirst) this.#buffer[this.#end++] = comma;
    this.#buffer[this.#end++] = openBrace;
    this.#end += writeItem(item, this.#buffer, this.#end);
  }

  /** What follows the last item. */
  end(tail: Uint8Array): void {
    this.#buffer.set(tail, this.#end);
    this.#end += tail.length;
  }

  /** What was added. */
  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#end);
  }
}

function writeItem(item: Sealed, into: Buffer, at: number): number {
  if (item instanceof StoredObject) return item.writeItem(into, at);
  return bufferOf(item.json()).copy(into, at, item.typeMetaLength);
}
