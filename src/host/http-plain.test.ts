/** The fast way must not be told from Node's own server, whatever comes and in whatever pieces. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { connect, createServer as createTcpServer, type AddressInfo, type Socket } from "node:net";
import { describe, test } from "node:test";
import type { HttpHandler } from "#base/http.ts";
import { PlainConnection } from "./http-plain.ts";
import { serveHttp } from "./http-server.ts";

interface Listening extends AsyncDisposable {
  readonly port: number;
  /** What requests it understood. */
  readonly seen: string[];
}

const lastRequest = "GET /last HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
const post = (body: string, more = ""): string =>
  `POST /p HTTP/1.1\r\nhost: a\r\n${more}content-length: ${body.length}\r\n\r\n${body}`;

async function ours(): Promise<Listening> {
  const seen: string[] = [];
  const handler: HttpHandler = async (request) => {
    const body = Buffer.from(await request.body(1_000_000)).toString("latin1");
    seen.push(`${request.method} ${request.target} ${body}`);
    return { status: 200, headers: {}, body: Buffer.from("ok") };
  };
  const server = await serveHttp({ address: "127.0.0.1", port: 0, handler });
  return { port: server.port, seen, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

async function nodes(): Promise<Listening> {
  const seen: string[] = [];
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    // Of a request that breaks off, nothing is seen.
    const chunks = await Array.fromAsync(request as AsyncIterable<Buffer>).catch(() => undefined);
    if (!chunks) return;
    seen.push(`${request.method} ${request.url} ${Buffer.concat(chunks).toString("latin1")}`);
    response.writeHead(200, { "content-length": "2" }).end("ok");
  };
  const server: Server = createServer((request, response) => void serve(request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    server.close();
  };
  return { port: (server.address() as AddressInfo).port, seen, [Symbol.asyncDispose]: close };
}

/** The status lines that come back for these pieces, until the server hangs up. */
async function statuses(port: number, ...pieces: readonly string[]): Promise<string[]> {
  const socket = connect(port, "127.0.0.1").on("error", () => {});
  let answer = "";
  socket.on("data", (chunk: Buffer) => (answer += chunk.toString("latin1")));
  const closed = once(socket, "close");
  for (const piece of pieces) {
    await new Promise<void>((resolve) => void socket.write(piece, "latin1", () => resolve()));
    await new Promise((resolve) => setImmediate(resolve));
  }
  await closed;
  return answer.match(/HTTP\/1\.1 \d+/g) ?? [];
}

const odd: Readonly<Record<string, string>> = {
  "a plain one": "GET /a HTTP/1.1\r\nhost: a\r\n\r\n",
  "a body": post("hello"),
  "no body at all": "POST /a HTTP/1.1\r\nhost: a\r\n\r\n",
  "a request in the body": post("GET /smuggled HTTP/1.1\r\nhost: a\r\n\r\n"),
  "two lengths": post("hello", "content-length: 0\r\n"),
  "two equal lengths": post("hello", "Content-Length: 5\r\n"),
  "a list of lengths": "POST /a HTTP/1.1\r\nhost: a\r\ncontent-length: 5, 5\r\n\r\nhello",
  "a length with a sign": "POST /a HTTP/1.1\r\nhost: a\r\ncontent-length: +5\r\n\r\nhello",
  "a length in hex": "POST /a HTTP/1.1\r\nhost: a\r\ncontent-length: 0x5\r\n\r\nhello",
  "a length with zeros": "POST /a HTTP/1.1\r\nhost: a\r\ncontent-length: 005\r\n\r\nhello",
  "an empty length": "POST /a HTTP/1.1\r\nhost: a\r\ncontent-length:\r\n\r\nhello",
  "a length and chunks": post("0\r\n\r\n", "transfer-encoding: chunked\r\n"),
  chunks:
    "POST /a HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
  "a chunk of no size":
    "POST /a HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nx\r\nhello\r\n0\r\n\r\n",
  "another encoding": post("hello", "transfer-encoding: identity\r\n"),
  "chunks spelled oddly": post("0\r\n\r\n", "Transfer-Encoding: xchunked\r\n"),
  "a space before the colon": post("hello", "content-length : 0\r\n"),
  "a folded line": "GET /a HTTP/1.1\r\nhost: a\r\nx: b\r\n c\r\n\r\n",
  "a folded first line": "GET /a HTTP/1.1\r\n host: a\r\n\r\n",
  "line feeds only": "GET /a HTTP/1.1\nhost: a\n\n",
  "a bare line feed": "GET /a HTTP/1.1\r\nhost: a\nx: y\r\n\r\n",
  "a bare carriage return": "GET /a HTTP/1.1\r\nhost: a\rx: y\r\n\r\n",
  "an early empty line": "\r\nGET /a HTTP/1.1\r\nhost: a\r\n\r\n",
  "a nul": "GET /a HTTP/1.1\r\nhost: a\r\nx: a\0b\r\n\r\n",
  "latin text": "GET /a HTTP/1.1\r\nhost: a\r\nx: caf\xe9\r\n\r\n",
  "a line without a colon": "GET /a HTTP/1.1\r\nhost: a\r\nnonsense\r\n\r\n",
  "a line without a name": "GET /a HTTP/1.1\r\nhost: a\r\n: b\r\n\r\n",
  "no host": "GET /a HTTP/1.1\r\nx: a\r\n\r\n",
  "two hosts": "GET /a HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n",
  "no headers": "GET /a HTTP/1.1\r\n\r\n",
  "HTTP 1.0": "GET /a HTTP/1.0\r\nhost: a\r\nconnection: keep-alive\r\n\r\n",
  "another protocol": "GET /a HTTP/3.7\r\nhost: a\r\n\r\n",
  "an absolute target": "GET http://a/b HTTP/1.1\r\nhost: a\r\n\r\n",
  "an asterisk": "OPTIONS * HTTP/1.1\r\nhost: a\r\n\r\n",
  "a target with spaces": "GET /a b HTTP/1.1\r\nhost: a\r\n\r\n",
  "a small method": "get /a HTTP/1.1\r\nhost: a\r\n\r\n",
  "no such method": "FETCH /a HTTP/1.1\r\nhost: a\r\n\r\n",
  "a body to be read": "GET /a HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nhello",
  "two at once": post("one") + post("two"),
  "an expectation": post("hello", "expect: 100-continue\r\n"),
};

describe("what comes is understood as Node understands it", () => {
  for (const [name, text] of Object.entries(odd)) {
    test(name, async () => {
      await using own = await ours();
      await using other = await nodes();
      // As the first request of a connection, and behind a plain one.
      for (const pieces of [[text + lastRequest], [post("first"), text, lastRequest]]) {
        const found = await statuses(own.port, ...pieces);
        deepEqual(found.sort(), (await statuses(other.port, ...pieces)).sort());
      }
      // Requests that are sent at once begin in no particular order.
      deepEqual(own.seen.sort(), other.seen.sort());
    });
  }
});

test("in whatever two pieces a conversation comes, it is the same one", async () => {
  await using server = await ours();
  const whole = post("hello") + lastRequest;
  for (let at = 1; at < whole.length; at++) {
    deepEqual(await statuses(server.port, whole.slice(0, at), whole.slice(at)), [
      "HTTP/1.1 200",
      "HTTP/1.1 200",
    ]);
    deepEqual(server.seen.splice(0).sort(), ["GET /last ", "POST /p hello"]);
  }
});

/** Sends one request after the other, each when the one before was answered. */
async function inTurn(port: number, requests: readonly string[]): Promise<void> {
  const socket = connect(port, "127.0.0.1");
  for (const request of requests) {
    socket.write(request);
    await once(socket, "data");
  }
  socket.destroy();
}

test("headers that were remembered are not taken for others", async () => {
  const seen: unknown[] = [];
  const handler: HttpHandler = ({ headers }) => {
    seen.push(headers["x"]);
    return { status: 200, headers: {} };
  };
  await using server = await serveHttp({ address: "127.0.0.1", port: 0, handler });
  const asking = (x: string, more = ""): string =>
    `GET / HTTP/1.1\r\nhost: a\r\nx: ${x}\r\n${more}\r\n`;
  await inTurn(server.port, [
    asking("aa"),
    asking("aa"),
    asking("ab"),
    asking("a"),
    asking("aa", "y: b\r\n"),
    asking("aa"),
  ]);
  deepEqual(seen, ["aa", "aa", "ab", "a", "aa", "aa"]);
});

test("an answer at once and an answer later are alike", async () => {
  const handler: HttpHandler = ({ target }) => {
    const response = { status: 200, headers: { a: "b" }, body: Buffer.from(target) };
    return target === "/now" ? response : Promise.resolve(response);
  };
  await using server = await serveHttp({ address: "127.0.0.1", port: 0, handler });
  const socket = connect(server.port, "127.0.0.1");
  for (const target of ["/now", "/later"]) {
    socket.write(`GET ${target} HTTP/1.1\r\nhost: a\r\n\r\n`);
    const [chunk] = (await once(socket, "data")) as [Buffer];
    match(chunk.toString(), new RegExp(`^HTTP/1.1 200 OK\r\na: b\r\n[^]*\r\n\r\n${target}$`));
  }
  socket.destroy();
});

test("a header that would break the answer's head is a bug of the handler, not an answer", async () => {
  const errors: unknown[] = [];
  const handler: HttpHandler = () => ({ status: 200, headers: { a: "b\r\nc: d" } });
  const onError = (cause: unknown): void => void errors.push(cause);
  await using server = await serveHttp({ address: "127.0.0.1", port: 0, handler, onError });
  deepEqual(await statuses(server.port, "GET / HTTP/1.1\r\nhost: a\r\n\r\n"), ["HTTP/1.1 500"]);
  equal(errors.length, 1);
});

test("who does not read answers is not read from", async () => {
  let answered = 0;
  const body = Buffer.alloc(1_000_000);
  const handler: HttpHandler = () => {
    answered += 1;
    return { status: 200, headers: {}, body };
  };
  await using server = await serveHttp({ address: "127.0.0.1", port: 0, handler });
  const socket = connect(server.port, "127.0.0.1")
    .pause()
    .on("error", () => {});
  for (let i = 0; i < 200; i++) {
    socket.write("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
  }
  ok(answered < 50, `${answered} answers`);
  socket.destroy();
});

test("a connection that nobody uses is closed, one that waits for its answer is not", async () => {
  const connections: PlainConnection[] = [];
  const answer = Promise.withResolvers<void>();
  const handler: HttpHandler = async () => {
    await answer.promise;
    return { status: 200, headers: {} };
  };
  const options = { handler, onError: () => {}, handOver: () => {} };
  const server = createTcpServer((socket: Socket) => {
    connections.push(new PlainConnection(socket, options));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const client = connect((server.address() as AddressInfo).port, "127.0.0.1");
  client.write("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
  while (connections.length === 0) await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
  const rounds = (): void => {
    for (let i = 0; i < 20; i++) connections[0]?.endIfIdle();
  };
  await new Promise((resolve) => setImmediate(resolve));
  rounds();
  answer.resolve();
  await once(client, "data");
  equal(client.destroyed, false);
  const closed = once(client, "close");
  client.resume();
  rounds();
  await closed;
  server.close();
});

test("a request that comes before the answer before it has left is as plain as any; two at once are not", async () => {
  const answer = Promise.withResolvers<void>();
  const targets: string[] = [];
  const handler: HttpHandler = async ({ target }) => {
    targets.push(target);
    if (target === "/first") await answer.promise;
    // Long enough for its reader to have it before the server knows.
    return { status: 200, headers: {}, body: [Buffer.from("~"), Buffer.alloc(300_000, "~")] };
  };
  const handedOver: string[] = [];
  const handOver = (socket: Socket, bytes: Buffer): void => {
    handedOver.push(bytes.toString("latin1"));
    socket.destroy();
  };
  const options = { handler, onError: () => {}, handOver };
  const server = createTcpServer((socket) => void new PlainConnection(socket, options));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const client = connect((server.address() as AddressInfo).port, "127.0.0.1");
  const get = (target: string): string => `GET ${target} HTTP/1.1\r\nhost: a\r\n\r\n`;
  client.write(get("/first"));
  while (targets.length === 0) await new Promise((resolve) => setImmediate(resolve));
  client.write(get("/second"));
  for (let i = 0; i < 10; i++) await new Promise((resolve) => setImmediate(resolve));
  answer.resolve();
  let received = 0;
  let asked = 2;
  const closed = once(client, "close");
  client.on("data", (chunk: Buffer) => {
    received += chunk.toString("latin1").split("~").length - 1;
    if (received < asked * 300_001) return;
    asked += 1;
    client.write(asked < 10 ? get(`/${asked}`) : get("/one") + get("/two"));
  });
  await closed;
  deepEqual(targets, ["/first", "/second", "/3", "/4", "/5", "/6", "/7", "/8", "/9"]);
  deepEqual(handedOver, [get("/one") + get("/two")]);
  server.close();
});
