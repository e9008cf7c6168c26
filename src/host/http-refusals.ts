/**
 * What is no HTTP, or too much of it, gets a short answer, and then the connection ends: not before the client could
 * read why. upstream: Go's net/http, server.go
 */
import { STATUS_CODES, type IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { HttpResponse } from "#base/http.ts";

/** Of a request line and all headers together. As Go. */
export const headBytesMax = 2 ** 20 + 4_096;
/** Reading more than these would keep everybody waiting; to leave some out could make a request mean something else. */
const headersMax = 2_000;
/** One more than is served, or nobody could tell. */
export const headersReadMax = headersMax + 1;
/** For the answer to arrive: whoever still sends when a connection is closed may never see it. */
const lingerMs = 500;

const statuses: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

const refused = new WeakSet<Duplex>();

/** What a client sends that was refused already is read, and not looked at. */
export function refuse({ code = "" }: NodeJS.ErrnoException, socket: Duplex): void {
  if (refused.has(socket)) return;
  const status = statuses[code] ?? (code.startsWith("HPE_") ? 400 : undefined);
  if (!socket.writable || status === undefined) return void socket.destroy();
  refused.add(socket);
  socket.end(answerOf(status));
  setTimeout(() => socket.destroy(), lingerMs).unref();
}

/** exact: Go */
const answerOf = (status: number): string =>
  `HTTP/1.1 ${textOf(status)}\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n${textOf(status)}`;

const textOf = (status: number): string => `${status} ${STATUS_CODES[status]}`;

export const hasTooManyHeaders = ({ rawHeaders }: IncomingMessage): boolean =>
  rawHeaders.length > 2 * headersMax;

export const tooManyHeaders: HttpResponse = {
  status: 431,
  headers: { "content-type": "text/plain; charset=utf-8", connection: "close" },
  body: Buffer.from(textOf(431)),
};
