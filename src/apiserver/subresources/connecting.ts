/**
 * Connections to a container (exec, attach, port-forward): from whatever the client speaks to what
 * the kubelet speaks. A SPDY client is joined with the kubelet byte for byte; a WebSocket client's
 * messages are translated.
 */
import { badRequest } from "#api/errors.ts";
import type { ApiResponse } from "#api/request.ts";
import type { HttpHeaders } from "#base/http.ts";
import { type ByteStream, join } from "#base/stream.ts";
import { attributesOf, demand } from "../stages/authorize.ts";
import { spdyConnection, type SpdyConnection } from "#base/streaming/spdy.ts";
import { acceptWebSocket, agreedProtocol, isWebSocketRequest } from "../streaming/websocket.ts";
import type { WebSocket } from "#base/streaming/websocket.ts";
import { refusalOf, unreachable } from "./kubelet-answer.ts";
import { nodeOf, podOf } from "./kubelet-target.ts";
import type { SubresourceCall } from "./subresource.ts";

const versionHeader = "x-stream-protocol-version";

export interface Connection {
  /** At the kubelet, query and all. */
  readonly path: string;
  /** What is spoken inside SPDY, for clients that cannot say. */
  readonly protocol: string;
  /** WebSocket subprotocols, the preferred one first. */
  readonly webSockets: readonly string[];
  /** Serves a WebSocket client until it has gone. */
  readonly serve: (socket: WebSocket, kubelet: Dialled) => Promise<void>;
}

export interface Dialled {
  readonly stream: ByteStream;
  /** The stream, spoken to in SPDY. */
  readonly spdy: () => SpdyConnection;
}

export async function connect(call: SubresourceCall, connection: Connection): Promise<ApiResponse> {
  const { request } = call.context;
  if (isWebSocketRequest(request)) await serveWebSocket(call, connection);
  else await joinSpdy(call, connection);
  return { status: 101, body: { is: "upgraded" } };
}

async function serveWebSocket(call: SubresourceCall, connection: Connection): Promise<void> {
  const { request } = call.context;
  await demandCreation(call);
  const protocol = agreedProtocol(request, connection.webSockets);
  if (protocol === undefined)
    throw badRequest(
      `unable to upgrade: the client speaks none of [${connection.webSockets.join(" ")}]`,
    );
  // The kubelet first: what it refuses can still be told in HTTP.
  const { stream } = await dial(call, connection.path, connection.protocol);
  try {
    const socket = acceptWebSocket(request, protocol);
    await connection.serve(socket, {
      stream,
      spdy: () => spdyConnection(stream, { side: "client" }),
    });
  } finally {
    stream.destroy();
  }
}

/**
 * A WebSocket begins with GET, for which roles allow reading; what it does is what POST does.
 * upstream: feature AuthorizePodWebsocketUpgradeCreatePermission
 */
function demandCreation({ context, ports }: SubresourceCall): void | Promise<void> {
  return demand(ports.authorizer, { ...attributesOf(context), verb: "create" });
}

async function joinSpdy(call: SubresourceCall, { path }: Connection): Promise<void> {
  const { upgrade, headers } = call.context.request;
  // exact: apiserver
  if (!upgrade || !headers["upgrade"]?.toLowerCase().startsWith("spdy/3.1"))
    throw badRequest("Upgrade request required");
  const { stream, headers: answered } = await dial(call, path, headers[versionHeader]);
  try {
    const client = upgrade.accept({
      connection: "Upgrade",
      upgrade: "SPDY/3.1",
      [versionHeader]: answered[versionHeader],
    });
    // That one of the two breaks off is how most of these end.
    await Promise.allSettled([join(client, stream)]);
  } finally {
    stream.destroy();
  }
}

async function dial(
  call: SubresourceCall,
  path: string,
  protocol: string | undefined,
): Promise<{ readonly stream: ByteStream; readonly headers: HttpHeaders }> {
  const { context, ports } = call;
  const node = nodeOf(call, podOf(call));
  const headers = {
    connection: "Upgrade",
    upgrade: "SPDY/3.1",
    ...(protocol === undefined ? {} : { [versionHeader]: protocol }),
  };
  const { answer, stream } = await ports.kubelets
    .upgrade(node, path, { method: "POST", headers })
    .catch((cause: unknown) => {
      throw unreachable(cause);
    });
  if (!stream) throw await refusalOf(answer, context.info);
  return { stream, headers: answer.headers };
}
