/** Puts the fast way (`http-plain.ts`) in front of Node's server, and closes connections that nobody uses. */
import type { Server } from "node:http";
import type { Server as TlsServer } from "node:https";
import type { Socket } from "node:net";
import { PlainConnection, type PlainOptions } from "./http-plain.ts";

/** How often is looked; a connection is closed after so many rounds without a request. */
const roundMs = 15_000;

export interface PlainServerOptions extends Omit<PlainOptions, "handOver"> {
  readonly isTls: boolean;
}

/** Node's own listener of connections gets those that are not plain. */
export function servePlain(
  server: Server | TlsServer,
  { isTls, ...options }: PlainServerOptions,
): Disposable {
  const event = isTls ? "secureConnection" : "connection";
  const nodes = server.listeners(event) as ((socket: Socket) => void)[];
  server.removeAllListeners(event);
  const connections = new Set<PlainConnection>();
  server.on(event, (socket: Socket) => {
    const handOver: PlainOptions["handOver"] = (handed, bytes) => {
      connections.delete(connection);
      handed.unshift(bytes);
      for (const listener of nodes) listener.call(server, handed);
      handed.resume();
    };
    const connection = new PlainConnection(socket, { ...options, handOver });
    connections.add(connection);
    socket.once("close", () => connections.delete(connection));
  });
  const rounds = setInterval(() => {
    for (const connection of connections) connection.endIfIdle();
  }, roundMs).unref();
  return { [Symbol.dispose]: () => clearInterval(rounds) };
}
