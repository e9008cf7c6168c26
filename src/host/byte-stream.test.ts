import { deepEqual } from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { connect } from "node:tls";
import { serveHttp } from "./http-server.ts";
import { testAuthority } from "./testing.ts";

const frames = ["one", "two", "three", "four"];

/** Says all of it at once to whoever upgrades. */
async function startTalker() {
  const authority = await testAuthority("test-ca");
  const identity = await authority.issue("CN=server", ["127.0.0.1"]);
  const server = await serveHttp({
    address: "127.0.0.1",
    port: 0,
    tls: { identity: () => identity, clientCas: () => authority.certificate },
    async handler({ upgrade }) {
      const stream = upgrade?.accept({ connection: "Upgrade", upgrade: "x" });
      for (const frame of frames) void stream?.write(Buffer.from(frame));
      stream?.end();
      return undefined;
    },
  });
  return { server, ca: authority.certificate };
}

test("what is written at once to an encrypted connection is a record for each write", async () => {
  const { server, ca } = await startTalker();
  await using _ = server;
  const socket = connect({ host: "127.0.0.1", port: server.port, ca });
  const records: string[] = [];
  socket.on("data", (record: Buffer) => records.push(record.toString()));
  socket.write("GET / HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n");
  await once(socket, "end");
  socket.end();
  const [head, ...rest] = records;
  deepEqual([head?.split("\r\n")[0], ...rest], ["HTTP/1.1 101 Switching Protocols", ...frames]);
});
