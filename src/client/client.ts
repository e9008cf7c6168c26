/**
 * The only way one component learns about, or changes, another: through the API, typed by kind.
 *
 *   const pod = await client.get(Pod, { namespace: "default", name: "web" });
 *   await client.create(ConfigMap, { metadata: { namespace, name }, data: { a: "1" } });
 *
 * Every call throws `ApiError` with the server's reason. Objects that come back are shared and
 * immutable: change a copy.
 */
import type { AnyKind, ApiObject, Kind } from "#api/kind.ts";
import type { ListMeta } from "#api/meta/list-meta.ts";
import type { ApiRequest, ApiResponse } from "#api/request.ts";
import type { ByteStream } from "#base/stream.ts";

export interface ObjectName {
  /** Absent for cluster-scoped kinds. */
  readonly namespace?: string | undefined;
  readonly name: string;
}

export interface CallOptions {
  readonly signal?: AbortSignal;
  /** The revisions that made the caller act; the server records them with the write. */
  readonly cause?: string;
}

export interface Selection {
  /** All namespaces when absent. */
  readonly namespace?: string | undefined;
  /** In string form: `app=web,tier!=db`. */
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

export interface ListOptions extends CallOptions, Selection {
  readonly limit?: number;
  readonly continue?: string;
  readonly resourceVersion?: string;
  readonly resourceVersionMatch?: "Exact" | "NotOlderThan";
}

export interface Listing<T> {
  readonly items: readonly T[];
  readonly metadata: ListMeta;
}

export interface WatchOptions extends CallOptions, Selection {
  /** Changes after it; "the newest, state first" when absent. */
  readonly resourceVersion?: string;
  readonly allowBookmarks?: boolean;
  /** Starts with the state as ADDED events and a bookmark that ends them (WatchList). */
  readonly sendInitialEvents?: boolean;
}

export type WatchEvent<T> =
  | {
      readonly type: "ADDED" | "MODIFIED" | "DELETED";
      readonly object: T;
      readonly revision: number;
    }
  | { readonly type: "BOOKMARK"; readonly revision: number; readonly isInitialEnd: boolean };

export interface WriteOptions extends CallOptions {
  /** Who owns the fields it sets; the client's own name unless said. */
  readonly fieldManager?: string;
  readonly dryRun?: boolean;
}

export interface UpdateOptions extends WriteOptions {
  /** PUT to a part of the object with rules of its own: `status`, `finalize`. */
  readonly subresource?: string;
}

export interface DeleteOptions extends CallOptions {
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: "Background" | "Foreground" | "Orphan";
  /** Refuse (Conflict) unless the object still is this one. */
  readonly preconditions?: {
    readonly uid?: string | undefined;
    readonly resourceVersion?: string | undefined;
  };
  readonly dryRun?: boolean;
}

export type Patch =
  | { readonly is: "json"; readonly operations: readonly object[] }
  | { readonly is: "merge"; readonly change: object }
  | { readonly is: "strategic"; readonly change: object }
  | { readonly is: "apply"; readonly object: object; readonly force?: boolean };

export interface Client {
  readonly get: <T extends ApiObject>(
    kind: Kind<T>,
    name: ObjectName,
    options?: CallOptions,
  ) => Promise<T>;
  readonly list: <T extends ApiObject>(kind: Kind<T>, options?: ListOptions) => Promise<Listing<T>>;
  /** Ends when the server ends it or `signal` aborts; throws `Expired` when history is gone. */
  readonly watch: <T extends ApiObject>(
    kind: Kind<T>,
    options: WatchOptions,
  ) => AsyncIterable<readonly WatchEvent<T>[]>;
  readonly create: <T extends ApiObject, In>(
    kind: Kind<T, In>,
    object: In,
    options?: WriteOptions,
  ) => Promise<T>;
  /** PUT: fails with Conflict when the object's resourceVersion is no longer the newest. */
  readonly update: <T extends ApiObject>(
    kind: Kind<T>,
    object: T,
    options?: UpdateOptions,
  ) => Promise<T>;
  readonly updateStatus: <T extends ApiObject>(
    kind: Kind<T>,
    object: T,
    options?: WriteOptions,
  ) => Promise<T>;
  readonly patch: <T extends ApiObject>(
    kind: Kind<T>,
    at: ObjectName & { readonly subresource?: string },
    patch: Patch & WriteOptions,
  ) => Promise<T>;
  readonly delete: (kind: AnyKind, name: ObjectName, options?: DeleteOptions) => Promise<void>;
  readonly deleteCollection: (
    kind: AnyKind,
    selection: Selection,
    options?: DeleteOptions,
  ) => Promise<void>;
  /** POST to a subresource such as binding, eviction or token: `at.subresource` names it. */
  readonly createSub: <Out>(
    kind: AnyKind,
    at: ObjectName & { readonly subresource: string },
    call: { readonly object: object } & WriteOptions,
  ) => Promise<Out>;
  /** Anything else. The answer as it came, failures too. */
  readonly raw: (request: RawRequest) => Promise<ApiResponse>;
  /** Asks to leave HTTP (exec, attach, port-forward). Without a stream the server refused. */
  readonly connect: (request: RawRequest) => Promise<Connection>;
  /** How many objects a list should ask for at once; everything when absent. */
  readonly pageSize?: number | undefined;
}

export type RawRequest = Pick<ApiRequest, "method" | "path"> &
  Partial<Pick<ApiRequest, "query" | "headers" | "body" | "signal">>;

export interface Connection {
  readonly response: ApiResponse;
  readonly stream?: ByteStream;
}
