/** A request as the port has it. Its getters do their work when, and if, somebody asks. */
import type { IncomingMessage, ServerResponse } from "node:http";
import {
  BodyTooLarge,
  type HttpHeaders,
  type HttpPeer,
  type HttpRequest,
  type HttpResponse,
  type HttpUpgrade,
} from "#base/http.ts";
import type { ByteStream } from "#base/stream.ts";
import { peerOf } from "./http-peer.ts";
import { hasTooManyHeaders } from "./http-refusals.ts";

const nothing = new Uint8Array();

export class IncomingRequest implements HttpRequest {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly upgrade?: HttpUpgrade;
  #aborted: AbortController | undefined;
  #wasRead = false;
  #wasTooLarge = false;
  #isHandedOver = false;

  constructor(request: IncomingMessage, response: ServerResponse, accept?: HttpUpgrade["accept"]) {
    this.#request = request;
    this.#response = response;
    if (accept) this.upgrade = { accept: (headers) => this.#handOver(accept(headers)) };
  }

  /** The connection is no longer HTTP's. */
  get isHandedOver(): boolean {
    return this.#isHandedOver;
  }

  get hasTooManyHeaders(): boolean {
    return hasTooManyHeaders(this.#request);
  }

  get method(): string {
    return this.#request.method ?? "";
  }

  get target(): string {
    return this.#request.url ?? "";
  }

  get headers(): HttpHeaders {
    return this.#request.headers as HttpHeaders;
  }

  get peer(): HttpPeer {
    return peerOf(this.#request.socket);
  }

  get signal(): AbortSignal {
    return (this.#aborted ??= this.#watchPeer()).signal;
  }

  async body(bytesMax: number): Promise<Uint8Array> {
    this.#wasRead = true;
    const { headers } = this.#request;
    const length = headers["content-length"];
    if (length === undefined && headers["transfer-encoding"] === undefined) return nothing;
    if (Number(length ?? 0) <= bytesMax) {
      const whole = await readWhole(this.#request, bytesMax);
      if (whole) return whole;
    }
    this.#wasTooLarge = true;
    throw new BodyTooLarge(`the body has more than ${bytesMax} bytes`);
  }

  bodyStream(): AsyncIterable<Uint8Array> {
    this.#wasRead = true;
    const request = this.#request;
    // Leaving the body half-read must not close the connection: an answer is still to be sent.
    return { [Symbol.asyncIterator]: () => request.iterator({ destroyOnReturn: false }) };
  }

  /** After a body that was refused, the connection is of no more use. */
  answeredWith(response: HttpResponse): HttpResponse {
    if (!this.#wasRead) this.#discard();
    if (!this.#wasTooLarge) return response;
    return { ...response, headers: { ...response.headers, connection: "close" } };
  }

  /** Nobody hears that a client has gone who does not read all that it sent before: an offer may have a body, too. */
  #discard(): void {
    this.#request.resume();
    if (this.upgrade) this.#request.socket.resume();
  }

  #handOver(stream: ByteStream): ByteStream {
    this.#isHandedOver = true;
    return stream;
  }

  #watchPeer(): AbortController {
    const controller = new AbortController();
    const abort = (): void => controller.abort();
    const { socket } = this.#request;
    if (socket.destroyed) abort();
    // A connection that leaves HTTP has no response whose end could be waited for.
    else if (this.upgrade) socket.once("close", abort);
    else this.#response.once("close", () => this.#response.writableFinished || abort());
    return controller;
  }
}

/** Undefined when it is too long. By events: iterating a stream costs several times as much. */
function readWhole(request: IncomingMessage, bytesMax: number): Promise<Uint8Array | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  return new Promise((resolve, reject) => {
    if (request.readableEnded || request.destroyed) throw new Error("the body was read before");
    request.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes <= bytesMax) return;
      request.removeAllListeners("data").pause();
      resolve(undefined);
    });
    request.once("end", () => resolve(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)));
    request.once("error", reject);
  });
}
