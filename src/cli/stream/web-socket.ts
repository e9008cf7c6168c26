/** From a request to a WebSocket: the client's side of the handshake. */
import { ApiError } from "#api/errors.ts";
import type { ApiResponse } from "#api/request.ts";
import type { Random } from "#base/random.ts";
import type { ByteStream } from "#base/stream.ts";
import { acceptOf, type WebSocket, webSocketOver } from "#base/streaming/websocket.ts";
import type { Client } from "#client/client.ts";
import { refuse } from "#client/typed.ts";

export interface Dialling {
  readonly client: Client;
  readonly random: Random;
  readonly signal: AbortSignal;
}

export interface Dialled {
  readonly socket: WebSocket;
  readonly stream: ByteStream;
}

/** Throws what the server refuses with. `protocols`: the preferred one first. */
export async function dialWebSocket(
  { client, random, signal }: Dialling,
  to: {
    readonly path: string;
    readonly query: URLSearchParams;
    readonly protocols: readonly string[];
  },
): Promise<Dialled> {
  const key = random.bytes(16).toBase64();
  const { response, stream } = await client.connect({
    method: "GET",
    path: to.path,
    query: to.query,
    signal,
    headers: {
      connection: "Upgrade",
      upgrade: "websocket",
      "sec-websocket-version": "13",
      "sec-websocket-key": key,
      "sec-websocket-protocol": to.protocols.join(", "),
    },
  });
  if (!stream) throw refusalOf(response);
  const { headers = {} } = response;
  const protocol = headers["sec-websocket-protocol"] ?? "";
  if (headers["sec-websocket-accept"] !== acceptOf(key) || !to.protocols.includes(protocol)) {
    stream.destroy();
    throw new Error(`unable to upgrade connection: the server agreed to "${protocol}"`);
  }
  return { stream, socket: webSocketOver(stream, { protocol, masks: random }) };
}

/** exact: kubectl. A Status is told as one, everything else in the server's words. */
function refusalOf(response: ApiResponse): unknown {
  try {
    refuse(response);
  } catch (cause) {
    if (!(cause instanceof ApiError) || response.body.is === "object") return cause;
    return new Error(`unable to upgrade connection: ${cause.message}`, { cause });
  }
  return new Error(`unable to upgrade connection: the server answered ${response.status}`);
}
