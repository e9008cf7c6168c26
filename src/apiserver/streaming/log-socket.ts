/**
 * Bytes to read, over a WebSocket: a message for each piece, raw or as base64.
 * upstream: apimachinery/pkg/util/httpstream/wsstream/stream.go
 */
import { badRequest } from "#api/errors.ts";
import type { ApiRequest, ApiResponse } from "#api/request.ts";
import type { WebSocket } from "#base/streaming/websocket.ts";
import { acceptWebSocket, agreedProtocol } from "./websocket.ts";

const base64 = "base64.binary.k8s.io";
const protocols = ["", "binary.k8s.io", base64];

export async function serveLogSocket(
  request: ApiRequest,
  chunks: AsyncIterable<Uint8Array>,
): Promise<ApiResponse> {
  const protocol = agreedProtocol(request, protocols);
  if (protocol === undefined) throw badRequest(`unable to upgrade: only ${protocols.join(" ")}`);
  const socket = acceptWebSocket(request, protocol);
  await Promise.all([send(socket, chunks), untilClosed(socket)]);
  return { status: 101, body: { is: "upgraded" } };
}

/** The first message is empty: it tells that the connection stands. As upstream. */
async function send(socket: WebSocket, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  const isText = socket.protocol === base64;
  const tell = (piece: Uint8Array): Promise<void> =>
    isText ? socket.sendText(Buffer.from(piece).toString("base64")) : socket.send(piece);
  await tell(Buffer.alloc(0));
  for await (const piece of chunks) {
    if (socket.goodbye()) return;
    await tell(piece);
  }
  await socket.close(1000);
}

/** Nobody has anything to say to a log. */
async function untilClosed(socket: WebSocket): Promise<void> {
  for await (const _message of socket.messages) continue;
}
