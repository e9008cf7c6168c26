/**
 * The fast way through HTTP/1.1, for connections whose requests are plain and come one by one, each whole in the bytes
 * that were read at once. It saves two thirds of what Node's own machinery costs per request. At the first thing that is
 * otherwise (an upgrade, a body in pieces, two requests at once, whatever is malformed) the
 * connection is handed over to Node's server with every byte that was not answered, for the rest of its life.
 */
import type { Socket } from "node:net";
import {
  BodyTooLarge,
  type HttpHandler,
  type HttpHeaders,
  type HttpPeer,
  type HttpRequest,
  type HttpResponse,
} from "#base/http.ts";
import { type PlainHead, PlainHeadReader } from "./http-plain-head.ts";
import { peerOf } from "./http-peer.ts";
import { sendPlain } from "./http-plain-response.ts";

/** Of requests that were sent before the one before was answered. */
const earlyBytesMax = 64 * 1024;
/** Rounds of `endIfIdle`: longer than clients keep idle connections, so that it is they who close them. */
const idleRoundsMax = 10;
const firstRounds = 1;
const nothing = Buffer.alloc(0);

export interface PlainOptions {
  readonly handler: HttpHandler;
  readonly onError: (cause: unknown) => void;
  /** Goes on with the connection, and with these bytes of it. */
  readonly handOver: (socket: Socket, bytes: Buffer) => void;
}

export class PlainConnection {
  readonly #socket: Socket;
  readonly #options: PlainOptions;
  readonly #heads = new PlainHeadReader();
  #current: PlainRequest | undefined;
  #early: Buffer[] = [];
  #earlyBytes = 0;
  /** How often it was found without a request since the last one. The first has to come soon. */
  #idleRounds = idleRoundsMax - firstRounds;

  constructor(socket: Socket, options: PlainOptions) {
    this.#socket = socket;
    this.#options = options;
    socket.on("data", this.#onData);
    socket.on("end", this.#onEnd);
    socket.on("close", this.#onClose);
    socket.on("error", this.#onError);
  }

  /** Called now and then. */
  endIfIdle(): void {
    if (this.#current) return;
    this.#idleRounds += 1;
    if (this.#idleRounds > idleRoundsMax) this.#socket.destroy();
  }

  readonly #onData = (bytes: Buffer): void => {
    if (this.#current) return this.#keepForLater(bytes);
    const head = this.#heads.read(bytes);
    if (head && head.length + head.bodyLength === bytes.length) this.#serve(head, bytes);
    else this.#handOver(bytes);
  };

  /** As Node has it: who will send no more gets no more answers. */
  readonly #onEnd = (): void => void this.#socket.end();
  readonly #onClose = (): void => this.#current?.abort();
  /** The connection closes, and that is all there is to know. */
  readonly #onError = (): void => {};

  /** Not to read it would be not to hear that the client has gone. What is too much is not answered. */
  #keepForLater(bytes: Buffer): void {
    this.#earlyBytes += bytes.length;
    if (this.#earlyBytes <= earlyBytesMax) this.#early.push(bytes);
    else this.#early = [];
  }

  #serve(head: PlainHead, bytes: Buffer): void {
    this.#idleRounds = 0;
    const body = head.bodyLength === 0 ? nothing : bytes.subarray(head.length);
    const request = new PlainRequest(this.#socket, head, body);
    this.#current = request;
    try {
      const answer = this.#options.handler(request);
      if (answer instanceof Promise) void this.#whenAnswered(request, answer);
      else this.#answer(request, answer);
    } catch (cause) {
      this.#fail(cause);
    }
  }

  async #whenAnswered(
    request: PlainRequest,
    answer: Promise<HttpResponse | undefined>,
  ): Promise<void> {
    try {
      this.#answer(request, await answer);
    } catch (cause) {
      this.#fail(cause);
    }
  }

  #answer(request: PlainRequest, response: HttpResponse | undefined): void {
    if (!response) throw new Error("neither answered nor upgraded");
    const isLast = response.headers["connection"] === "close";
    const sent = sendPlain(request, response);
    if (sent) void this.#whenSent(sent, isLast);
    else this.#next(isLast);
  }

  async #whenSent(sent: Promise<void>, isLast: boolean): Promise<void> {
    try {
      await sent;
      this.#next(isLast);
    } catch (cause) {
      // Half of the answer is on its way: it must not be taken for the whole.
      if (!this.#socket.destroyed) this.#options.onError(cause);
      this.#socket.destroy();
    }
  }

  #next(isLast: boolean): void {
    this.#current = undefined;
    if (isLast || this.#earlyBytes > earlyBytesMax) this.#socket.end();
    else if (this.#earlyBytes > 0) this.#takeUp();
  }

  /** Who has read the whole of a long answer asks on before we know that he has. */
  #takeUp(): void {
    const bytes = Buffer.concat(this.#early);
    this.#early = [];
    this.#earlyBytes = 0;
    this.#onData(bytes);
  }

  /** A handler that throws has a bug; the client learns no more than that. */
  #fail(cause: unknown): void {
    if (this.#socket.destroyed) return;
    this.#options.onError(cause);
    this.#current = undefined;
    this.#socket.end(
      "HTTP/1.1 500 Internal Server Error\r\nconnection: close\r\ncontent-length: 0\r\n\r\n",
    );
  }

  #handOver(bytes: Buffer): void {
    const socket = this.#socket;
    socket.pause();
    socket.off("data", this.#onData);
    socket.off("end", this.#onEnd);
    socket.off("close", this.#onClose);
    this.#options.handOver(socket, bytes);
    socket.off("error", this.#onError);
  }
}

class PlainRequest implements HttpRequest {
  readonly socket: Socket;
  readonly method: string;
  readonly target: string;
  readonly headers: HttpHeaders;
  readonly #body: Buffer;
  #aborted: AbortController | undefined;

  constructor(socket: Socket, { method, target, headers }: PlainHead, body: Buffer) {
    this.socket = socket;
    this.method = method;
    this.target = target;
    this.headers = headers;
    this.#body = body;
  }

  get isHead(): boolean {
    return this.method === "HEAD";
  }

  readonly isGone = (): boolean => this.socket.destroyed;

  get peer(): HttpPeer {
    return peerOf(this.socket);
  }

  get signal(): AbortSignal {
    this.#aborted ??= new AbortController();
    if (this.socket.destroyed) this.#aborted.abort();
    return this.#aborted.signal;
  }

  abort(): void {
    this.#aborted?.abort();
  }

  body(bytesMax: number): Uint8Array {
    if (this.#body.length <= bytesMax) return this.#body;
    throw new BodyTooLarge(`the body has more than ${bytesMax} bytes`);
  }

  async *bodyStream(): AsyncGenerator<Uint8Array> {
    if (this.#body.length > 0) yield this.#body;
  }
}
