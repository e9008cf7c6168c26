import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { test } from "node:test";
import { constants, createDeflate, createInflate } from "node:zlib";
import { spdyConnection, type SpdyStream } from "./spdy.ts";
import { readFrames, resetFrame, synStreamFrame } from "./spdy-frames.ts";
import {
  decodeHeaders,
  dictionary,
  encodeHeaders,
  HeaderDeflater,
  HeaderInflater,
} from "./spdy-headers.ts";
import { connectionPair, textOf } from "./testing.ts";

const block = (headers: Record<string, string>): Buffer => encodeHeaders(headers);

async function through(stream: NodeJS.ReadWriteStream, bytes: Buffer): Promise<Buffer> {
  const chunks: Buffer[] = [];
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  await new Promise<void>((resolve) => void stream.write(bytes, () => resolve()));
  stream.removeAllListeners("data");
  return Buffer.concat(chunks);
}

test("the compressed stream starts as every SPDY/3 one: deflate with the dictionary e3c6a7c2", () => {
  const bytes = new HeaderDeflater().deflate(block({}));
  equal(bytes.subarray(0, 6).toString("hex"), "78bbe3c6a7c2");
});

test("zlib reads our blocks one by one, and we read zlib's", async () => {
  const [inflate, deflate] = [
    createInflate({ dictionary, flush: constants.Z_SYNC_FLUSH }),
    createDeflate({ dictionary, flush: constants.Z_SYNC_FLUSH }),
  ];
  const [ours, theirs] = [new HeaderDeflater(), new HeaderInflater()];
  for (const headers of [
    { streamtype: "error" },
    { streamtype: "stdin", "x-y": "z".repeat(70_000) },
  ]) {
    const plain = block(headers);
    deepEqual(decodeHeaders(await through(inflate, ours.deflate(plain))), headers);
    if (plain.length < 60_000) {
      const compressed = await through(deflate, plain);
      deepEqual(decodeHeaders(await theirs.inflate(compressed)), headers);
    }
  }
});

test("headers that inflate to more than 64 KiB break the connection", async () => {
  const compressed = new HeaderDeflater().deflate(block({ bomb: "a".repeat(100_000) }));
  await rejects(new HeaderInflater().inflate(compressed), /huge headers/);
});

/** A server that answers each stream with what it hears, in capitals. */
function shoutingServer(stream: Parameters<typeof spdyConnection>[0]): SpdyStream[] {
  const seen: SpdyStream[] = [];
  spdyConnection(stream, {
    side: "server",
    onStream: (opened) => {
      seen.push(opened);
      void (async () => {
        for await (const chunk of opened.incoming)
          await opened.write(Buffer.from(Buffer.from(chunk).toString().toUpperCase()));
        await opened.end();
      })();
    },
  });
  return seen;
}

test("streams carry bytes both ways and end each way on its own", async () => {
  const [near, far] = connectionPair();
  const seen = shoutingServer(far);
  const client = spdyConnection(near, { side: "client" });
  const [one, two] = [
    await client.open({ streamType: "stdin" }),
    await client.open({ streamType: "stdout" }),
  ];
  await one.write(Buffer.from("hello "));
  await two.write(Buffer.from("other"));
  await one.write(Buffer.from("world"));
  await one.end();
  equal(await textOf(one.incoming), "HELLO WORLD");
  await two.end();
  equal(await textOf(two.incoming), "OTHER");
  deepEqual(
    seen.map(({ headers }) => headers),
    [{ streamtype: "stdin" }, { streamtype: "stdout" }],
  );
  client.destroy();
  await client.closed;
});

test("a reset by the peer ends the stream after what came before it", async () => {
  const [near, far] = connectionPair();
  spdyConnection(far, {
    side: "server",
    onStream: (stream) => void stream.write(Buffer.from("last words")).then(stream.reset),
  });
  const client = spdyConnection(near, { side: "client" });
  const stream = await client.open({});
  equal(await textOf(stream.incoming), "last words");
  await rejects(stream.write(Buffer.from("too late")), /was ended/);
});

test("a side that takes no streams refuses them", async () => {
  const [near, far] = connectionPair();
  spdyConnection(far, { side: "server" });
  await rejects(spdyConnection(near, { side: "client" }).open({}), /refused the stream/);
});

test("a stream with an id of our own side is refused, and the connection lives on", async () => {
  const [near, far] = connectionPair();
  const opened: SpdyStream[] = [];
  spdyConnection(far, { side: "server", onStream: (stream) => void opened.push(stream) });
  const deflater = new HeaderDeflater();
  await near.write(synStreamFrame(2, deflater.deflate(block({}))));
  await near.write(synStreamFrame(1, deflater.deflate(block({ a: "b" }))));
  const answers: string[] = [];
  for await (const frame of readFrames(near.incoming)) {
    answers.push(frame.is);
    if (answers.length === 2) break;
  }
  deepEqual(answers, ["reset", "synReply"]);
  equal(opened.length, 1);
});

test("pings of the peer come back, its answers to ours do not", async () => {
  const [near, far] = connectionPair();
  spdyConnection(far, { side: "server" });
  const ping = (id: number): Buffer => Buffer.from([0x80, 3, 0, 6, 0, 0, 0, 4, 0, 0, 0, id]);
  await near.write(ping(2));
  await near.write(ping(1));
  for await (const frame of readFrames(near.incoming)) {
    deepEqual(frame, { is: "ping", id: 1 });
    break;
  }
});

test("a broken frame ends the connection and fails its streams", async () => {
  const [near, far] = connectionPair();
  const opened = Promise.withResolvers<SpdyStream>();
  const server = spdyConnection(far, { side: "server", onStream: opened.resolve });
  await near.write(synStreamFrame(1, new HeaderDeflater().deflate(block({}))));
  const stream = await opened.promise;
  await near.write(Buffer.from([0, 0, 0, 1, 0, 0, 0, 9, 1, 2]));
  near.end();
  await rejects(textOf(stream.incoming), /the connection broke/);
  await server.closed;
});

test("a slow reader holds its sender back", async () => {
  const [near, far] = connectionPair(1_000);
  spdyConnection(far, { side: "server", onStream: () => {} });
  const client = spdyConnection(near, { side: "client" });
  const stream = await client.open({});
  let written = 0;
  const writing = (async () => {
    for (; written < 1_000; written++) await stream.write(Buffer.alloc(1_000));
  })();
  for (let turn = 0; turn < 5_000; turn++) await Promise.resolve();
  ok(written < 1_000, `${written} of 1000 chunks were taken from a reader that never reads`);
  client.destroy();
  await Promise.race([writing, client.closed]);
});

test("a reset frame for an unknown stream does no harm", async () => {
  const [near, far] = connectionPair();
  shoutingServer(far);
  await near.write(resetFrame(99, 5));
  const client = spdyConnection(near, { side: "client" });
  const stream = await client.open({});
  await stream.end();
  equal(await textOf(stream.incoming), "");
});
