import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { tunnelOf } from "#base/streaming/websocket-tunnel.ts";
import { join } from "#base/stream.ts";
import { ByteQueue } from "#base/streaming/byte-queue.ts";
import { serveForwardedPorts } from "./port-forward.ts";
import { spdyConnection } from "#base/streaming/spdy.ts";
import { connectionPair, textOf } from "#base/streaming/testing.ts";
import type { Message, WebSocket } from "#base/streaming/websocket.ts";

test("each port gets a data and an error channel that begin with its number", async () => {
  const [near, far] = connectionPair();
  const seen: string[] = [];
  spdyConnection(far, {
    side: "server",
    onStream: (stream) => {
      const { streamtype, port, requestid } = stream.headers;
      seen.push(`${streamtype} ${port} ${requestid}`);
      void (async () => {
        for await (const chunk of stream.incoming)
          await stream.write(Buffer.from(`${port} got ${Buffer.from(chunk).toString()}`));
        if (streamtype === "error" && port === "81") await stream.write(Buffer.from("refused"));
        await stream.end();
      })();
    },
  });
  const says = new ByteQueue();
  const heard: string[] = [];
  async function* messages() {
    for await (const chunk of says)
      yield { channel: chunk[0] ?? 0, data: Buffer.from(chunk.slice(1)) };
  }
  await says.push(Buffer.from("\0hello"));
  await serveForwardedPorts(
    {
      messages: messages(),
      send: async (channel, data) => {
        heard.push(`${channel}:${Buffer.from(data).toString("latin1")}`);
        if (
          heard.some((line) => line.includes("got")) &&
          heard.some((line) => line.includes("refused"))
        )
          says.end();
      },
      close: async (code) => void heard.push(`close ${code}`),
    },
    spdyConnection(near, { side: "client" }),
    [80, 81],
  );
  deepEqual(seen.toSorted(), ["data 80 0", "data 81 1", "error 80 0", "error 81 1"]);
  deepEqual(heard.toSorted(), [
    "0:80 got hello",
    "0:P\0",
    "1:P\0",
    "2:Q\0",
    "3:Q\0",
    "3:refused",
    "close 1000",
  ]);
  equal(heard.at(-1), "close 1000");
});

test("a tunnel carries bytes as they are, and ends with its client", async () => {
  const [near, far] = connectionPair();
  const heard: string[] = [];
  const says = new ByteQueue();
  async function* messages(): AsyncIterable<Message> {
    for await (const data of says) yield { isText: false, data: Buffer.from(data) };
  }
  const socket: WebSocket = {
    protocol: "SPDY/3.1+portforward.k8s.io",
    messages: messages(),
    send: async (...parts) => void heard.push(Buffer.concat(parts).toString()),
    goodbye: () => undefined,
    sendText: async () => {},
    close: async () => says.end(),
  };
  const joined = join(tunnelOf(socket), near);
  await says.push(Buffer.from("ping"));
  await far.write(Buffer.from("pong"));
  says.end();
  equal(await textOf(far.incoming), "ping");
  far.end();
  await joined;
  deepEqual(heard, ["pong"]);
});
