import { deepEqual, equal, rejects } from "node:assert/strict";
import { test } from "node:test";
import { join, type ByteStream } from "#base/stream.ts";
import { connect, listen } from "./tcp.ts";
import { bindDatagrams } from "./udp.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const plain = (message: Uint8Array): string => Buffer.from(message).toString();
const textOf = async (stream: ByteStream): Promise<string> =>
  Buffer.concat(await Array.fromAsync(stream.incoming)).toString();
const never = new AbortController().signal;

test("a connection carries bytes both ways and closes each way on its own", async () => {
  const peers: string[] = [];
  await using server = await listen({
    address: "127.0.0.1",
    port: 0,
    connected: (stream, peer) => {
      peers.push(peer.address);
      void textOf(stream).then(async (text) => {
        await stream.write(bytes(text.toUpperCase()));
        return stream.end();
      });
    },
  });
  const stream = await connect({ host: "127.0.0.1", port: server.port }, never);
  await stream.write(bytes("a"));
  await stream.write(bytes("b".repeat(1_000_000)));
  stream.end();
  equal(await textOf(stream), `A${"B".repeat(1_000_000)}`);
  await stream.closed;
  deepEqual(peers, ["127.0.0.1"]);
});

test("two connections are joined until both are done", async () => {
  await using echo = await listen({
    address: "::1",
    port: 0,
    connected: (stream) => void join(stream, stream),
  });
  await using proxy = await listen({
    address: "127.0.0.1",
    port: 0,
    connected: (stream) =>
      void connect({ host: "::1", port: echo.port }, never).then((other) => join(stream, other)),
  });
  const stream = await connect({ host: "127.0.0.1", port: proxy.port }, never);
  await stream.write(bytes("x".repeat(300_000)));
  stream.end();
  equal((await textOf(stream)).length, 300_000);
});

test("nobody there, a broken connection and an abort are errors", async () => {
  const server = await listen({
    address: "127.0.0.1",
    port: 0,
    connected: (stream) => stream.destroy(),
  });
  const { port } = server;
  const stream = await connect({ host: "127.0.0.1", port }, never);
  equal(await textOf(stream), "");
  await rejects(async () => {
    for (;;) await stream.write(bytes("x".repeat(100_000)));
  });
  await stream.closed;
  await server[Symbol.asyncDispose]();
  await rejects(connect({ host: "127.0.0.1", port }, never), { code: "ECONNREFUSED" });
  await rejects(connect({ host: "127.0.0.1", port }, AbortSignal.abort()), { name: "AbortError" });
  await rejects(connect({ path: "/k8ts/no/such/socket" }, never), { code: "ENOENT" });
});

test("closing a listener closes its connections", async () => {
  const server = await listen({ address: "127.0.0.1", port: 0, connected: () => {} });
  const stream = await connect({ host: "127.0.0.1", port: server.port }, never);
  const read = textOf(stream);
  await server[Symbol.asyncDispose]();
  equal(await read, "");
  stream.destroy();
  await stream.closed;
});

test("a port that is taken is an error", async () => {
  await using server = await listen({ address: "127.0.0.1", port: 0, connected: () => {} });
  await rejects(listen({ address: "127.0.0.1", port: server.port, connected: () => {} }), {
    code: "EADDRINUSE",
  });
});

test("datagrams find their way there and back", async () => {
  const answered = Promise.withResolvers<string>();
  await using server = await bindDatagrams({
    address: "127.0.0.1",
    port: 0,
    received: (message, from) => void server.send(bytes(`got ${plain(message)}`), from),
  });
  await using client = await bindDatagrams({
    address: "127.0.0.1",
    port: 0,
    received: (message, from) => answered.resolve(`${plain(message)} from ${from.port}`),
  });
  await client.send(bytes("hello"), { address: "127.0.0.1", port: server.port });
  equal(await answered.promise, `got hello from ${server.port}`);
  await rejects(bindDatagrams({ address: "127.0.0.1", port: server.port, received: () => {} }), {
    code: "EADDRINUSE",
  });
});

test("a datagram to nobody does no harm to the socket", async () => {
  const received = Promise.withResolvers<void>();
  await using socket = await bindDatagrams({
    address: "::1",
    port: 0,
    received: () => received.resolve(),
  });
  const gone = await bindDatagrams({ address: "::1", port: 0, received: () => {} });
  await gone[Symbol.asyncDispose]();
  await socket.send(bytes("x"), { address: "::1", port: gone.port });
  await socket.send(bytes("y"), { address: "::1", port: socket.port });
  await received.promise;
});
