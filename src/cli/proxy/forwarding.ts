/**
 * Passes requests on to the API server with the user's credentials, and the answers back as they come.
 * upstream: staging/src/k8s.io/kubectl/pkg/proxy/proxy_server.go#NewProxyHandler
 */
import type { HttpCall, HttpClient, HttpHandler, HttpRequest, HttpResponse } from "#base/http.ts";
import { endToEnd } from "#base/http-hop.ts";
import { join } from "#base/stream.ts";

export interface Forwarding {
  readonly http: HttpClient;
  /** What comes before a request's path: `https://server:6443`. */
  readonly base: string;
  /** For connections that leave HTTP; 0 means what is usual. */
  readonly keepAliveMs: number;
  readonly complain: (text: string) => void;
}

export const forwarding =
  (to: Forwarding): HttpHandler =>
  async (request) => {
    try {
      return await (request.upgrade ? upgraded(to, request) : answered(to, request));
    } catch (cause) {
      if (request.signal.aborted) throw cause;
      const { message } = cause as Error;
      to.complain(`Error while proxying request: ${message}`); // exact: kubectl
      return plainText(500, message);
    }
  };

export const plainText = (status: number, text: string): HttpResponse => ({
  status,
  headers: { "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff" },
  body: Buffer.from(`${text}\n`),
});

async function answered(to: Forwarding, request: HttpRequest): Promise<HttpResponse> {
  const { status, headers, body } = await to.http.call({
    ...callOf(to, request),
    signal: request.signal,
  });
  return { status, headers: endToEnd(headers), body };
}

function callOf({ base }: Forwarding, request: HttpRequest): HttpCall {
  const { "transfer-encoding": encoding, "content-length": length } = request.headers;
  const { host: _host, expect: _expect, ...headers } = endToEnd(request.headers);
  const call = { method: request.method, url: base + request.target };
  const via = [headers["x-forwarded-for"], request.peer.address].filter((one) => one);
  const seen = { ...headers, "x-forwarded-for": via.join(", ") };
  if (encoding !== undefined) {
    const framed = { ...seen, "transfer-encoding": encoding };
    return { ...call, headers: framed, body: request.bodyStream() };
  }
  const hasBody = length !== undefined && length !== "0";
  return { ...call, headers: seen, ...(hasBody ? { body: request.bodyStream() } : {}) };
}

/** Undefined once the connection was joined with the server's. */
async function upgraded(to: Forwarding, request: HttpRequest): Promise<HttpResponse | undefined> {
  const call = callOf(to, request);
  const { answer, stream } = await to.http.upgrade({
    ...call,
    headers: { ...call.headers, connection: "Upgrade", upgrade: request.headers["upgrade"] },
    ...(to.keepAliveMs > 0 ? { keepAliveMs: to.keepAliveMs } : {}),
  });
  if (!stream || !request.upgrade) return { ...answer, headers: endToEnd(answer.headers) };
  const client = request.upgrade.accept(answer.headers);
  await Promise.allSettled([join(client, stream)]);
  return undefined;
}
