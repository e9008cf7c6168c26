import { deepEqual, equal, rejects } from "node:assert/strict";
import { Duplex, type Writable } from "node:stream";
import { test } from "node:test";
import * as ws from "ws";
import { seededRandom } from "../random.ts";
import type { ByteStream } from "../stream.ts";
import { connectionPair } from "./testing.ts";
import { acceptOf, type Message, type WebSocket, webSocketOver } from "./websocket.ts";

/** The parts of `ws` below its sockets: another implementation to hold ours against. */
const { Receiver, Sender } = ws as unknown as {
  Receiver: new (options: object) => Writable & { on: (name: string, heard: Heard) => void };
  Sender: new (socket: Duplex) => Record<"send" | "ping" | "close", (...args: unknown[]) => void>;
};
type Heard = (data: Buffer | number, extra: boolean | Buffer) => void;

interface Client {
  readonly socket: WebSocket;
  readonly sender: InstanceType<typeof Sender>;
  readonly raw: ByteStream;
  /** What the client heard, as text. */
  readonly heard: string[];
}

function connect(side: "server" | "client" = "server"): Client {
  const [near, far] = connectionPair();
  const heard: string[] = [];
  const receiver = new Receiver({ isServer: side === "client", binaryType: "nodebuffer" });
  receiver.on("message", (data, isBinary) => heard.push(`${isBinary ? "binary" : "text"} ${data}`));
  receiver.on("pong", (data) => heard.push(`pong ${data}`));
  receiver.on("conclude", (code, reason) => heard.push(`close ${code} ${reason}`));
  const out = new Duplex({
    read: () => {},
    write: (chunk: Buffer, _, done) => {
      void near.write(chunk);
      done();
    },
  });
  void (async () => {
    for await (const chunk of near.incoming) receiver.write(chunk);
  })();
  return {
    socket: webSocketOver(far, {
      protocol: "",
      ...(side === "client" ? { masks: seededRandom(1) } : {}),
    }),
    sender: new Sender(out),
    raw: near,
    heard,
  };
}

const options = { fin: true, mask: true, compress: false, binary: true };
const shown = ({ isText, data }: Message): string =>
  `${isText ? "text" : "binary"} ${data.toString()}`;

test("a key is answered as RFC 6455 has it", () => {
  equal(acceptOf("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
});

for (const side of ["server", "client"] as const) {
  test(`messages of every length come through both ways, to the ${side}`, async () => {
    const { socket, sender, heard } = connect(side);
    const lengths = [0, 1, 125, 126, 65_535, 65_536, 300_000];
    for (const length of lengths)
      sender.send(Buffer.alloc(length, "x"), { ...options, mask: side === "server" }, () => {});
    const got: number[] = [];
    for await (const { data } of socket.messages) {
      got.push(data.length);
      await socket.send(Buffer.from("<"), data);
      if (got.length === lengths.length) break;
    }
    deepEqual(got, lengths);
    await new Promise(setImmediate);
    deepEqual(
      heard.map((line) => line.length - "binary <".length),
      lengths,
    );
  });
}

test("the peer's goodbye is remembered, and a line that just ends has none", async () => {
  const { socket, sender } = connect("client");
  sender.close(1011, "out of order", false, () => {});
  deepEqual(await Array.fromAsync(socket.messages), []);
  deepEqual(socket.goodbye(), { code: 1011, reason: "out of order" });
  const cut = connect("client");
  cut.raw.end();
  deepEqual(await Array.fromAsync(cut.socket.messages), []);
  equal(cut.socket.goodbye(), undefined);
});

test("pieces become one message, with a ping between them answered", async () => {
  const { socket, sender, heard } = connect();
  sender.send("one ", { ...options, fin: false, binary: false }, () => {});
  sender.ping(Buffer.from("?"), true, () => {});
  sender.send("two", { ...options, binary: false }, () => {});
  sender.close(1000, "bye", true, () => {});
  deepEqual((await Array.fromAsync(socket.messages)).map(shown), ["text one two"]);
  deepEqual(heard, ["pong ?", "close 1000 "]);
});

test("a close of ours says why", async () => {
  const { socket, heard } = connect();
  await socket.close(1011, "out of order");
  await new Promise(setImmediate);
  deepEqual(heard, ["close 1011 out of order"]);
});

const broken: readonly (readonly [string, readonly number[], string])[] = [
  [
    "an unmasked frame",
    [0x82, 1, 65],
    "close 1002 frames are masked by the client, and only by it",
  ],
  ["a reserved bit", [0xc2, 0x80, 0, 0, 0, 0], "close 1002 reserved bits are set"],
  ["an unknown opcode", [0x83, 0x80, 0, 0, 0, 0], "close 1002 unknown opcode 3"],
  ["an unknown control frame", [0x8b, 0x80, 0, 0, 0, 0], "close 1002 unknown opcode 11"],
  [
    "a continuation of nothing",
    [0x80, 0x80, 0, 0, 0, 0],
    "close 1002 a message is continued that was not begun, or the reverse",
  ],
  ["a long ping", [0x89, 0xfe], "close 1002 a control frame is too long, or in pieces"],
  ["a message of 4 GiB", [0x82, 0xff, 0, 0, 0, 1, 0, 0, 0, 0], "close 1009 the message is too big"],
];
for (const [name, bytes, answer] of broken) {
  test(`${name} closes the connection`, async () => {
    const { socket, raw, heard } = connect();
    const reading = Array.fromAsync(socket.messages);
    await raw.write(Buffer.from([...bytes, ...(bytes[1] === 0xfe ? [0, 200] : [])]));
    deepEqual(await reading, []);
    await new Promise(setImmediate);
    deepEqual(heard, [answer]);
  });
}

test("a connection that breaks in a frame fails the reader", async () => {
  const { socket, raw } = connect();
  const reading = Array.fromAsync(socket.messages);
  await raw.write(Buffer.from([0x82, 0x85, 1, 2]));
  raw.end();
  await rejects(reading, /middle of a frame/);
});
