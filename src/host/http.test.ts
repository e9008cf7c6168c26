/** Server and client against each other: what one side promises, the other one needs. */
import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer as nodeServer, request as nodeRequest } from "node:http";
import { connect, createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { describe, test } from "node:test";
import {
  BodyTooLarge,
  type HttpAnswer,
  type HttpCall,
  type HttpCallTls,
  type HttpHandler,
  type HttpRequest,
  type HttpResponse,
} from "#base/http.ts";
import type { ByteStream } from "#base/stream.ts";
import { httpClient } from "./http-client.ts";
import { serveHttp } from "./http-server.ts";
import { testAuthority, type TestAuthority } from "./testing.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

async function textOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  return Buffer.concat(await Array.fromAsync(chunks)).toString();
}

const said = async (answer: HttpAnswer): Promise<[number, string]> => [
  answer.status,
  await textOf(answer.body),
];

const hello: HttpResponse = {
  status: 200,
  headers: { "content-type": "text/plain" },
  body: bytes("hello"),
};

interface Pair extends AsyncDisposable {
  readonly url: string;
  readonly errors: unknown[];
  readonly call: (path: string, call?: Partial<HttpCall>) => Promise<HttpAnswer>;
  readonly client: ReturnType<typeof httpClient>;
  readonly port: number;
}

