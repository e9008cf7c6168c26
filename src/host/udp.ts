/** Datagram sockets. */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import type { BindDatagrams } from "#base/datagram.ts";

export const bindDatagrams: BindDatagrams = async ({ address, port, received }) => {
  const socket = createSocket({ type: address.includes(":") ? "udp6" : "udp4" });
  socket.on("message", (message, from) => received(message, from));
  socket.bind(port, address);
  try {
    await once(socket, "listening");
  } catch (cause) {
    socket.close();
    throw cause;
  }
  // A peer that went away makes a later receive fail (ECONNREFUSED); the socket stays good.
  socket.on("error", () => {});
  return {
    port: socket.address().port,
    send: (message, to) =>
      new Promise((resolve, reject) => {
        socket.send(message, to.port, to.address, (cause) => (cause ? reject(cause) : resolve()));
      }),
    async [Symbol.asyncDispose]() {
      const closed = once(socket, "close");
      socket.close();
      await closed;
    },
  };
};
