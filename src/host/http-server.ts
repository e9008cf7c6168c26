/**
 * HTTP/1.1 over TLS or plain: the plain requests the fast way, all others on Node's own server. Everything a request
 * might be asked for is computed when it is asked for, and what belongs to the connection once per connection.
 */
import { once } from "node:events";
import { lstat, rm } from "node:fs/promises";
import { createServer, ServerResponse, type IncomingMessage, type Server } from "node:http";
import { createServer as createTlsServer, type Server as TlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { HttpHandler, HttpResponse, HttpServer, HttpServerOptions } from "#base/http.ts";
import { byteStreamOf } from "./byte-stream.ts";
import { servePlain } from "./http-plain-server.ts";
import { IncomingRequest } from "./http-request.ts";
import { writeResponse } from "./http-response.ts";
import { headBytesMax, headersReadMax, refuse, tooManyHeaders } from "./http-refusals.ts";
import { inTurn } from "./http-turns.ts";
import { ifThere } from "./missing.ts";

/** For the whole head of a request, and then for its body. */
const headTimeoutMs = 15_000;
const requestTimeoutMs = 120_000;
const handshakeTimeoutMs = 15_000;
/** Longer than clients keep idle connections, so that it is they who close them. */
const idleTimeoutMs = 150_000;

export async function serveHttp(options: HttpServerOptions): Promise<HttpServer> {
  const { address, port, unixSocket, tls } = options;
  const server = open(options);
  const { handler, onError = warn } = options;
  const plain = servePlain(server, { isTls: tls !== undefined, handler, onError });
  const connections = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    connections.add(socket);
    socket.once("close", () => connections.delete(socket));
  });
  if (unixSocket === undefined) server.listen(port, address);
  else await listenPrivately(server, unixSocket);
  await once(server, "listening");
  return {
    port: unixSocket === undefined ? (server.address() as AddressInfo).port : 0,
    reloadTls: () => {
      if (tls) (server as TlsServer).setSecureContext(secretsOf(tls));
    },
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      plain[Symbol.dispose]();
      server.close();
      for (const socket of connections) socket.destroy();
      await closed;
    },
  };
}

/** Nobody else may use it, at no moment. A socket that somebody left there goes; nothing else does. */
async function listenPrivately(server: Server | TlsServer, path: string): Promise<void> {
  const there = await ifThere(lstat(path));
  if (there?.isSocket()) await rm(path);
  const before = process.umask(0o077);
  server.listen(path);
  process.umask(before);
}

function open(options: HttpServerOptions): Server | TlsServer {
  const { tls, handler, onError = warn } = options;
  const limits = {
    maxHeaderSize: headBytesMax,
    headersTimeout: headTimeoutMs,
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: idleTimeoutMs,
    noDelay: true,
    shouldUpgradeCallback: isUpgrade,
  };
  const server = tls
    ? createTlsServer({ ...limits, ...secretsOf(tls), ...askForCertificate, allowHalfOpen })
    : createServer(limits);
  server.maxHeadersCount = headersReadMax;
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    // Node 26 is deaf to what is no HTTP on a connection that asked to leave HTTP and was not let.
    if (request.headers.upgrade !== undefined) response.shouldKeepAlive = false;
    const begin = (): void => {
      void answer({ handler, onError }, new IncomingRequest(request, response), response);
    };
    inTurn({ request, response, begin });
  });
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    void answerUpgrade({ handler, onError }, request, { socket: socket as Socket, head });
  });
  server.on("clientError", refuse);
  return server;
}

/** A certificate is a client's free choice; one that does not verify counts as none. */
const askForCertificate = {
  requestCert: true,
  rejectUnauthorized: false,
  handshakeTimeout: handshakeTimeoutMs,
  minVersion: "TLSv1.2",
  ALPNProtocols: ["http/1.1"],
} as const;

function secretsOf(tls: NonNullable<HttpServerOptions["tls"]>): {
  key: string;
  cert: string;
  ca: string;
} {
  const { key, certificate } = tls.identity();
  return { key, cert: certificate, ca: tls.clientCas() };
}

/** Offers of other HTTP versions are declined by answering as if they had not been made. */
const isUpgrade = ({ headers }: IncomingMessage): boolean =>
  headers.upgrade !== undefined && !/^(h2c?|tls)/i.test(headers.upgrade);

/** As Node's plain server has it: upgraded connections close each direction on its own. */
const allowHalfOpen = true;

interface Answering {
  readonly handler: HttpHandler;
  readonly onError: (cause: unknown) => void;
}

const warn = (cause: unknown): void =>
  process.emitWarning(cause instanceof Error ? cause : String(cause));

async function answer(
  { handler, onError }: Answering,
  request: IncomingRequest,
  response: ServerResponse,
): Promise<void> {
  try {
    const answered = request.hasTooManyHeaders ? tooManyHeaders : await handler(request);
    if (answered) await writeResponse(response, request.answeredWith(answered));
    else if (!request.isHandedOver) throw new Error("neither answered nor upgraded");
  } catch (cause) {
    fail(response, cause, onError);
  }
}

/** A handler that throws has a bug; the client learns no more than that. */
function fail(response: ServerResponse, cause: unknown, onError: Answering["onError"]): void {
  if (response.destroyed) return;
  onError(cause);
  if (response.headersSent) response.destroy();
  else response.writeHead(500, { connection: "close", "content-length": 0 }).end();
}

async function answerUpgrade(
  answering: Answering,
  incoming: IncomingMessage,
  { socket, head }: { readonly socket: Socket; readonly head: Buffer },
): Promise<void> {
  const response = new ServerResponse(incoming);
  response.shouldKeepAlive = false;
  response.assignSocket(socket);
  socket.on("error", ignore);
  response.once("finish", () => socket.end());
  // Who will send no more gets no more answers; a connection that is handed over is no longer ours.
  const onEnd = (): void => void socket.end();
  socket.once("end", onEnd);
  const request = new IncomingRequest(incoming, response, (headers) => {
    socket.off("end", onEnd);
    response.detachSocket(socket);
    socket.write(switching(headers));
    return byteStreamOf(socket, head);
  });
  await answer(answering, request, response);
}

/** Whoever reads or writes hears of it; unheard it would end the process. */
const ignore = (): void => {};

function switching(headers: HttpResponse["headers"]): string {
  let text = "HTTP/1.1 101 Switching Protocols\r\n";
  for (const [name, value] of Object.entries(headers))
    if (value !== undefined) text += `${name}: ${value.replace(/[\r\n]/g, " ")}\r\n`;
  return `${text}\r\n`;
}
