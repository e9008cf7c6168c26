/** The `Client` over a transport: what each call asks of the server, and how answers are read. */
import { ApiError, errorOf } from "#api/errors.ts";
import type { AnyKind, ApiObject } from "#api/kind.ts";
import {
  type ApiResponse,
  causeHeader,
  type RequestBody,
  type WatchEvent as ServerEvent,
} from "#api/request.ts";
import { unreachable } from "#base/assert.ts";
import type { HttpHeaders } from "#base/http.ts";
import type {
  Client,
  DeleteOptions,
  ListOptions,
  Listing,
  Patch,
  RawRequest,
  Selection,
  WatchEvent,
  WatchOptions,
  WriteOptions,
} from "./client.ts";
import { pathOf } from "./paths.ts";
import type { Transport, TransportRequest } from "./transport.ts";

export interface ClientDefaults {
  /** Who owns the fields it sets, unless a call says otherwise. */
  readonly fieldManager?: string;
  readonly userAgent?: string;
}

export function createClient(transport: Transport, defaults: ClientDefaults = {}): Client {
  const habits = habitsOf(defaults);
  const send = (ask: Ask): Promise<ApiResponse> => transport.request(new Asked(ask, habits));
  // The one place where what came is taken for what was asked for.
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- each call names its own.
  const object = async <T>(ask: Ask): Promise<T> =>
    objectOf(await send({ ...ask, expects: "object" })) as T;
  return Object.freeze<Client>({
    get: (kind, at, options) =>
      object({ method: "GET", path: pathOf(kind, at), kind, from: options }),

    list: async (kind, options = {}) => {
      const path = pathOf(kind, { namespace: options.namespace });
      const query = listQuery(options);
      return listingOf(
        await send({ method: "GET", path, kind, query, from: options, expects: "list" }),
      );
    },

    watch: (kind, options) => watch(send, kind, options),

    create: (kind, manifest, options) =>
      object({
        method: "POST",
        path: pathOf(kind, { namespace: namespaceOf(manifest) }),
        kind,
        body: typed(kind, manifest as object),
        write: options,
      }),

    update: (kind, changed, options) =>
      object({
        method: "PUT",
        path: pathOf(kind, { ...changed.metadata, subresource: options?.subresource }),
        kind,
        body: changed,
        write: options,
      }),

    updateStatus: (kind, changed, options) =>
      object({
        method: "PUT",
        path: pathOf(kind, { ...changed.metadata, subresource: "status" }),
        kind,
        body: changed,
        write: options,
      }),

    patch: (kind, at, patch) =>
      object({
        method: "PATCH",
        path: pathOf(kind, at),
        // A Scale comes back, whatever was scaled.
        ...(at.subresource === "scale" ? {} : { kind }),
        ...patchOf(patch),
        write: patch,
      }),

    delete: async (kind, at, options = {}) => {
      const body = deleteOptions(options);
      refuse(await send({ method: "DELETE", path: pathOf(kind, at), body, write: options }));
    },

    deleteCollection: async (kind, selection, options = {}) => {
      const path = pathOf(kind, { namespace: selection.namespace });
      const query = selectionQuery(selection);
      const body = deleteOptions(options);
      refuse(await send({ method: "DELETE", path, query, body, write: options }));
    },

    createSub: (kind, at, call) =>
      object({ method: "POST", path: pathOf(kind, at), body: call.object, write: call }),

    raw: (request) => transport.request(rawRequest(request, defaults)),
    connect: (request) => transport.connect(rawRequest(request, defaults)),
    pageSize: transport.pageSize,
  });
}

/** One call, before it is a request. */
interface Ask {
  readonly method: TransportRequest["method"];
  readonly path: string;
  readonly kind?: AnyKind;
  readonly query?: URLSearchParams;
  readonly body?: object;
  readonly contentType?: string;
  readonly from?: { readonly signal?: AbortSignal; readonly cause?: string } | undefined;
  readonly write?: (WriteOptions & { readonly is?: string }) | DeleteOptions | undefined;
  readonly expects?: TransportRequest["expects"];
}

/** What a client says in all its calls; nobody writes to it. */
interface Habits {
  readonly fieldManager: string | undefined;
  readonly headers: HttpHeaders;
  /** Of calls with a body in JSON. */
  readonly jsonHeaders: HttpHeaders;
  readonly readQuery: URLSearchParams;
  readonly writeQuery: URLSearchParams;
}

