/** The server's side of a WebSocket's handshake (RFC 6455): what is asked for, and the answer. */
import { badRequest } from "#api/errors.ts";
import type { ApiRequest } from "#api/request.ts";
import { acceptOf, type WebSocket, webSocketOver } from "#base/streaming/websocket.ts";

export const isWebSocketRequest = ({ headers, upgrade }: ApiRequest): boolean =>
  upgrade !== undefined && headers["upgrade"]?.toLowerCase() === "websocket";

/** The first protocol of `supported` that the client also speaks; undefined when there is none. */
export function agreedProtocol(
  { headers }: ApiRequest,
  supported: readonly string[],
): string | undefined {
  const header = headers["sec-websocket-protocol"] ?? "";
  if (header === "") return supported.includes("") ? "" : undefined;
  const offered = new Set(header.split(",").map((name) => name.trim()));
  return supported.find((name) => offered.has(name));
}

/** Answers 101. Throws BadRequest when the handshake is not one. */
export function acceptWebSocket(request: ApiRequest, protocol: string): WebSocket {
  const key = request.headers["sec-websocket-key"];
  if (!request.upgrade || !key || request.headers["sec-websocket-version"] !== "13")
    throw badRequest("the request is no WebSocket handshake of version 13");
  const stream = request.upgrade.accept({
    upgrade: "websocket",
    connection: "Upgrade",
    "sec-websocket-accept": acceptOf(key),
    ...(protocol === "" ? {} : { "sec-websocket-protocol": protocol }),
  });
  return webSocketOver(stream, { protocol });
}
