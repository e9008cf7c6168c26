/**
 * The server's side of WebSocket (RFC 6455) over a connection that was just upgraded. Written here
 * and not taken from `ws`, because that one wants a Node socket where we have a ByteStream; the
 * tests hold it against `ws` frame by frame. No extensions: none is ever agreed to.
 */
import { createHash } from "node:crypto";
import { badRequest } from "#api/errors.ts";
import type { ApiRequest } from "#api/request.ts";
import type { ByteStream } from "#base/stream.ts";
import {
  messageBytesMax,
  opcodes,
  ProtocolError,
  readFrames,
  serverFrame,
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
}

export interface Message {
  readonly isText: boolean;
  readonly data: Buffer;
}

export const isWebSocketRequest = ({ headers, upgrade }: ApiRequest): boolean =>
  upgrade !== undefined && headers["upgrade"]?.toLowerCase() === "websocket";

/** The first protocol of `supported` that the client also speaks; undefined when there is none. */
export function agreedProtocol(
  { headers }: ApiRequest,
  supported: readonly string[],
): string | undefined {
  const header = headers["sec-websocket-protocol"] ?? "";
  if (header === "") return supported.includes("") ? "" : undefined;
  const offered = new Set(header.split(",").map((name) => name.trim()));
  return supported.find((name) => offered.has(name));
}

/** Answers 101. Throws BadRequest when the handshake is not one. */
export function acceptWebSocket(request: ApiRequest, protocol: string): WebSocket {
  const key = request.headers["sec-websocket-key"];
  if (!request.upgrade || !key || request.headers["sec-websocket-version"] !== "13")
    throw badRequest("the request is no WebSocket handshake of version 13");
  const stream = request.upgrade.accept({
    upgrade: "websocket",
    connection: "Upgrade",
    "sec-websocket-accept": acceptOf(key),
    ...(protocol === "" ? {} : { "sec-websocket-protocol": protocol }),
  });
  return new ServerSocket(stream, protocol);
}

const acceptOf = (key: string): string =>
  createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");

class ServerSocket implements WebSocket {
  readonly protocol: string;
  readonly messages: AsyncIterable<Message>;
  readonly #stream: ByteStream;
  #isClosing = false;

  constructor(stream: ByteStream, protocol: string) {
    this.#stream = stream;
    this.protocol = protocol;
    this.messages = this.#read();
  }

  readonly send = (...parts: readonly Uint8Array[]): Promise<void> =>
    this.#write(serverFrame(opcodes.binary, ...parts));

  readonly sendText = (text: string): Promise<void> =>
    this.#write(serverFrame(opcodes.text, Buffer.from(text)));

  readonly close = async (code: number, reason = ""): Promise<void> => {
    if (this.#isClosing) return;
    const payload = Buffer.alloc(2);
    payload.writeUInt16BE(code);
    const text = Buffer.from(reason).subarray(0, 123);
    const sent = this.#write(serverFrame(opcodes.close, payload, text));
    this.#isClosing = true;
    await sent;
    this.#stream.end();
  };

  async #write(frame: Buffer): Promise<void> {
    if (!this.#isClosing) await this.#stream.write(frame);
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
    for await (const frame of readFrames(this.#stream.incoming, true)) {
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
    if (opcode === opcodes.ping) await this.#write(serverFrame(opcodes.pong, payload));
    else if (opcode !== opcodes.pong) throw new ProtocolError(1002, `unknown opcode ${opcode}`);
  }

  /** The peer gets its own code back. */
  async #answerClose(payload: Buffer): Promise<void> {
    await this.close(payload.length >= 2 ? payload.readUInt16BE() : 1000);
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
