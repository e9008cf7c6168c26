/**
 * Reaches the API server over HTTPS: JSON both ways, watches as lines of JSON. Which bytes go
 * where is the business of the `HttpClient`; keeping connections alive too.
 */
import { ApiError, errorOf } from "#api/errors.ts";
import type { AnyKind, ApiObject } from "#api/kind.ts";
import type { RequestBody, ResponseBody, Sealed, WatchBatch, WatchEvent } from "#api/request.ts";
import type { HttpAnswer, HttpCall, HttpCallTls, HttpClient, HttpHeaders } from "#base/http.ts";
import { assert } from "#base/assert.ts";
import { decodeJson } from "#schema/json.ts";
import { isUntyped } from "../dynamic.ts";
import type { Transport, TransportRequest } from "../transport.ts";

export interface ServerLocation {
  /** `https://host:port`, perhaps with a path that goes before every other. */
  readonly url: string;
  /** Asked before every request: certificates and tokens rotate. */
  readonly credentials: () => Credentials | Promise<Credentials>;
  /** Sent with every request: impersonation. */
  readonly headers?: HttpHeaders;
}

export interface Credentials {
  readonly tls?: HttpCallTls;
  /** A bearer token. */
  readonly token?: string;
}

/** Lists larger than this come in pages, so that parsing one never holds up the process. */
const pageSize = 500;

export function https(http: HttpClient, server: ServerLocation): Transport {
  return {
    pageSize,
    request: async (request) => {
      const answer = await http.call(await callOf(server, request));
      return { status: answer.status, headers: answer.headers, body: await read(answer, request) };
    },
    connect: async (request) => {
      const { answer, stream } = await http.upgrade(await callOf(server, request));
      const { status, headers } = answer;
      if (stream) return { response: { status, headers, body: { is: "upgraded" } }, stream };
      return { response: { status, headers, body: await read(answer, request) } };
    },
  };
}

function callOf(server: ServerLocation, request: TransportRequest): Promise<HttpCall> {
  const query = request.query.toString();
  const body = bytesOf(request.body);
  return asUs(server, {
    method: request.method,
    url: `${server.url.replace(/\/$/, "")}${request.path}${query === "" ? "" : `?${query}`}`,
    ...(request.headers ? { headers: request.headers } : {}),
    signal: request.signal,
    ...(body ? { body } : {}),
  });
}

/**
 * Any calls to the server, with our credentials where they bring none of their own.
 * upstream: staging/src/k8s.io/client-go/transport/round_trippers.go
 */
export function credentialed(http: HttpClient, server: ServerLocation): HttpClient {
  const { origin } = new URL(server.url);
  const guarded = (call: HttpCall): Promise<HttpCall> => {
    assert(new URL(call.url).origin === origin, "credentials are for one server only");
    return asUs(server, call);
  };
  return {
    call: async (call) => http.call(await guarded(call)),
    upgrade: async (call) => http.upgrade(await guarded(call)),
  };
}

async function asUs({ credentials, headers }: ServerLocation, call: HttpCall): Promise<HttpCall> {
  const { tls, token } = await credentials();
  const isSomebodyElse = call.headers?.["impersonate-user"] !== undefined;
  return {
    ...call,
    headers: {
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      ...(isSomebodyElse ? {} : headers),
      ...call.headers,
    },
    ...(tls ? { tls } : {}),
  };
}

const encoder = new TextEncoder();

function bytesOf(body: RequestBody): Uint8Array | undefined {
  if (body.is === "none") return undefined;
  return body.is === "bytes" ? body.bytes : encoder.encode(JSON.stringify(body.object));
}

async function read(
  answer: HttpAnswer,
  { kind, expects }: TransportRequest,
): Promise<ResponseBody> {
  const contentType = answer.headers["content-type"] ?? "";
  if (answer.status >= 400) return failure(await whole(answer.body), contentType);
  switch (expects) {
    case "object":
      return { is: "object", kind, sealed: sealed(decoded(kind, await json(answer))) };
    case "list":
      return listOf(kind, await json(answer));
    case "watch":
      return { is: "watch", kind: kind as AnyKind, events: watched(kind, answer.body) };
    case undefined:
      return { is: "stream", contentType, chunks: answer.body };
    default:
      return expects satisfies never;
  }
}

/** A Status where the server sent one; else whatever it said. */
function failure(bytes: Uint8Array, contentType: string): ResponseBody {
  if (!contentType.includes("json")) return { is: "bytes", contentType, bytes };
  const status = JSON.parse(new TextDecoder().decode(bytes)) as ApiObject;
  return { is: "object", kind: undefined, sealed: sealed(status) };
}

async function whole(body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks = await Array.fromAsync(body);
  const [first] = chunks;
  if (first && chunks.length === 1) return first;
  const bytes = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

const json = async ({ body }: HttpAnswer): Promise<unknown> =>
  JSON.parse(new TextDecoder().decode(await whole(body)));

/** In canonical form; as it came when the kind is not known or has no schema. */
function decoded(kind: AnyKind | undefined, value: unknown): ApiObject {
  if (!kind || isUntyped(kind)) return value as ApiObject;
  return decodeJson(kind.schema, value, { defaults: false }).value as ApiObject;
}

interface WireList {
  readonly metadata?: object;
  readonly items?: readonly object[] | null;
}

/** Items leave out what they are; here every object says it. */
function listOf(kind: AnyKind | undefined, value: unknown): ResponseBody {
  const { metadata = {}, items } = value as WireList;
  const { kind: name, apiVersion } = kind as AnyKind;
  const objects = (items ?? []).map((item) => decoded(kind, { kind: name, apiVersion, ...item }));
  return { is: "list", kind: kind as AnyKind, list: { metadata, items: objects.map(sealed) } };
}

/** What came over the wire, in the shape that in-process callers get. */
function sealed(object: ApiObject): Sealed {
  const bytes = (): Uint8Array => encoder.encode(JSON.stringify(object));
  return {
    object,
    revision: Number(object.metadata?.resourceVersion ?? 0),
    json: bytes,
    typeMetaLength: 0,
    proto: () => {
      throw new ApiError("NotAcceptable", "objects from afar have no protobuf form");
    },
  };
}

interface WireEvent {
  readonly type: string;
  readonly object: ApiObject;
}

async function* watched(
  kind: AnyKind | undefined,
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<WatchBatch> {
  for await (const lines of linesOf(body)) {
    yield lines.map((line) => eventOf(kind, JSON.parse(line) as WireEvent));
  }
}

/** The complete lines of each chunk, together. */
async function* linesOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<readonly string[]> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of body) {
    const text = decoder.decode(chunk, { stream: true });
    const end = text.lastIndexOf("\n");
    if (end < 0) {
      rest += text;
      continue;
    }
    const lines = (rest + text.slice(0, end)).split("\n").filter((line) => line !== "");
    rest = text.slice(end + 1);
    if (lines.length > 0) yield lines;
  }
}

const initialEventsEnd = "k8s.io/initial-events-end";

function eventOf(kind: AnyKind | undefined, { type, object }: WireEvent): WatchEvent {
  switch (type) {
    case "ADDED":
    case "MODIFIED":
    case "DELETED":
      return { type, sealed: sealed(decoded(kind, object)) };
    case "BOOKMARK":
      return {
        type,
        revision: Number(object.metadata.resourceVersion ?? 0),
        isInitialEnd: object.metadata.annotations?.[initialEventsEnd] === "true",
      };
    default:
      return { type: "ERROR", error: errorOf(object) };
  }
}