const json = "application/json";

function habitsOf({ fieldManager, userAgent }: ClientDefaults): Habits {
  const agent = userAgent ? { "user-agent": userAgent } : {};
  return {
    fieldManager,
    headers: { accept: json, ...agent },
    jsonHeaders: { accept: json, "content-type": json, ...agent },
    readQuery: new URLSearchParams(),
    writeQuery: new URLSearchParams(fieldManager ? { fieldManager } : {}),
  };
}

/** A class for the sake of its getter: most calls are over before anybody asks for their signal. */
class Asked implements TransportRequest {
  readonly method: TransportRequest["method"];
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: HttpHeaders;
  readonly body: RequestBody;
  readonly expects: TransportRequest["expects"];
  readonly kind: AnyKind | undefined;
  #signal: AbortSignal | undefined;

  constructor(ask: Ask, habits: Habits) {
    const { signal, cause } = ask.write ?? ask.from ?? {};
    this.method = ask.method;
    this.path = ask.path;
    this.query = queryOf(ask, habits);
    this.headers = headersOf(ask, habits, cause);
    this.body = ask.body ? { is: "object", object: ask.body } : none;
    this.expects = ask.expects;
    this.kind = ask.kind;
    this.#signal = signal;
  }

  get signal(): AbortSignal {
    return (this.#signal ??= new AbortController().signal);
  }
}

function headersOf(
  { body, contentType }: Ask,
  { headers, jsonHeaders }: Habits,
  cause: string | undefined,
): HttpHeaders {
  const usual = body ? jsonHeaders : headers;
  if (!contentType && !cause) return usual;
  const all: Record<string, string | undefined> = { ...usual };
  if (contentType) all["content-type"] = contentType;
  if (cause) all[causeHeader] = cause;
  return all;
}

const none: RequestBody = { is: "none" };

function rawRequest(request: RawRequest, { userAgent }: ClientDefaults): TransportRequest {
  return {
    query: new URLSearchParams(),
    body: none,
    signal: new AbortController().signal,
    ...request,
    headers: { ...(userAgent ? { "user-agent": userAgent } : {}), ...request.headers },
  };
}

function queryOf(ask: Ask, habits: Habits): URLSearchParams {
  const { method, query, write } = ask;
  if (method === "GET") return query ?? habits.readQuery;
  const manager = managerOf(ask, habits);
  if (!query && !write?.dryRun && manager === habits.fieldManager) return habits.writeQuery;
  const full = query ?? new URLSearchParams();
  if (write?.dryRun) full.set("dryRun", "All");
  if (manager) full.set("fieldManager", manager);
  return full;
}

/** Who deletes owns nothing. */
function managerOf({ method, write }: Ask, { fieldManager }: Habits): string | undefined {
  if (method === "DELETE") return undefined;
  return (write && "fieldManager" in write ? write.fieldManager : undefined) ?? fieldManager;
}

function selectionQuery({ labelSelector, fieldSelector }: Selection): URLSearchParams {
  const query = new URLSearchParams();
  if (labelSelector) query.set("labelSelector", labelSelector);
  if (fieldSelector) query.set("fieldSelector", fieldSelector);
  return query;
}

function listQuery(options: ListOptions): URLSearchParams {
  const query = selectionQuery(options);
  if (options.limit) query.set("limit", String(options.limit));
  if (options.continue) query.set("continue", options.continue);
  if (options.resourceVersion !== undefined) query.set("resourceVersion", options.resourceVersion);
  if (options.resourceVersionMatch) {
    query.set("resourceVersionMatch", options.resourceVersionMatch);
  }
  return query;
}

function watchQuery(options: WatchOptions): URLSearchParams {
  const query = selectionQuery(options);
  query.set("watch", "true");
  if (options.resourceVersion !== undefined) query.set("resourceVersion", options.resourceVersion);
  if (options.allowBookmarks) query.set("allowWatchBookmarks", "true");
  if (options.sendInitialEvents) {
    query.set("sendInitialEvents", "true");
    query.set("resourceVersionMatch", "NotOlderThan");
  }
  return query;
}

const deleteOptions = (options: DeleteOptions): object => {
  const { gracePeriodSeconds, propagationPolicy, preconditions } = options;
  return {
    kind: "DeleteOptions",
    apiVersion: "v1",
    ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    ...(preconditions ? { preconditions } : {}),
    ...(propagationPolicy ? { propagationPolicy } : {}),
  };
};

function patchOf(patch: Patch): Pick<Ask, "body" | "contentType" | "query"> {
  switch (patch.is) {
    case "json":
      return { body: patch.operations, contentType: "application/json-patch+json" };
    case "merge":
      return { body: patch.change, contentType: "application/merge-patch+json" };
    case "strategic":
      return { body: patch.change, contentType: "application/strategic-merge-patch+json" };
    case "apply":
      return {
        body: patch.object,
        contentType: "application/apply-patch+yaml",
        query: new URLSearchParams(patch.force ? { force: "true" } : {}),
      };
    default:
      return unreachable(patch);
  }
}

/** What a client sends names its type, as every object on the wire does. */
const typed = ({ kind, apiVersion }: AnyKind, manifest: object): object =>
  "kind" in manifest && "apiVersion" in manifest ? manifest : { kind, apiVersion, ...manifest };

const namespaceOf = (manifest: unknown): string | undefined =>
  (manifest as { metadata?: { namespace?: string } }).metadata?.namespace;

async function* watch<T extends ApiObject>(
  send: (ask: Ask) => Promise<ApiResponse>,
  kind: AnyKind,
  options: WatchOptions,
): AsyncGenerator<readonly WatchEvent<T>[]> {
  const path = pathOf(kind, { namespace: options.namespace });
  const query = watchQuery(options);
  const response = await send({
    method: "GET",
    path,
    kind,
    query,
    from: options,
    expects: "watch",
  });
  refuse(response);
  if (response.body.is !== "watch") throw unexpected(response);
  for await (const batch of response.body.events) yield batch.map((event) => received<T>(event));
}

function received<T>(event: ServerEvent): WatchEvent<T> {
  switch (event.type) {
    case "BOOKMARK":
      return event;
    case "ERROR":
      throw event.error;
    case "ADDED":
    case "MODIFIED":
    case "DELETED": {
      const { object, revision } = event.sealed;
      return { type: event.type, object: object as unknown as T, revision };
    }
    default:
      return unreachable(event);
  }
}

function objectOf(response: ApiResponse): unknown {
  refuse(response);
  if (response.body.is !== "object") throw unexpected(response);
  return response.body.sealed.object;
}

function listingOf<T>(response: ApiResponse): Listing<T> {
  refuse(response);
  if (response.body.is !== "list") throw unexpected(response);
  const { items, metadata } = response.body.list;
  return { items: items.map(({ object }) => object as unknown as T), metadata };
}

/** Throws the failure that the answer is, if it is one. */
export function refuse(response: ApiResponse): void {
  const { status, body } = response;
  if (status < 400) return;
  if (body.is === "object") throw errorOf(body.sealed.object);
  const text = body.is === "bytes" ? textOf(body.bytes).trim() : "";
  throw new ApiError(reasonOf(status), text || `the server answered ${status}`, { code: status });
}

function textOf(bytes: Uint8Array | readonly Uint8Array[]): string {
  const decoder = new TextDecoder();
  const parts = bytes instanceof Uint8Array ? [bytes] : bytes;
  return parts.map((part) => decoder.decode(part, { stream: true })).join("");
}

const reasons: ReadonlyMap<number, ApiError["reason"]> = new Map([
  [400, "BadRequest"],
  [401, "Unauthorized"],
  [403, "Forbidden"],
  [404, "NotFound"],
  [405, "MethodNotAllowed"],
  [406, "NotAcceptable"],
  [409, "Conflict"],
  [410, "Expired"],
  [413, "RequestEntityTooLarge"],
  [415, "UnsupportedMediaType"],
  [422, "Invalid"],
  [429, "TooManyRequests"],
  [503, "ServiceUnavailable"],
  [504, "Timeout"],
]);

/** For an answer without a Status: a proxy in between, or a server that is no API server. */
const reasonOf = (status: number): ApiError["reason"] => reasons.get(status) ?? "InternalError";

const unexpected = ({ status, body }: ApiResponse): ApiError =>
  new ApiError("InternalError", `the server's answer makes no sense: ${status}, ${body.is}`);
