/**
 * HTTP/1.1 calls over TLS, plain, or a unix socket. Connections are kept and used again, separately for each
 * TLS identity: whoever a server took us for once must not be whom the next call speaks for.
 */
import { once } from "node:events";
import {
  request as plainRequest,
  type ClientRequest,
  type IncomingMessage,
  type OutgoingHttpHeaders,
} from "node:http";
import { request as tlsRequest } from "node:https";
import type { Socket } from "node:net";
import type { HttpAnswer, HttpCall, HttpClient, HttpHeaders } from "#base/http.ts";
import { byteStreamOf, drained } from "./byte-stream.ts";
import { Agents } from "./http-agents.ts";

/** Disposing closes the connections that are kept for later. */
export function httpClient(): HttpClient & Disposable {
  const agents = new Agents();
  return {
    call: (call) => answerTo(agents, call),
    upgrade: (call) => leave(agents, call),
    [Symbol.dispose]: () => agents.close(),
  };
}

/** Asking these twice does no harm. */
const repeatable: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

async function answerTo(agents: Agents, call: HttpCall): Promise<HttpAnswer> {
  const request = send(agents, call, "kept");
  try {
    return answerOf(await responseTo(request));
  } catch (cause) {
    // The server closed a kept connection just when we used it again.
    if (!request.reusedSocket || !isReset(cause) || !repeatable.has(call.method)) throw cause;
    return answerOf(await responseTo(send(agents, call, "fresh")));
  }
}

async function leave(agents: Agents, call: HttpCall): ReturnType<HttpClient["upgrade"]> {
  const request = send(agents, call, "fresh");
  const upgraded = once(request, "upgrade") as Promise<[IncomingMessage, Socket, Buffer]>;
  const first = await Promise.race([upgraded, responseTo(request)]);
  if (!Array.isArray(first)) return { answer: answerOf(first) };
  const [response, socket, head] = first;
  if (call.keepAliveMs !== undefined) socket.setKeepAlive(true, call.keepAliveMs);
  return { answer: answerOf(response), stream: byteStreamOf(socket, head) };
}

const isReset = (cause: unknown): boolean => {
  const { code } = cause as NodeJS.ErrnoException;
  return code === "ECONNRESET" || code === "EPIPE";
};

function send(agents: Agents, call: HttpCall, use: "kept" | "fresh"): ClientRequest {
  const { method, url, body, signal, tls } = call;
  signal?.throwIfAborted();
  const target = targetOf(url);
  const request = (target.isSecure ? tlsRequest : plainRequest)({
    ...target.address,
    method,
    headers: allHeaders(call),
    agent: target.isSecure ? agents.secure(tls, use) : agents.plain(use),
    ...(signal && { signal }),
  });
  if (body === undefined || body instanceof Uint8Array) request.end(body);
  else void sendStream(request, body);
  return request;
}

async function responseTo(request: ClientRequest): Promise<IncomingMessage> {
  const [response] = (await once(request, "response")) as [IncomingMessage];
  // After its answer a request may still fail; who reads the answer hears of it.
  request.on("error", ignore);
  response.on("error", ignore);
  return response;
}

const ignore = (): void => {};

const answerOf = (response: IncomingMessage): HttpAnswer => ({
  status: response.statusCode ?? 0,
  headers: plainHeaders(response.headers),
  body: response,
});

/** Only `set-cookie` comes as a list, and nothing here keeps cookies. */
function plainHeaders(headers: IncomingMessage["headers"]): HttpHeaders {
  const cookies = headers["set-cookie"];
  return { ...headers, "set-cookie": cookies?.join("\n") };
}

function allHeaders({ headers = {}, repeated = {}, body }: HttpCall): OutgoingHttpHeaders {
  const set: [string, string | string[]][] = Object.entries(headers).flatMap(([name, value]) =>
    value ? [[name, value]] : [],
  );
  for (const [name, values] of Object.entries(repeated)) set.push([name, [...values]]);
  if (body instanceof Uint8Array) set.push(["content-length", String(body.length)]);
  return Object.fromEntries(set);
}

async function sendStream(request: ClientRequest, body: AsyncIterable<Uint8Array>): Promise<void> {
  try {
    for await (const chunk of body) {
      if (request.destroyed) return;
      if (!request.write(chunk)) await drained(request);
    }
    request.end();
  } catch (cause) {
    request.destroy(cause as Error);
  }
}

interface Target {
  readonly isSecure: boolean;
  readonly address:
    | { readonly host: string; readonly port: number; readonly path: string }
    | { readonly socketPath: string; readonly host: string; readonly path: string };
}

function targetOf(url: string): Target {
  const { protocol, hostname, port, pathname, search } = new URL(url);
  const path = (pathname || "/") + search;
  switch (protocol) {
    case "http+unix:":
      return {
        isSecure: false,
        address: { socketPath: decodeURIComponent(hostname), host: "localhost", path },
      };
    case "http:":
    case "https:": {
      const isSecure = protocol === "https:";
      const host = hostname.replace(/^\[(.*)\]$/, "$1");
      return { isSecure, address: { host, port: Number(port) || (isSecure ? 443 : 80), path } };
    }
    default:
      throw new TypeError(`${url}: cannot call ${protocol}`);
  }
}
