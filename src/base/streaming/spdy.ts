/**
 * SPDY/3.1 over a connection that was upgraded: many streams in one, as exec, attach and
 * port-forward use it. Either side: the one who dialled opens odd streams, the other even ones.
 * No flow control per stream, as in upstream's github.com/moby/spdystream: a slow reader of one
 * stream slows the connection.
 */
import type { ByteStream } from "../stream.ts";
import { ByteQueue } from "./byte-queue.ts";
import {
  dataBytesMax,
  dataFrame,
  endFrame,
  pingFrame,
  readFrames,
  resetFrame,
  type SpdyFrame,
  synReplyFrame,
  synStreamFrame,
} from "./spdy-frames.ts";
import {
  decodeHeaders,
  encodeHeaders,
  HeaderDeflater,
  HeaderInflater,
  type SpdyHeaders,
} from "./spdy-headers.ts";

export interface SpdyStream {
  readonly headers: SpdyHeaders;
  /**
   * Ends when the peer half-closes or resets the stream or leaves in good order (a server does not
   * end its streams before it goes, so they are the same to a reader); fails when the line breaks.
   */
  readonly incoming: AsyncIterable<Uint8Array>;
  readonly write: (chunk: Uint8Array) => Promise<void>;
  /** Half-closes. */
  readonly end: () => Promise<void>;
  readonly reset: () => Promise<void>;
}

export interface SpdyConnection {
  /** Resolves when the peer accepted the stream; fails when it refused. */
  readonly open: (headers: SpdyHeaders) => Promise<SpdyStream>;
  /** Resolves, never fails, when the connection is closed. */
  readonly closed: Promise<void>;
  readonly destroy: () => void;
}

export interface SpdyOptions {
  readonly side: "client" | "server";
  /** Streams that the peer opens. Absent: they are refused. */
  readonly onStream?: (stream: SpdyStream) => void;
}

/** How many streams a peer may have open at once. */
const streamsMax = 1_000;

export const spdyConnection = (stream: ByteStream, options: SpdyOptions): SpdyConnection =>
  new Connection(stream, options);

class Connection implements SpdyConnection {
  readonly closed: Promise<void>;
  readonly #transport: ByteStream;
  readonly #options: SpdyOptions;
  readonly #streams = new Map<number, Stream>();
  readonly #deflater = new HeaderDeflater();
  readonly #inflater = new HeaderInflater();
  #nextId: number;

  constructor(transport: ByteStream, options: SpdyOptions) {
    this.#transport = transport;
    this.#options = options;
    this.#nextId = options.side === "client" ? 1 : 2;
    this.closed = this.#run();
  }

  readonly open = async (headers: SpdyHeaders): Promise<SpdyStream> => {
    const stream = this.#newStream(this.#nextId, headers);
    this.#nextId += 2;
    await this.send(synStreamFrame(stream.id, this.#deflater.deflate(encodeHeaders(headers))));
    await stream.accepted;
    return stream;
  };

  readonly destroy = (): void => this.#transport.destroy();

  send(frame: Uint8Array): Promise<void> {
    return this.#transport.write(frame);
  }

  forget(id: number): void {
    this.#streams.delete(id);
  }

  #newStream(id: number, headers: SpdyHeaders): Stream {
    const stream = new Stream(this, id, headers);
    this.#streams.set(id, stream);
    return stream;
  }

  async #run(): Promise<void> {
    const error = await this.#readAll();
    for (const stream of this.#streams.values()) stream.gone(error);
    this.#streams.clear();
    this.#inflater.close();
    this.#transport.destroy();
    await this.#transport.closed;
  }

  /** The error that broke the connection, if one did. */
  async #readAll(): Promise<Error | undefined> {
    try {
      for await (const frame of readFrames(this.#transport.incoming)) await this.#take(frame);
      return undefined;
    } catch (cause) {
      return new Error("the connection broke", { cause });
    }
  }

  async #take(frame: SpdyFrame): Promise<void> {
    switch (frame.is) {
      case "data":
        return this.#takeData(frame);
      case "synStream":
      case "synReply":
      case "headers":
        return this.#takeHeaders(frame);
      case "reset":
        this.#streams.get(frame.stream)?.gone(undefined);
        return this.forget(frame.stream);
      case "ping":
        return this.#isOurs(frame.id) ? undefined : this.send(pingFrame(frame.id));
      case "goAway":
      case "other":
        return undefined;
    }
  }

  async #takeData({ stream, data, fin }: SpdyFrame & { readonly is: "data" }): Promise<void> {
    const target = this.#streams.get(stream);
    if (!target) return;
    if (data.length > 0) await target.take(data);
    if (fin) target.peerEnded();
  }

