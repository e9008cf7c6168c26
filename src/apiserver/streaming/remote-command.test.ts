import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { channelProtocols, channelsOf, type ChannelProtocol } from "./channels.ts";
import { type CommandStreams, serveRemoteCommand } from "./remote-command.ts";
import { spdyConnection, type SpdyStream } from "#base/streaming/spdy.ts";
import { ByteQueue } from "#base/streaming/byte-queue.ts";
import { connectionPair, textOf } from "#base/streaming/testing.ts";
import type { Message, WebSocket } from "#base/streaming/websocket.ts";

/** A client at the other end of the socket: what it says, and what it hears. */
class Client {
  readonly heard: string[] = [];
  readonly #says = new ByteQueue();
  readonly socket: WebSocket;

  constructor(protocol: string) {
    this.socket = {
      protocol,
      messages: this.#messages(),
      send: async (...parts) => {
        const [channel = 0, ...rest] = Buffer.concat(parts);
        this.heard.push(`${channel}:${Buffer.from(rest).toString()}`);
      },
      goodbye: () => undefined,
      sendText: async (text) => void this.heard.push(text),
      close: async (code) => {
        this.heard.push(`close ${code}`);
        this.goes();
      },
    };
  }

  says(...bytes: readonly (number | string)[]): void {
    void this.#says.push(
      Buffer.concat(bytes.map((b) => Buffer.from(typeof b === "number" ? [b] : b))),
    );
  }

  goes(): void {
    this.#says.end();
  }

  async *#messages(): AsyncIterable<Message> {
    for await (const data of this.#says) yield { isText: false, data: Buffer.from(data) };
  }
}

type Command = (
  streams: ReadonlyMap<string, SpdyStream>,
  order: readonly string[],
) => Promise<void>;

/** Runs one command behind a kubelet that opens `count` streams before it starts. */
async function run(
  client: Client,
  asked: Partial<CommandStreams> & { readonly count: number },
  command: Command,
): Promise<readonly string[]> {
  const [near, far] = connectionPair();
  const streams = new Map<string, SpdyStream>();
  const server = spdyConnection(far, {
    side: "server",
    onStream: (stream) => {
      streams.set(stream.headers["streamtype"] ?? "", stream);
      if (streams.size === asked.count)
        void command(streams, [...streams.keys()]).then(() => server.destroy());
    },
  });
  const protocol = channelProtocols.get(client.socket.protocol) as ChannelProtocol;
  await serveRemoteCommand(
    { ...channelsOf(client.socket, protocol), protocol },
    spdyConnection(near, { side: "client" }),
    { stdin: false, stdout: false, stderr: false, tty: false, ...asked },
  );
  return client.heard;
}

const v5 = "v5.channel.k8s.io";
const failure = JSON.stringify({
  status: "Failure",
  message: "command terminated with exit code 3",
  reason: "NonZeroExitCode",
});

test("input goes in until the client closes it, output and status come out, then the end", async () => {
  const client = new Client(v5);
  client.says(0, "to be ");
  client.says(0, "echoed");
  client.says(255, 0);
  const heard = await run(
    client,
    { stdin: true, stdout: true, stderr: true, count: 4 },
    async (streams, order) => {
      deepEqual(order, ["error", "stdin", "stdout", "stderr"]);
      const said = await textOf(streams.get("stdin")?.incoming as ByteQueue);
      await streams.get("stderr")?.write(Buffer.from("heard"));
      await streams.get("stdout")?.write(Buffer.from(said));
      await streams.get("error")?.write(Buffer.from(failure));
      for (const stream of streams.values()) await stream.reset();
    },
  );
  deepEqual(
    [...heard].sort(),
    ["1:", "1:to be echoed", "2:heard", `3:${failure}`, "close 1000"].sort(),
  );
  equal(heard[0], "1:");
  deepEqual(heard.slice(-2), [`3:${failure}`, "close 1000"]);
});

test("a kubelet that reports nothing means success", async () => {
  const heard = await run(
    new Client("v4.channel.k8s.io"),
    { stdout: true, count: 2 },
    async () => {},
  );
  deepEqual(heard, ["1:", '3:{"metadata":{},"status":"Success"}', "close 1000"]);
});

test("the oldest protocol hears nothing of a success, and of a failure its message", async () => {
  const quiet = await run(new Client(""), { stderr: true, count: 2 }, async () => {});
  deepEqual(quiet, ["2:", "close 1000"]);
  const loud = await run(
    new Client("channel.k8s.io"),
    { stdout: true, count: 2 },
    async (streams) => {
      await streams.get("error")?.write(Buffer.from(failure));
    },
  );
  deepEqual(loud, ["1:", "3:command terminated with exit code 3", "close 1000"]);
});

test("base64 protocols carry the same in text", async () => {
  const client = new Client("v4.base64.channel.k8s.io");
  client.says("0", Buffer.from("hi").toString("base64"));
  const heard = await run(client, { stdin: true, stdout: true, count: 3 }, async (streams) => {
    for await (const chunk of streams.get("stdin")?.incoming ?? []) {
      await streams.get("stdout")?.write(chunk);
      return;
    }
  });
  deepEqual(heard.slice(0, 2), ["1", "1aGk="]);
});

test("a terminal has no stderr, and its size is passed on", async () => {
  const client = new Client(v5);
  client.says(4, '{"Width":80,"Height":24}');
  const heard = await run(
    client,
    { stdout: true, stderr: true, tty: true, count: 3 },
    async (streams, order) => {
      deepEqual(order, ["error", "stdout", "resize"]);
      for await (const chunk of streams.get("resize")?.incoming ?? []) {
        await streams.get("stdout")?.write(chunk);
        return;
      }
    },
  );
  equal(heard[1], '1:{"Width":80,"Height":24}');
});

test("a client that goes takes the command's connection with it", async () => {
  const client = new Client(v5);
  let ended = false;
  await run(client, { stdin: true, stdout: true, count: 3 }, async (streams) => {
    client.goes();
    await textOf(streams.get("stdin")?.incoming as ByteQueue);
    ended = true;
  });
  await new Promise(setImmediate);
  equal(ended, true);
});

test("a kubelet whose line breaks is reported as an internal error", async () => {
  const client = new Client(v5);
  const [near, far] = connectionPair();
  spdyConnection(far, {
    side: "server",
    onStream: ({ headers }) => {
      if (headers["streamtype"] !== "stdout") return;
      // Half a frame, then nothing.
      void far.write(Buffer.from([0, 0, 0, 3, 0, 0, 0, 9, 1])).then(() => far.end());
    },
  });
  const protocol = channelProtocols.get(v5) as ChannelProtocol;
  await serveRemoteCommand(
    { ...channelsOf(client.socket, protocol), protocol },
    spdyConnection(near, { side: "client" }),
    { stdin: false, stdout: true, stderr: false, tty: false },
  );
  const status = client.heard.find((line) => line.startsWith("3:"))?.slice(2) ?? "{}";
  equal((JSON.parse(status) as { reason: string }).reason, "InternalError");
});
