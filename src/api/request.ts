/**
 * A request to the API server and its answer, as data: what remains of HTTP when the socket and
 * the bytes are gone. Both transports of the client make the one and read the other, so
 * in-process and remote callers get the same pipeline and the same answers.
 */
import type { Soon } from "#base/soon.ts";
import type { ByteStream } from "#base/stream.ts";
import type { HttpHeaders, HttpPeer } from "#base/http.ts";
import type { ApiError } from "./errors.ts";
import type { AnyKind, ApiObject } from "./kind.ts";
import type { ListMeta } from "./meta/list-meta.ts";

export type Method = "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS";

export interface ApiRequest {
  readonly method: Method;
  /** Without the query, percent-encoding intact: `/api/v1/namespaces/default/pods/web`. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Names in lower case. */
  readonly headers: HttpHeaders;
  readonly body: RequestBody;
  /** Instead of the body, where it is somebody else's to read: as it comes. */
  readonly streamed?: () => AsyncIterable<Uint8Array>;
  readonly caller: Caller;
  /** The caller no longer waits. */
  readonly signal: AbortSignal;
  /** The connection, where the caller asked to leave HTTP (exec, attach, port-forward). */
  readonly upgrade?: Upgrade;
}

/** Names the revisions that made the caller act; kept with what it writes. */
export const causeHeader = "k8ts-cause";

export type RequestBody =
  | { readonly is: "none" }
  | { readonly is: "bytes"; readonly bytes: Uint8Array }
  /** In-process: nothing to parse. The server copies what it keeps. */
  | { readonly is: "object"; readonly object: unknown };

/** What is known of the caller before authentication. */
export type Caller =
  | { readonly is: "peer"; readonly peer: HttpPeer }
  /** Handed out by the composition of the process, which vouches for it. */
  | { readonly is: "component"; readonly user: User };

export interface User {
  readonly name: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

export interface Upgrade {
  readonly accept: (headers: HttpHeaders) => ByteStream;
}

export interface ApiResponse {
  readonly status: number;
  readonly headers?: HttpHeaders;
  readonly body: ResponseBody;
  /** Told how many bytes of body were sent, where they are counted. */
  readonly onSent?: (bytes: number) => void;
}

export type ResponseBody =
  | { readonly is: "none" }
  | { readonly is: "object"; readonly kind: AnyKind | undefined; readonly sealed: Sealed }
  | { readonly is: "list"; readonly kind: AnyKind; readonly list: SealedList }
  | { readonly is: "watch"; readonly kind: AnyKind; readonly events: AsyncIterable<WatchBatch> }
  | {
      readonly is: "bytes";
      readonly contentType: string;
      readonly bytes: Uint8Array | readonly Uint8Array[];
    }
  | {
      readonly is: "stream";
      readonly contentType: string;
      readonly chunks: AsyncIterable<Uint8Array>;
    }
  /** The connection was handed over with `upgrade.accept`. */
  | { readonly is: "upgraded" };

/**
 * One revision of an object and its encodings: made once, immutable, shared by the store, the
 * watch cache, every response and every in-process informer.
 */
export interface Sealed<T extends ApiObject = ApiObject> {
  readonly object: T;
  /** 0 for what is not stored. */
  readonly revision: number;
  /** The whole object in JSON, resourceVersion and all; kind and apiVersion come first. */
  readonly json: () => Uint8Array;
  /** Bytes of the same JSON up to and including apiVersion: list items leave them out. */
  readonly typeMetaLength: number;
  /** The bare protobuf message, without the envelope. Made when first asked for. */
  readonly proto: () => Uint8Array;
}

export interface SealedList {
  readonly metadata: ListMeta;
  readonly items: readonly Sealed[];
}

export type WatchBatch = readonly WatchEvent[];

export type WatchEvent =
  | {
      readonly type: "ADDED" | "MODIFIED" | "DELETED";
      readonly sealed: Sealed;
      /** Of what was modified: as it was, for whoever has to select anew. */
      readonly previous?: Sealed | undefined;
    }
  | { readonly type: "BOOKMARK"; readonly revision: number; readonly isInitialEnd: boolean }
  | { readonly type: "ERROR"; readonly error: ApiError };

/** Serves one request, at once where nothing has to be waited for. Never throws: every failure is a response with a Status. */
export type ApiHandler = (request: ApiRequest) => Soon<ApiResponse>;