/** A plain server with this handler, and a client. */
async function serve(handler: HttpHandler): Promise<Pair> {
  const errors: unknown[] = [];
  const onError = (cause: unknown): void => void errors.push(cause);
  const server = await serveHttp({ address: "127.0.0.1", port: 0, handler, onError });
  const client = httpClient();
  const url = `http://127.0.0.1:${server.port}`;
  return {
    url,
    errors,
    client,
    port: server.port,
    call: (path, call) => client.call({ method: "GET", url: url + path, ...call }),
    async [Symbol.asyncDispose]() {
      client[Symbol.dispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

describe("requests and answers", () => {
  test("what is asked arrives, what is answered comes back", async () => {
    let seen: unknown;
    await using pair = await serve(async (request) => {
      const body = Buffer.from(await request.body(100)).toString();
      seen = [request.method, request.target, request.headers["x-a"], request.peer, body];
      return { ...hello, status: 201, headers: { ...hello.headers, "x-none": undefined } };
    });
    const answer = await pair.call("/a%20b?c=d&c=e", {
      method: "POST",
      headers: { "x-a": "b", "x-none": undefined },
      body: bytes("x"),
    });
    deepEqual(
      [answer.status, answer.headers["content-type"], answer.headers["content-length"]],
      [201, "text/plain", "5"],
    );
    equal(await textOf(answer.body), "hello");
    const [method, target, header, peer, body] = seen as [
      string,
      string,
      string,
      HttpRequest["peer"],
      string,
    ];
    deepEqual([method, target, header, body], ["POST", "/a%20b?c=d&c=e", "b", "x"]);
    deepEqual([peer.address, peer.certificate], ["127.0.0.1", undefined]);
  });

  test("a connection is used again", async () => {
    const peers = new Set<unknown>();
    await using pair = await serve(async (request) => {
      peers.add(request.peer);
      return hello;
    });
    for (let i = 0; i < 5; i++) deepEqual(await said(await pair.call("/")), [200, "hello"]);
    equal(peers.size, 1);
  });

  test("bodies in pieces, also large ones, and none at all", async () => {
    const piece = new Uint8Array(300_000).fill(65);
    const pieces = Array.from({ length: 20 }, () => piece);
    const answers: Record<string, HttpResponse> = {
      "/pieces": { status: 200, headers: {}, body: pieces },
      "/none": { status: 200, headers: {} },
      "/204": { status: 204, headers: {} },
      "/304": { status: 304, headers: {} },
    };
    await using pair = await serve(async ({ target }) => answers[target]);
    const large = await pair.call("/pieces");
    equal(large.headers["content-length"], "6000000");
    equal((await textOf(large.body)).length, 6_000_000);
    const none = await pair.call("/none");
    deepEqual([none.headers["content-length"], await textOf(none.body)], ["0", ""]);
    equal((await pair.call("/204")).headers["content-length"], undefined);
    equal((await pair.call("/304")).headers["content-length"], undefined);
    const head = await pair.call("/pieces", { method: "HEAD" });
    deepEqual([head.headers["content-length"], await textOf(head.body)], ["6000000", ""]);
  });

  test("a streamed answer arrives chunk by chunk, its head before the first one", async () => {
    const chunks = [Promise.withResolvers<Uint8Array>(), Promise.withResolvers<Uint8Array>()];
    await using pair = await serve(async () => ({
      status: 200,
      headers: {},
      body: (async function* () {
        for (const { promise } of chunks) yield await promise;
      })(),
    }));
    const answer = await pair.call("/");
    const reader = answer.body[Symbol.asyncIterator]();
    for (const [i, { resolve }] of chunks.entries()) {
      resolve(bytes(`chunk ${i}`));
      equal(Buffer.from((await reader.next()).value as Uint8Array).toString(), `chunk ${i}`);
    }
    equal((await reader.next()).done, true);
  });

  test("a streamed request is read as it comes", async () => {
    await using pair = await serve(async (request) => {
      const parts: string[] = [];
      for await (const chunk of request.bodyStream()) parts.push(Buffer.from(chunk).toString());
      return { status: 200, headers: {}, body: bytes(parts.join("")) };
    });
    const body = (async function* () {
      yield bytes("a");
      yield bytes("b".repeat(200_000));
    })();
    const answer = await pair.call("/", { method: "PUT", body });
    equal((await textOf(answer.body)).length, 200_001);
  });

  test("a slow reader holds back a fast writer", async () => {
    let written = 0;
    const chunk = new Uint8Array(64 * 1024);
    await using pair = await serve(async ({ signal }) => ({
      status: 200,
      headers: {},
      body: (async function* () {
        for (; written < 10_000 && !signal.aborted; written++) yield chunk;
      })(),
    }));
    const reader = (await pair.call("/")).body[Symbol.asyncIterator]();
    await reader.next();
    // As many turns as it likes: nobody reads, so the writer must come to a halt.
    let before = -1;
    while (before !== written) {
      before = written;
      for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve));
    }
    ok(written < 2_000, `${written} chunks were written`);
    await reader.return?.();
  });

  test("every cookie is a header of its own, whoever passes them on", async () => {
    const cookies = { "set-cookie": "a=1\nb=2" };
    const stream = async function* () {
      yield bytes("x");
    };
    for (const body of [() => bytes("x"), stream]) {
      await using pair = await serve(async () => ({ status: 200, headers: cookies, body: body() }));
      const text = await raw(pair.port, lastRequest);
      match(text, /set-cookie: a=1\r\nset-cookie: b=2\r\n/);
      const { headers } = await pair.call("/");
      equal(headers["set-cookie"], cookies["set-cookie"]);
      const slow = await raw(pair.port, lastRequest.replace("host", "te: trailers\r\nhost"));
      match(slow, /set-cookie: a=1\r\nset-cookie: b=2\r\n/);
    }
  });

  test("a stream whose length is known, or that nobody will read, comes without chunks", async () => {
    const sized = { "content-length": "5" };
    const stream = async function* () {
      yield* [bytes("he"), bytes("llo")];
    };
    const answers: Readonly<Record<string, HttpResponse>> = {
      "/sized": { status: 200, headers: sized, body: stream() },
      "/same": { status: 304, headers: {}, body: stream() },
    };
    await using pair = await serve(async ({ target }) => answers[target] ?? hello);
    const text = await raw(pair.port, lastRequest.replace("/ ", "/sized "));
    match(text, /^HTTP\/1.1 200 (?![^]*chunked)[^]*\r\n\r\nhello$/);
    match(
      await raw(pair.port, lastRequest.replace("/ ", "/same ")),
      /^HTTP\/1.1 304 (?![^]*chunked)[^]*\r\n\r\n$/,
    );
  });
});

describe("limits and bad input", () => {
  const limited: HttpHandler = async (request) => {
    try {
      const body = await request.body(1_000);
      return { status: 200, headers: {}, body: bytes(String(body.length)) };
    } catch (cause) {
      if (!(cause instanceof BodyTooLarge)) throw cause;
      return { status: 413, headers: {}, body: bytes("too large") };
    }
  };

  test("a body that is too large is refused, whether it says so or not, and the answer arrives", async () => {
    await using pair = await serve(limited);
    const call = async (body: HttpCall["body"]): Promise<unknown> =>
      said(await pair.call("/", { method: "POST", ...(body && { body }) }));
    deepEqual(await call(new Uint8Array(1_000)), [200, "1000"]);
    deepEqual(await call(new Uint8Array(1_001)), [413, "too large"]);
    deepEqual(await call(new Uint8Array(3_000_000)), [413, "too large"]);
    const endless = async function* (): AsyncGenerator<Uint8Array> {
      for (let i = 0; i < 50; i++) yield new Uint8Array(500);
    };
    deepEqual(await call(endless()), [413, "too large"]);
    deepEqual(await call(undefined), [200, "0"]);
    deepEqual(pair.errors, []);
  });

  test("nobody waits for the rest of a body that was refused", async () => {
    await using pair = await serve(limited);
    const head = "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1000000000\r\n\r\n";
    match(await raw(pair.port, head), /^HTTP\/1.1 413 [^]*connection: close[^]*too large$/i);
  });

  const refusal = (text: string): RegExp =>
    new RegExp(
      `^HTTP/1.1 ${text}\\r\\n([^]*\\r\\n)?Connection: close\\r\\n[^]*\\r\\n${text}$`,
      "i",
    );

  test("what is no HTTP gets an answer and nothing else happens", async () => {
    await using pair = await serve(async () => hello);
    match(await raw(pair.port, "hello?\r\n\r\n"), refusal("400 Bad Request"));
    match(await raw(pair.port, "GET / HTTP/1.1\r\n\r\n"), /^HTTP\/1.1 400 Bad Request/);
    match(
      await raw(pair.port, "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: -1\r\n\r\n"),
      refusal("400 Bad Request"),
    );
    deepEqual(await said(await pair.call("/")), [200, "hello"]);
  });

  const much = "y".repeat(900_000);
  const host = "host: a\r\nconnection: close\r\n";
  for (const [name, head] of Object.entries({
    "a header": `GET / HTTP/1.1\r\n${host}x: ${much}`,
    "an address": `GET /${much} HTTP/1.1\r\n${host}x: y`,
    "many headers": `GET / HTTP/1.1\r\n${host}${"x: y\r\n".repeat(1_900)}x: y`,
  })) {
    test(`${name} may be as long as Go has it, and what is longer is refused with words`, async () => {
      await using pair = await serve(async () => hello);
      match(await raw(pair.port, `${head}\r\n\r\n`), /^HTTP\/1.1 200 [^]*hello$/);
      const longer = name === "many headers" ? "\r\nx: y".repeat(200) : much.repeat(3);
      // Whoever still sends hears why, too: the connection is not broken under the answer.
      match(
        await raw(pair.port, `${head}${longer}\r\n\r\n`),
        refusal("431 Request Header Fields Too Large"),
      );
      deepEqual(await said(await pair.call("/")), [200, "hello"]);
      deepEqual(pair.errors, []);
    });
  }

  test("a handler that throws makes a 500 and a report, not an exit", async () => {
    const bug = new Error("bug");
    await using pair = await serve(async ({ target }) => {
      if (target === "/none") return undefined;
      if (target === "/late") return { status: 200, headers: {}, body: failing(bug) };
      throw bug;
    });
    equal((await pair.call("/")).status, 500);
    equal((await pair.call("/none")).status, 500);
    await rejects(textOf((await pair.call("/late")).body));
    deepEqual([pair.errors[0], pair.errors[2]], [bug, bug]);
    equal(pair.errors.length, 3);
  });

  test("an offer of HTTP/2 is answered in HTTP/1.1", async () => {
    await using pair = await serve(async () => hello);
    const offer = "GET / HTTP/1.1\r\nhost: a\r\nconnection: upgrade, close\r\nupgrade: h2c\r\n\r\n";
    match(await raw(pair.port, offer), /^HTTP\/1.1 200 OK[\s\S]*hello$/);
  });
});

async function* failing(cause: Error): AsyncGenerator<Uint8Array> {
  yield bytes("a");
  throw cause;
}

const lastRequest = "GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";

/** What a server says to raw text. */
async function raw(port: number, text: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.write(text);
  let answer = "";
  socket.on("data", (chunk: Buffer) => (answer += chunk.toString()));
  await once(socket, "close");
  return answer;
}

describe("going away", () => {
  test("a handler learns that its client has gone, and its stream is told to stop", async () => {
    const started = Promise.withResolvers<void>();
    const aborted = Promise.withResolvers<void>();
    const stopped = Promise.withResolvers<void>();
    await using pair = await serve(async ({ signal }) => {
      signal.addEventListener("abort", () => aborted.resolve());
      return {
        status: 200,
        headers: {},
        body: (async function* () {
          try {
            yield bytes("first");
            started.resolve();
            await aborted.promise;
            yield bytes("never");
          } finally {
            stopped.resolve();
          }
        })(),
      };
    });
    const stop = new AbortController();
    const answer = await pair.call("/", { signal: stop.signal });
    await started.promise;
    stop.abort();
    await rejects(textOf(answer.body));
    await aborted.promise;
    await stopped.promise;
  });

  test("an answer that was sent does not abort its request", async () => {
    const signals: AbortSignal[] = [];
    await using pair = await serve(async ({ signal }) => {
      signals.push(signal);
      return hello;
    });
    await said(await pair.call("/"));
    await said(await pair.call("/", { headers: { connection: "close" } }));
    deepEqual(
      signals.map((signal) => signal.aborted),
      [false, false],
    );
  });

  test("a call is aborted before, during and after the head", async () => {
    await using pair = await serve(async ({ target }) => {
      if (target === "/never") await new Promise(() => {});
      return hello;
    });
    await rejects(pair.call("/", { signal: AbortSignal.abort() }), { name: "AbortError" });
    const stop = new AbortController();
    const call = pair.call("/never", { signal: stop.signal });
    stop.abort();
    await rejects(call, { name: "AbortError" });
  });

  test("leaving an answer half-read closes its connection only", async () => {
    await using pair = await serve(async () => ({
      status: 200,
      headers: {},
      body: Array.from({ length: 100 }, () => new Uint8Array(100_000)),
    }));
    for await (const _ of (await pair.call("/")).body) break;
    equal((await textOf((await pair.call("/")).body)).length, 10_000_000);
  });

  test("nobody there is an error of the call", async () => {
    const client = httpClient();
    await using pair = await serve(async () => hello);
    const { url } = pair;
    await pair[Symbol.asyncDispose]();
    await rejects(client.call({ method: "GET", url }), { code: "ECONNREFUSED" });
    await rejects(client.call({ method: "GET", url: "ftp://x" }), TypeError);
  });

  test("a kept connection that the server just closed is replaced, where asking twice does no harm", async () => {
    // Answers the first request of each connection, and hangs up on the second.
    const server = createServer((socket) => {
      let requests = 0;
      socket.on("error", () => {});
      socket.on("data", () => {
        if (++requests > 1) socket.destroy();
        else socket.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
      });
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    using client = httpClient();
    const call = async (method: string): Promise<unknown> =>
      said(await client.call({ method, url }));
    deepEqual(await call("GET"), [200, "ok"]);
    deepEqual(await call("GET"), [200, "ok"]);
    deepEqual(await call("POST"), [200, "ok"]);
    await rejects(call("POST"), { code: "ECONNRESET" });
    client[Symbol.dispose]();
    server.close();
  });
});

describe("leaving HTTP", () => {
  const shout = async (stream: ByteStream): Promise<void> => {
    for await (const chunk of stream.incoming)
      await stream.write(bytes(Buffer.from(chunk).toString().toUpperCase()));
    await stream.write(bytes("!"));
    stream.end();
  };

  const upgrading: HttpHandler = async (request) => {
    if (!request.upgrade || request.target === "/refused")
      return { status: 403, headers: {}, body: bytes("no") };
    equal(request.headers["upgrade"], "SPDY/3.1");
    void shout(request.upgrade.accept({ connection: "Upgrade", upgrade: "SPDY/3.1" }));
    return undefined;
  };

  const headers = { connection: "Upgrade", upgrade: "SPDY/3.1" };

  test("both ends talk, and each direction is closed on its own", async () => {
    await using pair = await serve(upgrading);
    const url = `${pair.url}/exec`;
    const { answer, stream } = await pair.client.upgrade({ method: "POST", url, headers });
    deepEqual([answer.status, answer.headers["upgrade"]], [101, "SPDY/3.1"]);
    ok(stream);
    await stream.write(bytes("hello "));
    await stream.write(bytes("there"));
    stream.end();
    equal(await textOf(stream.incoming), "HELLO THERE!");
    await stream.closed;
    await rejects(stream.write(bytes("x")));
    deepEqual(pair.errors, []);
  });

  test("bytes that come with the request are part of the conversation", async () => {
    await using pair = await serve(upgrading);
    const head = "POST / HTTP/1.1\r\nhost: a\r\nconnection: Upgrade\r\nupgrade: SPDY/3.1\r\n\r\n";
    const socket = connect({ port: pair.port, host: "127.0.0.1", allowHalfOpen: true });
    socket.end(`${head}early`);
    match(await textOf(socket), /^HTTP\/1.1 101 [^]*\r\n\r\nEARLY!$/);
  });

  test("who asks for it has a silent connection felt for", async () => {
    await using pair = await serve(upgrading);
    const call = { method: "GET", url: pair.url, headers, keepAliveMs: 30_000 };
    const { stream } = await pair.client.upgrade(call);
    // 02 in front of when it fires: a timer that feels for the other end.
    const sockets = readFileSync("/proc/self/net/tcp", "ascii");
    const port = pair.port.toString(16).toUpperCase().padStart(4, "0");
    match(sockets, new RegExp(`0100007F:${port} 01 \\S+ 02:`));
    ok(stream);
    stream.end();
    await textOf(stream.incoming);
  });

  test("a refusal is an ordinary answer", async () => {
    await using pair = await serve(upgrading);
    const url = `${pair.url}/refused`;
    const { answer, stream } = await pair.client.upgrade({ method: "POST", url, headers });
    equal(stream, undefined);
    deepEqual(await said(answer), [403, "no"]);
  });

  test("the request's signal aborts when the connection ends, not when the handler does", async () => {
    const gone = Promise.withResolvers<void>();
    let signal: AbortSignal | undefined;
    await using pair = await serve(async (request) => {
      signal = request.signal;
      signal.addEventListener("abort", () => gone.resolve());
      void shout(request.upgrade!.accept({ connection: "Upgrade", upgrade: "x" })).catch(
        gone.resolve,
      );
      return undefined;
    });
    const { stream } = await pair.client.upgrade({ method: "GET", url: pair.url, headers });
    await stream?.write(bytes("a"));
    for await (const _ of stream?.incoming ?? []) break;
    equal(signal?.aborted, false);
    stream?.destroy();
    await gone.promise;
    equal(signal?.aborted, true);
  });
});

describe("TLS", () => {
  interface Secure extends AsyncDisposable {
    readonly authority: TestAuthority;
    readonly who: (tls: HttpCallTls, path?: string) => Promise<unknown>;
    readonly reload: (authority: TestAuthority) => Promise<void>;
    readonly url: string;
    readonly client: ReturnType<typeof httpClient>;
  }

  /** A server that says who its client is. */
  async function secure(): Promise<Secure> {
    const authority = await testAuthority("test-ca");
    let identity = await authority.issue("CN=server", ["localhost", "127.0.0.1", "api.example"]);
    let clientCas = authority.certificate;
    const handler: HttpHandler = async ({ peer }) => {
      const { commonName, organizations, raw: der, notAfterMs } = peer.certificate ?? {};
      const isWhole = der ? der.length > 100 && (notAfterMs ?? 0) > Date.now() : true;
      return {
        status: 200,
        headers: {},
        body: bytes(JSON.stringify([commonName ?? null, organizations ?? null, isWhole])),
      };
    };
    const tls = { identity: () => identity, clientCas: () => clientCas };
    const server = await serveHttp({ address: "127.0.0.1", port: 0, tls, handler });
    const client = httpClient();
    const url = `https://127.0.0.1:${server.port}`;
    return {
      authority,
      url,
      client,
      async who(callTls, path = "/") {
        const answer = await client.call({ method: "GET", url: url + path, tls: callTls });
        return JSON.parse(await textOf(answer.body));
      },
      async reload(next) {
        identity = await next.issue("CN=server", ["127.0.0.1"]);
        clientCas = next.certificate;
        server.reloadTls();
      },
      async [Symbol.asyncDispose]() {
        client[Symbol.dispose]();
        await server[Symbol.asyncDispose]();
      },
    };
  }

  test("a client certificate of the right authority says who it is; any other counts as none", async () => {
    await using server = await secure();
    const ca = server.authority.certificate;
    const admin = await server.authority.issue("CN=admin, O=system:masters, O=other");
    const forged = await (await testAuthority("test-ca")).issue("CN=admin, O=system:masters");
    deepEqual(await server.who({ ca }), [null, null, true]);
    deepEqual(await server.who({ ca, identity: admin }), [
      "admin",
      ["system:masters", "other"],
      true,
    ]);
    deepEqual(await server.who({ ca, identity: forged }), [null, null, true]);
    // Each with a connection of its own, also when the three are asked again.
    deepEqual(await server.who({ ca }), [null, null, true]);
    deepEqual(await server.who({ ca, identity: admin }), [
      "admin",
      ["system:masters", "other"],
      true,
    ]);
  });

  test("a new connection that resumes a session still knows its client", async () => {
    await using server = await secure();
    const ca = server.authority.certificate;
    const identity = await server.authority.issue("CN=node, O=system:nodes");
    for (let i = 0; i < 3; i++) {
      const call = {
        method: "GET",
        url: server.url,
        tls: { ca, identity },
        headers: { connection: "close" },
      };
      const answer = await server.client.call(call);
      deepEqual(JSON.parse(await textOf(answer.body)), ["node", ["system:nodes"], true]);
    }
  });

  test("a client refuses a server that it does not know, unless told otherwise", async () => {
    await using server = await secure();
    const ca = server.authority.certificate;
    const other = (await testAuthority("other")).certificate;
    await rejects(server.who({}), /certificate|issuer/);
    await rejects(server.who({ ca: other }), /certificate|issuer/);
    await rejects(server.who({ ca, serverName: "wrong.example" }), /wrong.example/);
    deepEqual(await server.who({ ca, serverName: "api.example" }), [null, null, true]);
    deepEqual(await server.who({ insecure: true }), [null, null, true]);
  });

  test("new certificates serve new connections; old connections stay", async () => {
    await using server = await secure();
    const old = { ca: server.authority.certificate };
    await server.who(old);
    const next = await testAuthority("next");
    await server.reload(next);
    deepEqual(await server.who(old), [null, null, true], "on the connection that was kept");
    const identity = await next.issue("CN=new");
    deepEqual(await server.who({ ca: next.certificate, identity }), ["new", [], true]);
    const fresh = httpClient();
    await rejects(fresh.call({ method: "GET", url: server.url, tls: old }), /certificate|issuer/);
    fresh[Symbol.dispose]();
  });

  async function repeat(stream: ByteStream): Promise<void> {
    const text = await textOf(stream.incoming);
    await stream.write(bytes(`${text}!`.repeat(100_000)));
    stream.end();
  }

  test("an upgraded connection closes each direction on its own", async () => {
    const authority = await testAuthority("test-ca");
    const identity = await authority.issue("CN=server", ["127.0.0.1"]);
    const tls = { identity: () => identity, clientCas: () => authority.certificate };
    await using server = await serveHttp({
      address: "127.0.0.1",
      port: 0,
      tls,
      async handler({ upgrade }) {
        const stream = upgrade?.accept({ connection: "Upgrade", upgrade: "x" });
        if (stream) void repeat(stream);
        return undefined;
      },
    });
    using client = httpClient();
    const { stream } = await client.upgrade({
      method: "GET",
      url: `https://127.0.0.1:${server.port}`,
      headers: { connection: "Upgrade", upgrade: "x" },
      tls: { ca: authority.certificate },
    });
    ok(stream);
    await stream.write(bytes("hi"));
    stream.end();
    equal(await textOf(stream.incoming), "hi!".repeat(100_000));
    await stream.closed;
  });
});

test("a unix socket is a server like any other", async () => {
  const folder = mkdtempSync(`${tmpdir()}/k8ts-http-`);
  const path = `${folder}/socket`;
  const server = nodeServer((request, response) => response.end(request.url)).listen(path);
  await once(server, "listening");
  using client = httpClient();
  const url = `http+unix://${encodeURIComponent(path)}/v1/a?b=c`;
  deepEqual(await said(await client.call({ method: "GET", url })), [200, "/v1/a?b=c"]);
  client[Symbol.dispose]();
  server.close();
  rmSync(folder, { recursive: true });
});

test("requests that wait in one connection are answered in order", async () => {
  await using pair = await serve(async ({ target }) => ({
    status: 200,
    headers: {},
    body: bytes(target),
  }));
  const both =
    "GET /1 HTTP/1.1\r\nhost: a\r\n\r\nGET /2 HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
  match(await raw(pair.port, both), /\/1HTTP[^]*\/2$/);
  const agentless = nodeRequest(`${pair.url}/3`, { agent: false });
  agentless.end();
  const [response] = (await once(agentless, "response")) as [AsyncIterable<Uint8Array>];
  equal(await textOf(response), "/3");
});

test("an offer of HTTP/2 is declined, and nothing is left waiting for what comes next", async () => {
  await using pair = await serve(() => hello);
  const socket = connect(pair.port, "127.0.0.1");
  const heard = textOf(socket as AsyncIterable<Uint8Array>);
  const offer = "GET /a HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n";
  socket.write(`${offer}GET /b HTTP/1.1\r\nx: \u0001\r\n\r\n`);
  match(await heard, /^HTTP\/1.1 200 OK\r\n(.*\r\n)*connection: close\r\n(.*\r\n)*\r\nhello$/i);
});

const endless = "GET /endless HTTP/1.1\r\nhost: a\r\n";
const large = "x".repeat(300_000);

describe("a client that has gone is noticed, whatever of it nobody reads", () => {
  const sent: Readonly<Record<string, readonly string[]>> = {
    "a body that comes with its length": [`${endless}content-length: 300000\r\n\r\n${large}`],
    "a body in chunks": [`${endless}transfer-encoding: chunked\r\n\r\n493e0\r\n${large}`],
    "a body that was only announced": [`${endless}content-length: 5\r\n\r\n`],
    "the next requests": [`${endless}\r\n`, `${endless}\r\n`.repeat(5_000)],
    "the next requests of one that is not plain": [
      `${endless}te: trailers\r\n\r\n`,
      `${endless}\r\n`.repeat(200),
    ],
    "the body of the next request": [
      `${endless}te: trailers\r\n\r\n`,
      `POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 300000\r\n\r\n${large}`,
    ],
    "what follows an offer that was declined": [
      `${endless}connection: upgrade\r\nupgrade: websocket\r\n\r\n`,
      large,
    ],
    "the body of an offer that was declined": [
      `${endless}connection: upgrade\r\nupgrade: websocket\r\ncontent-length: 300000\r\n\r\n${large}`,
    ],
  };

  for (const [name, texts] of Object.entries(sent)) {
    test(name, async () => {
      const stopped = Promise.withResolvers<void>();
      let begun = 0;
      const answered = Promise.withResolvers<void>();
      await using pair = await serve(() => {
        begun += 1;
        const body = endlessly(answered.resolve, stopped.resolve);
        return { status: 200, headers: {}, body };
      });
      const socket = connect(pair.port, "127.0.0.1");
      socket.resume();
      const [first = "", ...more] = texts;
      socket.write(first);
      await answered.promise;
      for (const text of more)
        await new Promise<void>((resolve) => void socket.write(text, () => resolve()));
      socket.end();
      await stopped.promise;
      // What is behind a request waits for its answer.
      equal(begun, 1);
      socket.destroy();
    });
  }
});

/** Says something once, and then waits for ever. */
function endlessly(begun: () => void, stopped: () => void): AsyncIterable<Uint8Array> {
  const values = [bytes("one")];
  const next = (): Promise<IteratorResult<Uint8Array>> => {
    const value = values.pop();
    if (value) return Promise.resolve({ done: false, value });
    begun();
    return new Promise(() => {});
  };
  const end = (): Promise<IteratorResult<Uint8Array>> => {
    stopped();
    return Promise.resolve({ done: true, value: undefined });
  };
  return { [Symbol.asyncIterator]: () => ({ next, return: end }) };
}
