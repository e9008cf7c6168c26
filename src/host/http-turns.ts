/**
 * One request of a connection at a time. Node's server begins all that came, and goes deaf when one of them has more
 * body than anybody reads: then it never learns that the client has gone. So few may wait, and none with a large body;
 * the others are not served, and the connection ends with those that were. Clients ask again what was not answered.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";

const waitingMax = 64;

interface Turn {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly begin: () => void;
}

/** Of a connection with a request under way. */
class Line {
  readonly #socket: Socket;
  readonly #waiting: Turn[] = [];
  /** Nobody is let in any more. */
  #isClosed = false;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  serve({ request, response, begin }: Turn): void {
    delete (request as Partial<IncomingMessage>).push;
    response.once("close", () => this.#next());
    begin();
  }

  wait(turn: Turn): void {
    if (this.#waiting.length >= waitingMax) this.#isClosed = true;
    if (this.#isClosed) return void turn.request.resume();
    this.#waiting.push(turn);
    onOverflow(turn.request, () => this.#closeBefore(turn));
  }

  #closeBefore(turn: Turn): void {
    this.#isClosed = true;
    const refused = this.#waiting.splice(this.#waiting.indexOf(turn));
    for (const { request } of refused) request.resume();
  }

  #next(): void {
    const isOver = this.#socket.destroyed || this.#socket.writableEnded;
    const next = isOver ? undefined : this.#waiting.shift();
    if (next) return this.serve(next);
    lines.delete(this.#socket);
    if (this.#isClosed) this.#socket.end();
  }
}

const lines = new WeakMap<Socket, Line>();

/** Begins when every earlier request of the connection was answered. */
export function inTurn(turn: Turn): void {
  const { socket } = turn.request;
  const line = lines.get(socket);
  if (line) return line.wait(turn);
  const first = new Line(socket);
  lines.set(socket, first);
  first.serve(turn);
}

/** Calls back when more of a body came than it holds before it stops reading. */
function onOverflow(request: IncomingMessage, overflow: () => void): void {
  request.push = (chunk: unknown, encoding?: BufferEncoding) => {
    delete (request as Partial<IncomingMessage>).push;
    const hasRoom = request.push(chunk, encoding);
    if (chunk !== null && !hasRoom) overflow();
    else onOverflow(request, overflow);
    return hasRoom;
  };
}
