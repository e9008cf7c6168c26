/** The bytes in the messages of a WebSocket, as a connection: how SPDY passes proxies. */
import type { ByteStream } from "../stream.ts";
import type { WebSocket } from "./websocket.ts";

export function tunnelOf(socket: WebSocket): ByteStream {
  const closed = Promise.withResolvers<void>();
  async function* incoming(): AsyncIterable<Uint8Array> {
    try {
      for await (const { data } of socket.messages) yield data;
    } finally {
      closed.resolve();
    }
  }
  const close = (): void => void socket.close(1000).then(closed.resolve, closed.resolve);
  return {
    incoming: incoming(),
    write: (chunk) => socket.send(chunk),
    end: close,
    destroy: close,
    closed: closed.promise,
  };
}