  async #takeHeaders(frame: SpdyFrame & { readonly is: HeaderFrames }): Promise<void> {
    // Every block must pass the inflater, whether we know its stream or not.
    const block = await this.#inflater.inflate(frame.block);
    if (frame.is === "synStream") await this.#accept(frame.stream, decodeHeaders(block));
    const stream = this.#streams.get(frame.stream);
    if (frame.is === "synReply") stream?.accept();
    if (frame.fin) stream?.peerEnded();
  }

  async #accept(id: number, headers: SpdyHeaders): Promise<void> {
    const { onStream } = this.#options;
    const isKnown = this.#streams.has(id) || this.#isOurs(id);
    if (!onStream || isKnown || this.#streams.size >= streamsMax)
      return this.send(resetFrame(id, refused));
    const stream = this.#newStream(id, headers);
    await this.send(synReplyFrame(id, this.#deflater.deflate(encodeHeaders({}))));
    stream.accept();
    onStream(stream);
  }

  #isOurs(id: number): boolean {
    return id % 2 === (this.#options.side === "client" ? 1 : 0);
  }
}

type HeaderFrames = "synStream" | "synReply" | "headers";

/** Statuses of a reset. */
const refused = 3;
const cancelled = 5;

class Stream implements SpdyStream {
  readonly id: number;
  readonly headers: SpdyHeaders;
  readonly incoming = new ByteQueue();
  readonly #connection: Connection;
  readonly #accepted = Promise.withResolvers<void>();
  #isEnded = false;
  #isPeerEnded = false;

  constructor(connection: Connection, id: number, headers: SpdyHeaders) {
    this.#connection = connection;
    this.id = id;
    this.headers = headers;
    // Whoever opens a stream awaits this; of a stream that the peer opened nobody does.
    this.#accepted.promise.catch(() => this.incoming.end());
  }

  get accepted(): Promise<void> {
    return this.#accepted.promise;
  }

  readonly write = async (chunk: Uint8Array): Promise<void> => {
    if (this.#isEnded) throw new Error("the stream was ended");
    for (let at = 0; at < chunk.length; at += dataBytesMax)
      await this.#connection.send(dataFrame(this.id, chunk.subarray(at, at + dataBytesMax)));
  };

  readonly end = async (): Promise<void> => {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#forgetWhenDone();
    await this.#connection.send(endFrame(this.id));
  };

  readonly reset = async (): Promise<void> => {
    if (this.#isEnded && this.#isPeerEnded) return;
    this.gone(undefined);
    this.#connection.forget(this.id);
    await this.#connection.send(resetFrame(this.id, cancelled));
  };

  accept(): void {
    this.#accepted.resolve();
  }

  take(chunk: Uint8Array): Promise<void> {
    return this.incoming.push(chunk);
  }

  peerEnded(): void {
    this.#isPeerEnded = true;
    this.incoming.end();
    this.#forgetWhenDone();
  }

  /** Nothing more will come or go. */
  gone(error: Error | undefined): void {
    this.#isEnded = true;
    this.#accepted.reject(error ?? new Error("the peer refused the stream"));
    if (error) this.incoming.fail(error);
    else this.incoming.end();
  }

  #forgetWhenDone(): void {
    if (this.#isEnded && this.#isPeerEnded) this.#connection.forget(this.id);
  }
}
