/** From an answer as data to an answer in bytes, in the form that was asked for. */
import { promisify } from "node:util";
import { gzip as gzipWithCallback, constants } from "node:zlib";
import { isReason } from "#api/errors.ts";
import type { AnyKind } from "#api/kind.ts";
import type { ApiRequest, ApiResponse, ResponseBody } from "#api/request.ts";
import type { HttpHeaders, HttpResponse } from "#base/http.ts";
import type { Soon } from "#base/soon.ts";
import { formatYaml } from "#base/yaml.ts";
import { isPretty, json, type MediaType, negotiate, protobuf, yaml } from "./accept.ts";
import { type Encoded, listToJson, listToProto } from "./lists.ts";
import { enveloped, jsonFrame, protoFrame, watchChunks } from "./watch-frames.ts";

const gzip = promisify(gzipWithCallback);

/** As upstream: smaller answers are not worth it. */
const gzipBytesMin = 128 * 1024;

type Sent = Exclude<ResponseBody, { is: "upgraded" }>;

const noStore = "no-cache, private";

const jsonHeaders: HttpHeaders = Object.freeze({
  "content-type": json,
  "cache-control": noStore,
});

export function respond(request: ApiRequest, response: ApiResponse): Soon<HttpResponse> {
  const { status, headers } = response;
  const body = response.body as Sent;
  if (!isPlain(request, body)) return respondInForm(request, response, body);
  // The hot path: bytes that exist, under headers that exist.
  return { status, headers: headers ? withJson(headers) : jsonHeaders, body: body.sealed.json() };
}

async function respondInForm(
  request: ApiRequest,
  { status, headers }: ApiResponse,
  body: Sent,
): Promise<HttpResponse> {
  const form = await encode(request, body);
  const all = { ...form.headers, "cache-control": noStore, ...headers };
  if (form.body === undefined) return { status, headers: all };
  return compressed(request, { status, headers: all, body: form.body });
}

/** Of headers that never change: the rest of the way they are known again. */
const joined = new WeakMap<HttpHeaders, HttpHeaders>();

function withJson(headers: HttpHeaders): HttpHeaders {
  const known = joined.get(headers);
  if (known) return known;
  const all = { ...jsonHeaders, ...headers };
  if (Object.isFrozen(headers)) joined.set(headers, Object.freeze(all));
  return all;
}

const isPlain = ({ headers, query }: ApiRequest, body: Sent): body is Sent & { is: "object" } =>
  body.is === "object" &&
  query.size === 0 &&
  isJsonAccept(headers["accept"]) &&
  !isAgentPretty(headers["user-agent"]);

const isJsonAccept = (accept: string | undefined): boolean =>
  accept === undefined || accept === json || accept === "*/*";

const isAgentPretty = (agent: string | undefined): boolean =>
  agent !== undefined && /^(curl|Wget|Mozilla)/.test(agent);

interface Form {
  readonly headers: HttpHeaders;
  readonly body?: Encoded;
}

async function encode(request: ApiRequest, body: Sent): Promise<Form> {
  if (body.is === "none") return { headers: {} };
  if (body.is === "bytes")
    return { headers: { "content-type": body.contentType }, body: body.bytes };
  if (body.is === "stream") {
    const { contentType, chunks } = body;
    // Who is passed on may not have said what it is.
    return { headers: contentType === "" ? {} : { "content-type": contentType }, body: chunks };
  }
  const mediaType = mediaTypeFor(request, isJsonOnly(body));
  if (body.is === "watch") return watchForm(mediaType, body);
  return { headers: { "content-type": mediaType }, body: objectBytes(request, mediaType, body) };
}

/** What cannot be had was refused before; a refusal itself is told in JSON then. */
function mediaTypeFor({ headers }: ApiRequest, jsonOnly: boolean): MediaType {
  try {
    return negotiate(headers["accept"], true, jsonOnly).mediaType;
  } catch (cause) {
    if (!isReason(cause, "NotAcceptable")) throw cause;
    return json;
  }
}

/** Kinds that are made up for an answer have no schema. */
const isJsonOnly = ({ kind }: Sent & { is: "object" | "list" | "watch" }): boolean =>
  (kind as Partial<AnyKind> | undefined)?.schema?.options.noProto === true;

function watchForm(mediaType: MediaType, { kind, events }: Sent & { is: "watch" }): Form {
  const isProto = mediaType === protobuf;
  // As upstream: JSON streams are not marked as such, for the sake of old clients.
  const contentType = isProto ? `${protobuf};stream=watch` : json;
  const body = watchChunks(events, isProto ? protoFrame(kind) : jsonFrame(kind));
  return { headers: { "content-type": contentType }, body };
}

function objectBytes(
  request: ApiRequest,
  mediaType: MediaType,
  body: Sent & { is: "object" | "list" },
): Encoded {
  if (mediaType === protobuf) {
    return body.is === "object" ? enveloped(body.sealed) : listToProto(body.kind, body.list);
  }
  if (mediaType === yaml) return Buffer.from(formatYaml(valueOf(body)));
  if (isPretty(request)) return Buffer.from(`${JSON.stringify(valueOf(body), null, 2)}\n`);
  return body.is === "object" ? body.sealed.json() : listToJson(body.kind, body.list);
}

function valueOf(body: Sent & { is: "object" | "list" }): unknown {
  if (body.is === "object") return body.sealed.object;
  const { kind, list } = body;
  return {
    kind: kind.listKind,
    apiVersion: kind.apiVersion,
    metadata: list.metadata,
    items: list.items.map(({ object: { kind: _kind, apiVersion: _apiVersion, ...rest } }) => rest),
  };
}

/** Only what is large, only when asked, and never within one machine. */
async function compressed(request: ApiRequest, response: HttpResponse): Promise<HttpResponse> {
  const { body, headers } = response;
  if (!request.headers["accept-encoding"]?.includes("gzip") || isLocal(request)) return response;
  if (body === undefined || Symbol.asyncIterator in body || request.method !== "GET")
    return response;
  const whole = body instanceof Uint8Array ? body : Buffer.concat(body);
  if (whole.length < gzipBytesMin) return response;
  const level = constants.Z_BEST_SPEED;
  const vary = headers["vary"] ? `${headers["vary"]}, Accept-Encoding` : "Accept-Encoding";
  const encoding = { "content-encoding": "gzip", vary };
  return { ...response, headers: { ...headers, ...encoding }, body: await gzip(whole, { level }) };
}

const isLocal = ({ caller }: ApiRequest): boolean =>
  caller.is === "component" || /^(127\.|::1$|::ffff:127\.)/.test(caller.peer.address);
