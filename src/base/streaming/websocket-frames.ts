/** Frames of RFC 6455, read and written. */
import { ByteReader } from "./byte-reader.ts";

export interface WebSocketFrame {
  readonly opcode: number;
  readonly isFinal: boolean;
  readonly payload: Buffer;
}

export const opcodes = {
  continuation: 0,
  text: 1,
  binary: 2,
  close: 8,
  ping: 9,
  pong: 10,
} as const;

/** What a peer does that the protocol forbids; `code` goes into the close frame. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** What one frame, and one message, may hold. */
export const messageBytesMax = 16 * 1024 * 1024;

/** Clients mask what they send, servers must not. */
export async function* readFrames(
  incoming: AsyncIterable<Uint8Array>,
  isFromClient: boolean,
): AsyncIterable<WebSocketFrame> {
  const reader = new ByteReader(incoming);
  for (;;) {
    const head = await reader.read(2);
    if (!head) return;
    const [first = 0, second = 0] = head;
    if ((first & 0x70) !== 0) throw new ProtocolError(1002, "reserved bits are set");
    if (((second & 0x80) !== 0) !== isFromClient)
      throw new ProtocolError(1002, "frames are masked by the client, and only by it");
    const opcode = first & 0x0f;
    const isFinal = (first & 0x80) !== 0;
    const length = await lengthOf(second & 0x7f, reader);
    if (opcode >= 8 && (length > 125 || !isFinal))
      throw new ProtocolError(1002, "a control frame is too long, or in pieces");
    const mask = isFromClient ? await reader.rest(4) : undefined;
    const payload = await reader.rest(length);
    if (mask) applyMask(payload, mask);
    yield { opcode, isFinal, payload };
  }
}

async function lengthOf(short: number, reader: ByteReader): Promise<number> {
  if (short < 126) return short;
  const length =
    short === 126
      ? (await reader.rest(2)).readUInt16BE()
      : Number((await reader.rest(8)).readBigUInt64BE());
  if (length > messageBytesMax) throw new ProtocolError(1009, "the message is too big");
  return length;
}

/** Masks, and unmasks. */
function applyMask(payload: Buffer, mask: Uint8Array): void {
  for (let at = 0; at < payload.length; at++)
    payload[at] = (payload[at] ?? 0) ^ (mask[at & 3] ?? 0);
}

/** A whole message or a control frame. A client passes four unpredictable bytes to mask it with. */
export function frameOf(opcode: number, parts: readonly Uint8Array[], mask?: Uint8Array): Buffer {
  const payload = Buffer.concat(parts);
  const head = frameHead(opcode, payload.length);
  if (!mask) return Buffer.concat([head, payload]);
  head[1] = (head[1] ?? 0) | 0x80;
  applyMask(payload, mask);
  return Buffer.concat([head, mask, payload]);
}

function frameHead(opcode: number, length: number): Buffer {
  const first = 0x80 | opcode;
  if (length < 126) return Buffer.from([first, length]);
  if (length < 0x1_0000) {
    const head = Buffer.from([first, 126, 0, 0]);
    head.writeUInt16BE(length, 2);
    return head;
  }
  const head = Buffer.alloc(10);
  head[0] = first;
  head[1] = 127;
  head.writeBigUInt64BE(BigInt(length), 2);
  return head;
}
