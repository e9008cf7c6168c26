/**
 * The verbs of the API server behind the pipeline: generic over kinds, and the only door to the
 * store. HTTP handlers, subresources, admission plugins and bootstrap code all use it.
 */
import type { AnyKind, ApiObject, Kind } from "#api/kind.ts";
import type { ApiRequest, Sealed, SealedList, User, WatchBatch } from "#api/request.ts";
import type { Soon } from "#base/soon.ts";
import type { Draft } from "#schema/struct.ts";

/** Reads the watch cache: synchronous, as new as the newest acknowledged write of this process. */
export interface Reader {
  readonly get: <T extends ApiObject>(
    kind: Kind<T>,
    namespace: string,
    name: string,
  ) => Sealed<T> | undefined;
  /** In key order. All namespaces when `namespace` is empty. */
  readonly list: <T extends ApiObject>(kind: Kind<T>, namespace: string) => readonly Sealed<T>[];
  readonly revision: () => number;
  /** All that are stored, custom resources included. */
  readonly kinds: () => Iterable<AnyKind>;
  /** The revision of the newest change to any object of the kind: caches of derived data ask it. */
  readonly changed: (kind: AnyKind) => number;
}

/** Its signal aborts when the caller no longer waits. It is made when it is asked for: few writes last that long. */
export type Waiting = Pick<ApiRequest, "signal">;

/** Who writes, and how. */
export interface WriteContext {
  readonly user: User;
  readonly fieldManager: string;
  readonly dryRun: boolean;
  /** What made the caller write: kept with the revision. */
  readonly cause?: string;
  readonly warnings: string[];
  readonly waiting: Waiting;
  /** The kind in the version that the caller speaks; absent: as it is stored. */
  readonly asked?: AnyKind;
  /** What the caller set of the options of his write, for admission. */
  readonly options?: object | undefined;
  /** The subresource that writes had its own request admitted: webhooks have seen it. */
  readonly isAdmitted?: true;
  /** What admission notes for the audit log, by key. */
  readonly annotations?: Map<string, string>;
}

export interface Located {
  readonly namespace: string;
  readonly name: string;
}

export interface ListQuery {
  readonly namespace: string;
  readonly labelSelector: string;
  readonly fieldSelector: string;
  readonly limit: number;
  readonly continue: string;
  readonly resourceVersion: string;
  readonly resourceVersionMatch: string;
}

export interface WatchQuery extends Omit<ListQuery, "limit" | "continue"> {
  readonly allowBookmarks: boolean;
  readonly sendInitialEvents: boolean | undefined;
  readonly timeoutSeconds: number | undefined;
  readonly signal: AbortSignal;
}

/** Watches all objects of a kind: the state first, then every change. */
export const everything: Omit<WatchQuery, "signal"> = {
  namespace: "",
  labelSelector: "",
  fieldSelector: "",
  resourceVersion: "",
  resourceVersionMatch: "",
  allowBookmarks: false,
  sendInitialEvents: undefined,
  timeoutSeconds: undefined,
};

export interface DeleteQuery {
  readonly gracePeriodSeconds: number | undefined;
  readonly propagationPolicy: "Background" | "Foreground" | "Orphan" | undefined;
  readonly uid: string | undefined;
  readonly resourceVersion: string | undefined;
}

/**
 * `status`, `scale` or another part with rules of its own; empty for the object itself. The rules of
 * another part are those of the edit: the registry guards metadata and runs admission, but neither
 * the kind's preparation nor its validation, and takes the generation that the edit sets.
 */
export type Part = string;

/** An object that the server itself makes: see `found.ts`. */
export interface Founded {
  readonly kind: AnyKind;
  /** Canonical, with its defaults. Owned by the registry from now on. */
  readonly draft: Draft<ApiObject>;
  readonly status?: FoundedStatus | undefined;
}

/** What somebody would say of it at once. */
export interface FoundedStatus {
  readonly manager: string;
  readonly status: object;
}

export interface Registry {
  readonly reader: Reader;
  readonly get: (kind: AnyKind, at: Located, resourceVersion?: string) => Soon<Sealed>;
  readonly list: (kind: AnyKind, query: ListQuery) => Promise<SealedList>;
  readonly watch: (kind: AnyKind, query: WatchQuery) => Promise<AsyncIterable<WatchBatch>>;
  /** The server's own objects in an empty store, all of them or none: see `found.ts`. */
  readonly found: (objects: readonly Founded[], how: WriteContext) => Promise<boolean>;
  readonly create: (kind: AnyKind, object: Draft<ApiObject>, how: WriteContext) => Promise<Sealed>;
  /**
   * Reads, lets `edit` make the new object of the current one, and writes; again from the newest
   * state on a conflict. Defaulting, admission and validation run on what it returns.
   */
  readonly change: <T extends ApiObject>(
    kind: Kind<T>,
    change: Located & {
      readonly part?: Part;
      readonly edit: Edit<T>;
      /** The edit settled managedFields, or leaves them as they were. */
      readonly isTracked?: boolean;
    },
    how: WriteContext,
  ) => Promise<Sealed<T>>;
  /** The object as it was, or the mark of its coming deletion (finalizers, grace). */
  readonly delete: (
    kind: AnyKind,
    query: Located & DeleteQuery,
    how: WriteContext,
  ) => Promise<{ readonly sealed: Sealed; readonly isGone: boolean }>;
}

/** Throws to refuse. `current` is frozen: start from a copy. */
export type Edit<T> = (current: T) => T | Draft<T> | Promise<T | Draft<T>>;
