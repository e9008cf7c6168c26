/**
 * WebSocket (RFC 6455) over a connection that was just upgraded, either side. Written here and not
 * taken from `ws`, because that one wants a Node socket where we have a ByteStream; the tests hold
 * it against `ws` frame by frame. No extensions: none is ever agreed to.
 */
import { createHash } from "node:crypto";
import type { Random } from "../random.ts";
import type { ByteStream } from "../stream.ts";
import {
  frameOf,
  messageBytesMax,
  opcodes,
  ProtocolError,
  readFrames,
  type WebSocketFrame,
} from "./websocket-frames.ts";

export interface WebSocket {
  /** The subprotocol that was agreed on; empty: none was asked for. */
  readonly protocol: string;
  /** Whole messages. Ends when the peer closes; fails when the connection breaks. */
  readonly messages: AsyncIterable<Message>;
  /** The parts make one message. */
  readonly send: (...parts: readonly Uint8Array[]) => Promise<void>;
  readonly sendText: (text: string) => Promise<void>;
  /**
   * Says goodbye; 1000: everything went well. The peer answers by closing the connection: whoever
   * says it goes on reading `messages` to their end, lest what was just sent gets lost.
   */
  readonly close: (code: number, reason?: string) => Promise<void>;
  /** How the peer said goodbye; undefined when it did not, or not yet. */
  readonly goodbye: () => Goodbye | undefined;
}

export interface Message {
  readonly isText: boolean;
  readonly data: Buffer;
}

export interface Goodbye {
  readonly code: number;
  readonly reason: string;
}

export interface WebSocketOptions {
  readonly protocol: string;
  /** Of a client: what masks its frames. Absent on the server's side. */
  readonly masks?: Random;
}

export const webSocketOver = (stream: ByteStream, options: WebSocketOptions): WebSocket =>
  new Socket(stream, options);

/** What a server answers a client's key with. */
export const acceptOf = (key: string): string =>
  createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");

/** The close code of a goodbye that names none. */
const noCode = 1005;

class Socket implements WebSocket {
  readonly protocol: string;
  readonly messages: AsyncIterable<Message>;
  readonly #stream: ByteStream;
  readonly #masks: Random | undefined;
  #isClosing = false;
  #goodbye: Goodbye | undefined;

  constructor(stream: ByteStream, { protocol, masks }: WebSocketOptions) {
    this.#stream = stream;
    this.#masks = masks;
    this.protocol = protocol;
    this.messages = this.#read();
  }

  readonly send = (...parts: readonly Uint8Array[]): Promise<void> =>
    this.#write(opcodes.binary, ...parts);

  readonly sendText = (text: string): Promise<void> => this.#write(opcodes.text, Buffer.from(text));

  readonly close = async (code: number, reason = ""): Promise<void> => {
    if (this.#isClosing) return;
    const payload = Buffer.alloc(2);
    payload.writeUInt16BE(code);
    const text = Buffer.from(reason).subarray(0, 123);
    const sent = this.#write(opcodes.close, payload, text);
    this.#isClosing = true;
    await sent;
    this.#stream.end();
  };

  readonly goodbye = (): Goodbye | undefined => this.#goodbye;

  async #write(opcode: number, ...parts: readonly Uint8Array[]): Promise<void> {
    if (this.#isClosing) return;
    await this.#stream.write(frameOf(opcode, parts, this.#masks?.bytes(4)));
  }

  async *#read(): AsyncGenerator<Message, void> {
    try {
      yield* this.#messages();
    } catch (error) {
      if (error instanceof ProtocolError) await this.close(error.code, error.message);
      else throw error;
    } finally {
      this.#stream.destroy();
    }
  }

  async *#messages(): AsyncGenerator<Message, void> {
    const pieces: Buffer[] = [];
    let isText = false;
    for await (const frame of readFrames(this.#stream.incoming, !this.#masks)) {
      if (frame.opcode === opcodes.close) {
        await this.#answerClose(frame.payload);
        return;
      }
      if (frame.opcode >= opcodes.close) {
        await this.#answerControl(frame);
        continue;
      }
      checkOrder(frame, pieces.length > 0);
      if (pieces.length === 0) isText = frame.opcode === opcodes.text;
      pieces.push(frame.payload);
      checkSize(pieces);
      if (frame.isFinal) yield { isText, data: Buffer.concat(pieces.splice(0)) };
    }
  }

  async #answerControl({ opcode, payload }: WebSocketFrame): Promise<void> {
    if (opcode === opcodes.ping) await this.#write(opcodes.pong, payload);
    else if (opcode !== opcodes.pong) throw new ProtocolError(1002, `unknown opcode ${opcode}`);
  }

  /** The peer gets its own code back. */
  async #answerClose(payload: Buffer): Promise<void> {
    const code = payload.length >= 2 ? payload.readUInt16BE() : noCode;
    this.#goodbye = { code, reason: payload.toString("utf8", 2) };
    await this.close(code === noCode ? 1000 : code);
  }
}

function checkOrder({ opcode }: WebSocketFrame, isInside: boolean): void {
  if (opcode > opcodes.binary) throw new ProtocolError(1002, `unknown opcode ${opcode}`);
  if ((opcode === opcodes.continuation) !== isInside)
    throw new ProtocolError(1002, "a message is continued that was not begun, or the reverse");
}

function checkSize(pieces: readonly Buffer[]): void {
  if (pieces.reduce((sum, { length }) => sum + length, 0) > messageBytesMax)
    throw new ProtocolError(1009, "the message is too big");
}
