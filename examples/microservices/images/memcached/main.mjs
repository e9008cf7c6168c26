// Keeps values in memory, and speaks enough of memcached's text protocol to be used: get, set,
// delete, version, quit.
import { createServer } from "node:net";

const values = new Map();

const commands = {
  get: ([key]) => {
    const found = values.get(key);
    return found
      ? `VALUE ${key} ${found.flags} ${found.data.length}\r\n${found.data}\r\nEND`
      : "END";
  },
  delete: ([key]) => (values.delete(key) ? "DELETED" : "NOT_FOUND"),
  version: () => "VERSION k8ts-example",
};

createServer((socket) => {
  let buffer = "";
  let pending;
  socket.setEncoding("latin1");
  socket.on("error", () => socket.destroy());
  socket.on("data", (chunk) => {
    buffer += chunk;
    for (;;) {
      if (pending) {
        if (buffer.length < pending.bytes + 2) return;
        values.set(pending.key, { flags: pending.flags, data: buffer.slice(0, pending.bytes) });
        buffer = buffer.slice(pending.bytes + 2);
        pending = undefined;
        socket.write("STORED\r\n");
        continue;
      }
      const end = buffer.indexOf("\r\n");
      if (end < 0) return;
      const [name, ...words] = buffer.slice(0, end).split(" ");
      buffer = buffer.slice(end + 2);
      if (name === "set") pending = { key: words[0], flags: words[1], bytes: Number(words[3]) };
      else if (name === "quit") socket.end();
      else socket.write(`${commands[name]?.(words) ?? "ERROR"}\r\n`);
    }
  });
}).listen(11211);

process.on("SIGTERM", () => process.exit(0));
