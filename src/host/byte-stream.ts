/** A socket, plain or TLS, as a `ByteStream`. */
import type { Socket } from "node:net";
import type { Writable } from "node:stream";
import { TLSSocket } from "node:tls";
import type { ByteStream } from "#base/stream.ts";

/** `head`: what was read from the socket before it was handed over. */
export function byteStreamOf(socket: Socket, head?: Uint8Array): ByteStream {
  if (head && head.length > 0) socket.unshift(head);
  if (socket instanceof TLSSocket) keepWritesApart(socket);
  // Every failure is told to whoever reads, writes or waits; unheard it would end the process.
  socket.on("error", ignore);
  const closed = new Promise<void>((resolve) => {
    if (socket.closed) resolve();
    else socket.once("close", () => resolve());
  });
  return {
    incoming: { [Symbol.asyncIterator]: () => readFrom(socket) },
    write: (chunk) => writeTo(socket, chunk),
    end: () => void socket.end(),
    destroy: () => void socket.destroy(),
    closed,
  };
}

/**
 * Each write is a record of its own, as Go's programs write them. Joined in one record, a client that waits at the
 * socket for every frame, as Python's does, finds nothing there: TLS has read what is left of the record already.
 */
function keepWritesApart(socket: TLSSocket): void {
  const writer: { _writev?: unknown } = socket;
  writer._writev = null;
}

const ignore = (): void => {};

const readFrom = (socket: Socket): AsyncIterator<Uint8Array> =>
  socket.iterator({ destroyOnReturn: false }) as AsyncIterator<Uint8Array>;

async function writeTo(socket: Socket, chunk: Uint8Array): Promise<void> {
  if (!socket.writable) throw socket.errored ?? new Error("the connection is closed");
  if (socket.write(chunk)) return;
  await drained(socket);
  if (socket.destroyed) throw socket.errored ?? new Error("the connection is closed");
}

/** Resolves when more may be written, or when nothing ever will be. */
export async function drained(stream: Writable): Promise<void> {
  if (stream.destroyed || !stream.writableNeedDrain) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  stream.once("drain", resolve);
  stream.once("close", resolve);
  await promise;
  stream.removeListener("drain", resolve);
  stream.removeListener("close", resolve);
}
