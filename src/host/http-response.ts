/** Sends a response: whole bodies with their length and in one piece, streams chunk by chunk. */
import type { ServerResponse } from "node:http";
import type { HttpHeaders, HttpResponse } from "#base/http.ts";
import { drained } from "./byte-stream.ts";

export async function writeResponse(
  response: ServerResponse,
  { status, headers, body }: HttpResponse,
): Promise<void> {
  if (body === undefined || body instanceof Uint8Array) {
    response.writeHead(status, rawHeaders(headers, mayHaveBody(status) ? (body?.length ?? 0) : -1));
    response.end(body);
    return;
  }
  if (isPieces(body)) return writePieces(response, { status, headers, pieces: body });
  response.writeHead(status, rawHeaders(headers, -1));
  // A watch must be known to have begun before anything happens.
  response.flushHeaders();
  await writeStream(response, body);
}

const isPieces = (body: object): body is readonly Uint8Array[] => Array.isArray(body);

const mayHaveBody = (status: number): boolean => status !== 204 && status !== 304;

/** Cookies cannot stand behind each other in one header: here, each has a line of its own. */
export const valuesOf = (name: string, value: string): readonly string[] =>
  name === "set-cookie" ? value.split("\n") : [value];

/** In Node's flat form; the length is left out when negative. */
function rawHeaders(headers: HttpHeaders, length: number): string[] {
  const raw: string[] = [];
  for (const name in headers) {
    const value = headers[name];
    if (value === undefined) continue;
    for (const one of valuesOf(name, value)) raw.push(name, one);
  }
  if (length >= 0 && headers["content-length"] === undefined)
    raw.push("content-length", String(length));
  return raw;
}

interface Pieces {
  readonly status: number;
  readonly headers: HttpHeaders;
  readonly pieces: readonly Uint8Array[];
}

async function writePieces(
  response: ServerResponse,
  { status, headers, pieces }: Pieces,
): Promise<void> {
  let length = 0;
  for (const piece of pieces) length += piece.length;
  response.writeHead(status, rawHeaders(headers, length));
  response.cork();
  for (const piece of pieces) {
    if (response.write(piece)) continue;
    // Corked pieces leave together, but no more of them than the buffer holds.
    response.uncork();
    if (response.writableNeedDrain) await drained(response);
    response.cork();
  }
  response.uncork();
  response.end();
}

/** Ends early when the peer goes: the source is told by its `return`. */
async function writeStream(
  response: ServerResponse,
  body: AsyncIterable<Uint8Array>,
): Promise<void> {
  const iterator = body[Symbol.asyncIterator]();
  let stopWaiting = (): void => {};
  response.once("close", () => stopWaiting());
  while (!response.destroyed) {
    // A race would hold on to every chunk that was ever waited for.
    const next = await new Promise<IteratorResult<Uint8Array> | undefined>((resolve, reject) => {
      stopWaiting = () => resolve(undefined);
      iterator.next().then(resolve, reject);
    });
    if (!next) break;
    if (next.done) return void response.end();
    if (!response.write(next.value)) await drained(response);
  }
  await iterator.return?.();
}
