/** Frames of SPDY/3.1 as data. upstream: github.com/moby/spdystream/spdy/types.go */
import { ByteReader } from "./byte-reader.ts";

export type SpdyFrame =
  | { readonly is: "data"; readonly stream: number; readonly fin: boolean; readonly data: Buffer }
  | {
      readonly is: "synStream" | "synReply" | "headers";
      readonly stream: number;
      readonly fin: boolean;
      /** Compressed. */
      readonly block: Buffer;
    }
  | { readonly is: "reset"; readonly stream: number; readonly status: number }
  | { readonly is: "ping"; readonly id: number }
  | { readonly is: "goAway" }
  /** Settings and windows: peers of ours neither keep to them nor expect us to. */
  | { readonly is: "other" };

const finFlag = 1;
const types = { synStream: 1, synReply: 2, reset: 3, ping: 6, goAway: 7, headers: 8 };
/** What stands before the header block in the payload. */
const blockOffset: Readonly<Record<number, number>> = { 1: 10, 2: 4, 8: 4 };

export async function* readFrames(incoming: AsyncIterable<Uint8Array>): AsyncIterable<SpdyFrame> {
  const reader = new ByteReader(incoming);
  for (;;) {
    const head = await reader.read(8);
    if (!head) return;
    const length = head.readUIntBE(5, 3);
    yield frameOf(head, await reader.rest(length));
  }
}

function frameOf(head: Buffer, payload: Buffer): SpdyFrame {
  const first = head.readUInt32BE(0);
  const fin = ((head[4] ?? 0) & finFlag) !== 0;
  if (first < 0x8000_0000) return { is: "data", stream: first, fin, data: payload };
  const type = first & 0xffff;
  const offset = blockOffset[type];
  if (offset !== undefined) {
    const stream = payload.readUInt32BE(0) & 0x7fff_ffff;
    return { is: withBlock[type] ?? "headers", stream, fin, block: payload.subarray(offset) };
  }
  switch (type) {
    case types.reset:
      return {
        is: "reset",
        stream: payload.readUInt32BE(0) & 0x7fff_ffff,
        status: payload.readUInt32BE(4),
      };
    case types.ping:
      return { is: "ping", id: payload.readUInt32BE(0) };
    case types.goAway:
      return { is: "goAway" };
    default:
      return { is: "other" };
  }
}

const withBlock: Readonly<Record<number, "synStream" | "synReply" | "headers">> = {
  [types.synStream]: "synStream",
  [types.synReply]: "synReply",
  [types.headers]: "headers",
};

/** The most that one frame carries. */
export const dataBytesMax = 0xff_ffff;

export function dataFrame(stream: number, chunk: Uint8Array): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(stream, 0);
  head.writeUIntBE(chunk.length, 5, 3);
  return Buffer.concat([head, chunk]);
}

export function endFrame(stream: number): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(stream, 0);
  head[4] = finFlag;
  return head;
}

export const synStreamFrame = (stream: number, block: Buffer): Buffer =>
  control(types.synStream, Buffer.concat([numbers(stream, 0), Buffer.alloc(2), block]));

export const synReplyFrame = (stream: number, block: Buffer): Buffer =>
  control(types.synReply, Buffer.concat([numbers(stream), block]));

/** Status 5: cancelled by its opener; 1: something is wrong with it. */
export const resetFrame = (stream: number, status: number): Buffer =>
  control(types.reset, numbers(stream, status));

export const pingFrame = (id: number): Buffer => control(types.ping, numbers(id));

function control(type: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt16BE(0x8003, 0);
  head.writeUInt16BE(type, 2);
  head.writeUIntBE(payload.length, 5, 3);
  return Buffer.concat([head, payload]);
}

function numbers(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [at, value] of values.entries()) bytes.writeUInt32BE(value, 4 * at);
  return bytes;
}
