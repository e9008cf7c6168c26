/** Raw connections, in and out. */
import { once } from "node:events";
import { connect as connectSocket, createServer, type AddressInfo, type Socket } from "node:net";
import type { Connect, Listen } from "#base/tcp.ts";
import { byteStreamOf } from "./byte-stream.ts";

export const connect: Connect = async (address, signal) => {
  signal.throwIfAborted();
  const socket = connectSocket({ ...address, allowHalfOpen: true, noDelay: true });
  try {
    await once(socket, "connect", { signal });
  } catch (cause) {
    socket.destroy();
    throw cause;
  }
  return byteStreamOf(socket);
};

export const listen: Listen = async ({ address, port, connected }) => {
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    open.add(socket);
    socket.once("close", () => open.delete(socket));
    connected(byteStreamOf(socket), { address: socket.remoteAddress ?? "" });
  });
  server.listen(port, address);
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
};
