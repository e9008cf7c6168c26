/** Responses written straight to the socket: whole ones in a single piece, streams chunk by chunk. */
import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { HttpHeaders, HttpResponse } from "#base/http.ts";
import { drained } from "./byte-stream.ts";
import { valuesOf } from "./http-response.ts";

/** What is longer is sent from where it is, rather than copied behind what comes before it. */
const copiedBytesMax = 64 * 1024;

export interface Sending {
  readonly socket: Socket;
  /** The answer to HEAD has no body, though its head speaks of one. */
  readonly isHead: boolean;
  readonly isGone: () => boolean;
}

/** Sent when it returns, or when what it returns resolves. */
export function sendPlain(to: Sending, response: HttpResponse): void | Promise<void> {
  const { body } = response;
  if (body === undefined || body instanceof Uint8Array) return sendWhole(to, response, body);
  if (isPieces(body)) return sendPieces(to, response, body);
  return sendStream(to, response, body);
}

const hasNoBody = (status: number): boolean => status === 204 || status === 304;

const isPieces = (body: object): body is readonly Uint8Array[] => Array.isArray(body);

function sendWhole(
  { socket, isHead }: Sending,
  { status, headers }: HttpResponse,
  body: Uint8Array | undefined,
): void | Promise<void> {
  const length = body?.length ?? 0;
  const isBare = hasNoBody(status);
  const isSaid = isBare || headers["content-length"] !== undefined;
  const head = headOf(status, headers) + ending(isSaid ? -1 : length, false);
  if (!body || isHead || isBare) return written(socket, socket.write(head, "latin1"));
  if (length > copiedBytesMax) return sendInTurn(socket, head, [body]);
  const message = Buffer.allocUnsafe(head.length + length);
  message.write(head, "latin1");
  message.set(body, head.length);
  return written(socket, socket.write(message));
}

/** Whoever does not read what was answered is not read from either. */
const written = (socket: Socket, isRoom: boolean): void | Promise<void> => {
  if (!isRoom) return drained(socket);
};

function sendPieces(
  { socket, isHead }: Sending,
  { status, headers }: HttpResponse,
  pieces: readonly Uint8Array[],
): void | Promise<void> {
  let length = 0;
  for (const piece of pieces) length += piece.length;
  const head = headOf(status, headers) + ending(length, false);
  return isHead ? written(socket, socket.write(head, "latin1")) : sendInTurn(socket, head, pieces);
}

/** What leaves together is copied into one piece first, by TLS as well: small ones are, and a large one goes alone. */
async function sendInTurn(
  socket: Socket,
  head: string,
  pieces: readonly Uint8Array[],
): Promise<void> {
  let small: Uint8Array = Buffer.from(head, "latin1");
  for (const piece of pieces) {
    if (small.length + piece.length <= copiedBytesMax) {
      small = Buffer.concat([small, piece]);
      continue;
    }
    if (small.length > 0) await passedOn(socket, small);
    small = nothing;
    if (piece.length > copiedBytesMax) await passedOn(socket, piece);
    else small = piece;
  }
  if (small.length > 0) await written(socket, socket.write(small));
}

const nothing = Buffer.alloc(0);

/** Resolves when the socket has it, or never will. */
const passedOn = (socket: Socket, bytes: Uint8Array): Promise<void> =>
  new Promise((resolve) => void socket.write(bytes, () => resolve()));

/** Ends early when the peer goes: the source is told by its `return`. Chunks are only marked where no length is said. */
async function sendStream(
  { socket, isHead, isGone }: Sending,
  { status, headers }: HttpResponse,
  body: AsyncIterable<Uint8Array>,
): Promise<void> {
  const isBare = hasNoBody(status);
  const isSized = isBare || headers["content-length"] !== undefined;
  const send = isSized ? sendBytes : sendChunk;
  // A watch must be known to have begun before anything happens.
  socket.write(headOf(status, headers) + ending(-1, !isSized), "latin1");
  const iterator = body[Symbol.asyncIterator]();
  if (isHead || isBare) return void (await iterator.return?.());
  let stopWaiting = (): void => {};
  const onClose = (): void => stopWaiting();
  socket.once("close", onClose);
  while (!isGone()) {
    // A race would hold on to every chunk that was ever waited for.
    const next = await new Promise<IteratorResult<Uint8Array> | undefined>((resolve, reject) => {
      stopWaiting = () => resolve(undefined);
      iterator.next().then(resolve, reject);
    });
    if (!next) break;
    if (next.done) {
      socket.off("close", onClose);
      if (!isSized) socket.write("0\r\n\r\n", "latin1");
      return;
    }
    if (!send(socket, next.value)) await drained(socket);
  }
  socket.off("close", onClose);
  await iterator.return?.();
}

const sendBytes = (socket: Socket, bytes: Uint8Array): boolean => socket.write(bytes);

/** An empty chunk would be the last one. */
function sendChunk(socket: Socket, chunk: Uint8Array): boolean {
  if (chunk.length === 0) return true;
  socket.cork();
  socket.write(`${chunk.length.toString(16)}\r\n`, "latin1");
  socket.write(chunk);
  const isRoom = socket.write("\r\n", "latin1");
  socket.uncork();
  return isRoom;
}

/** Of headers that never change: most answers have one of a few. */
const heads = new WeakMap<HttpHeaders, { readonly status: number; readonly text: string }>();

function headOf(status: number, headers: HttpHeaders): string {
  const known = heads.get(headers);
  if (known?.status === status) return known.text;
  const text = headText(status, headers);
  if (Object.isFrozen(headers)) heads.set(headers, { status, text });
  return text;
}

/** As in Node's own head: what stands in no field may not stand in ours. */
const forbiddenInValue = /[^\t\x20-\x7e\x80-\xff]/;
const forbiddenInName = /[^\w!#$%&'*+.^`|~-]/;

function headText(status: number, headers: HttpHeaders): string {
  let text = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "unknown"}\r\n`;
  for (const name in headers) {
    const value = headers[name];
    if (value === undefined) continue;
    for (const one of valuesOf(name, value)) {
      if (forbiddenInName.test(name) || forbiddenInValue.test(one))
        throw new TypeError(
          `the header ${JSON.stringify(name)} has a character that none may have`,
        );
      text += `${name}: ${one}\r\n`;
    }
  }
  return headers["connection"] === undefined ? `${text}${stays}` : text;
}

const stays = "connection: keep-alive\r\nkeep-alive: timeout=150\r\n";

/** The length is left out when it is negative. */
function ending(length: number, isChunked: boolean): string {
  if (isChunked) return `transfer-encoding: chunked\r\ndate: ${dateText()}\r\n\r\n`;
  if (length < 0) return `date: ${dateText()}\r\n\r\n`;
  return `content-length: ${length}\r\ndate: ${dateText()}\r\n\r\n`;
}

let second = { at: 0, text: "" };

function dateText(): string {
  const now = Math.floor(Date.now() / 1_000);
  if (now !== second.at) second = { at: now, text: new Date(now * 1_000).toUTCString() };
  return second.text;
}
