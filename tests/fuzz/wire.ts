/** A client that sends whatever bytes it is given, and reads what comes back. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";

export interface Answer {
  /** 0 when the server closed the connection without a word. */
  readonly status: number;
  readonly body: string;
  /** The connection is of no more use. */
  readonly isLast: boolean;
  /** It goes on: a watch, or a connection that is no HTTP any more. */
  readonly isStream: boolean;
}

const headEnd = Buffer.from("\r\n\r\n");

export class Wire {
  readonly #socket: Socket;
  #bytes = Buffer.alloc(0);
  #isClosed = false;
  #changed: () => void = () => {};

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => {
      this.#bytes = Buffer.concat([this.#bytes, chunk]);
      this.#changed();
    });
    // A reset is an answer as good as an end: the server had enough.
    socket.on("error", () => this.#close());
    socket.on("close", () => this.#close());
    socket.on("end", () => {
      socket.end();
      this.#close();
    });
  }

  static async to(port: number): Promise<Wire> {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true, allowHalfOpen: true });
    const wire = new Wire(socket);
    await once(socket, "connect");
    return wire;
  }

  #close(): void {
    this.#isClosed = true;
    this.#changed();
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Undefined when there was no whole answer in time. */
  async ask(sent: Sent, limitMs: number): Promise<Answer | undefined> {
    this.#bytes = Buffer.alloc(0);
    this.#socket.write(sent.bytes);
    if (sent.isLast) this.#socket.end();
    return this.wait(sent, limitMs);
  }

  /** For what was asked already. */
  async wait(sent: Sent, limitMs: number): Promise<Answer | undefined> {
    const end = performance.now() + limitMs;
    for (;;) {
      const answer = this.#parsed(sent);
      if (answer) return answer;
      const left = end - performance.now();
      if (left <= 0) return undefined;
      await this.#change(left);
    }
  }

  #change(limitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, limitMs);
      this.#changed = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #parsed(sent: Sent): Answer | undefined {
    const at = this.#bytes.indexOf(headEnd);
    if (at < 0) return this.#isClosed ? unanswered : undefined;
    const head = this.#bytes.toString("latin1", 0, at).toLowerCase();
    const rest = this.#bytes.subarray(at + headEnd.length);
    const status = Number(head.slice(9, 12));
    if (status === 100) {
      this.#bytes = rest;
      return this.#parsed(sent);
    }
    if (isEndless(sent, status, head)) return { status, body: "", isLast: true, isStream: true };
    const isWhole = hasNoBody(sent, status) || this.#isClosed || isComplete(head, rest);
    if (!isWhole) return undefined;
    const isLast = sent.isLast || this.#isClosed || head.includes("connection: close");
    return { status, body: rest.toString(), isLast, isStream: false };
  }

  destroy(): void {
    this.#socket.destroy();
  }
}

export interface Sent {
  readonly bytes: Uint8Array;
  readonly method: string;
  /** The answer may never end. */
  readonly streams: boolean;
  /** Nothing can follow on this connection. */
  readonly isLast: boolean;
}

const unanswered: Answer = { status: 0, body: "", isLast: true, isStream: false };

const lengthOf = (head: string): string | undefined => /content-length: (\d+)/.exec(head)?.[1];

const hasNoBody = ({ method }: Sent, status: number): boolean =>
  method === "HEAD" || status === 204 || status === 304;

const isEndless = (sent: Sent, status: number, head: string): boolean =>
  status === 101 ||
  (sent.streams && status < 300 && !hasNoBody(sent, status) && lengthOf(head) === undefined);

function isComplete(head: string, body: Buffer): boolean {
  const length = lengthOf(head);
  return length === undefined ? chunksEnd(body) : body.length >= Number(length);
}

/** Whether the last chunk has come. */
function chunksEnd(body: Buffer): boolean {
  let at = 0;
  for (;;) {
    const line = body.indexOf("\r\n", at);
    if (line < 0) return false;
    const size = Number.parseInt(body.toString("latin1", at, line), 16);
    if (size === 0) return body.length >= line + 4;
    at = line + 2 + size + 2;
    if (Number.isNaN(size) || at > body.length) return false;
  }
}
