/**
 * Requests that the API server passes on: to a pod, a service or a node. The caller's credentials
 * stay here. upstream: staging/src/k8s.io/apimachinery/pkg/util/proxy/upgradeaware.go
 * differs: links in HTML are not rewritten; redirects are.
 */
import { ApiError, badRequest } from "#api/errors.ts";
import type { ApiRequest, ApiResponse } from "#api/request.ts";
import type { HttpAnswer, HttpCall, HttpHeaders } from "#base/http.ts";
import { isOfOneHop } from "#base/http-hop.ts";
import { type ByteStream, join } from "#base/stream.ts";
import { withoutToken } from "../authn/bearer-token.ts";
import { reasonOf } from "../connection-failure.ts";
import { textAnswer } from "../responses.ts";
import type { SubresourceCall } from "./subresource.ts";

/** Sends on what came, with another path. */
export interface Backend {
  /** Redirects to it are turned into ones to the proxy: `http://10.244.0.7:80`. */
  readonly origin: string;
  readonly call: (path: string, call: Forwarded) => Promise<HttpAnswer>;
  readonly upgrade: (
    path: string,
    call: Forwarded,
  ) => Promise<{ readonly answer: HttpAnswer; readonly stream?: ByteStream }>;
}

export type Forwarded = Pick<HttpCall, "method" | "headers" | "body" | "signal">;

export const proxyMethods = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];
export const proxyVerbs = ["create", "delete", "get", "patch", "update"];

export interface Place {
  readonly scheme: string;
  readonly name: string;
  readonly port: string;
}

/** `name`, `name:port` or `scheme:name:port`. */
export function placeOf(text: string): Place {
  const parts = text.split(":");
  const [scheme, name, port] = parts.length === 3 ? parts : ["", ...parts];
  const isKnown = ["", "http", "https"].includes(scheme ?? "");
  if (parts.length > 3 || !name || !isKnown)
    throw badRequest(`invalid request ${JSON.stringify(text)}`);
  return { scheme: scheme || "http", name, port: port ?? "" };
}

/** Serves the request from the backend. */
export async function proxy(call: SubresourceCall, backend: Backend): Promise<ApiResponse> {
  const { request } = call.context;
  const base = basePathOf(request.path);
  const path = request.path.slice(base.length);
  const query = request.query.size > 0 ? `?${request.query.toString()}` : "";
  // Relative links of the first page would lead nowhere.
  if (path === "") return redirect(`${base}/${query}`);
  const forwarded = forwardedFrom(request, path);
  if (request.upgrade)
    return proxyUpgrade(request, { backend, path: path + query, forwarded, base });
  const answer = await reach(backend.call(path + query, forwarded));
  return passOn(answer, { base, origin: backend.origin });
}

/** Everything up to and including `/proxy`. */
function basePathOf(path: string): string {
  const [base = path] = /^\/api\/v1\/(?:namespaces\/[^/]+\/)?[^/]+\/[^/]+\/proxy/.exec(path) ?? [];
  return base;
}

const redirect = (location: string): ApiResponse => ({
  ...textAnswer("", 301),
  headers: { location },
});

/** None of the backend's business. */
const keptBack: ReadonlySet<string> = new Set(["authorization", "content-length", "host"]);

const isKeptBack = (name: string): boolean =>
  isOfOneHop(name) ||
  keptBack.has(name) ||
  name.startsWith("impersonate-") ||
  name.startsWith("x-remote-");

const protocolsHeader = "sec-websocket-protocol";

function passable(headers: HttpHeaders): HttpHeaders {
  const kept = Object.entries(headers).filter(([name]) => !isKeptBack(name));
  const { [protocolsHeader]: offered, ...others } = Object.fromEntries(kept);
  const protocols = offered === undefined ? "" : withoutToken(offered);
  return protocols === "" ? others : { ...others, [protocolsHeader]: protocols };
}

export function forwardedFrom(request: ApiRequest, path: string): Forwarded {
  const { method, headers, body, signal, caller } = request;
  const from = caller.is === "peer" ? caller.peer.address : undefined;
  const before = headers["x-forwarded-for"];
  const via = [before, from].filter((one) => one !== undefined).join(", ");
  return {
    method,
    headers: {
      ...passable(headers),
      ...(via === "" ? {} : { "x-forwarded-for": via }),
      ...(headers["host"] ? { "x-forwarded-host": headers["host"] } : {}),
      "x-forwarded-proto": "https",
      "x-forwarded-uri": path,
    },
    ...(body.is === "bytes" ? { body: body.bytes } : {}),
    signal,
  };
}

async function reach<T>(answering: Promise<T>): Promise<T> {
  try {
    return await answering;
  } catch (cause) {
    if (cause instanceof ApiError) throw cause;
    const why = reasonOf(cause as Error);
    // exact: apiserver
    throw new ApiError("ServiceUnavailable", `error trying to reach service: ${why}`, { cause });
  }
}

export interface Seen {
  /** The path of the proxy. */
  readonly base: string;
  readonly origin: string;
}

export function passOn({ status, headers, body }: HttpAnswer, seen: Seen): ApiResponse {
  const { "content-type": contentType = "", location, ...others } = passable(headers);
  return {
    status,
    headers: { ...others, ...(location ? { location: moved(location, seen) } : {}) },
    body: { is: "stream", contentType, chunks: body },
  };
}

/** A redirect within the backend is one within the proxy. */
function moved(location: string, { base, origin }: Seen): string {
  if (location.startsWith("/") && !location.startsWith("//")) return base + location;
  return location.startsWith(`${origin}/`) ? base + location.slice(origin.length) : location;
}

interface Upgrading {
  readonly backend: Backend;
  readonly path: string;
  readonly forwarded: Forwarded;
  readonly base: string;
}

/** What leaves HTTP is joined byte for byte. */
async function proxyUpgrade(
  request: ApiRequest,
  { backend, path, forwarded, base }: Upgrading,
): Promise<ApiResponse> {
  const asking = {
    ...forwarded.headers,
    connection: "Upgrade",
    upgrade: request.headers["upgrade"],
  };
  const { signal: _signal, ...rest } = forwarded;
  const upgraded = await reach(backend.upgrade(path, { ...rest, headers: asking }));
  return passUpgradeOn(request, upgraded, { base, origin: backend.origin });
}

/** What the backend makes of it: the connection, or a refusal. */
export async function passUpgradeOn(
  { upgrade }: ApiRequest,
  { answer, stream }: Awaited<ReturnType<Backend["upgrade"]>>,
  seen: Seen,
): Promise<ApiResponse> {
  if (!stream || !upgrade) return passOn(answer, seen);
  const client = upgrade.accept({
    ...passable(answer.headers),
    connection: "Upgrade",
    upgrade: answer.headers["upgrade"],
  });
  await Promise.allSettled([join(client, stream)]);
  return { status: 101, body: { is: "upgraded" } };
}

/** Somewhere with an address. Certificates inside the cluster are not ours to check. */
export function addressBackend(call: SubresourceCall, origin: string): Backend {
  const { http } = call.ports;
  const tls = origin.startsWith("https:") ? { tls: { insecure: true } as const } : {};
  return {
    origin,
    call: (path, forwarded) => http.call({ ...forwarded, url: origin + path, ...tls }),
    upgrade: (path, forwarded) => http.upgrade({ ...forwarded, url: origin + path, ...tls }),
  };
}
