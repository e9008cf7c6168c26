/**
 * A kind is one value: everything the server, the clients and the tools know about Pods stands in
 * `core/pod.ts` and is read from here. Machines read traits; none asks which kind it has.
 */
import type { FieldError } from "#schema/field-error.ts";
import type { AnyStruct, Draft, InputOf, Struct, ValueOf } from "#schema/struct.ts";
import type { ObjectMeta } from "./meta/object-meta.ts";

export interface ApiObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
}

export type Verb =
  | "create"
  | "delete"
  | "deletecollection"
  | "get"
  | "list"
  | "patch"
  | "update"
  | "watch";

/** One column of `kubectl get`. The server computes the cells (Table). */
export interface Column<T> {
  readonly name: string;
  readonly type: "string" | "integer" | "number" | "boolean" | "date";
  /** As OpenAPI has it; `name` for the column of names. */
  readonly format?: string;
  /** Shown with `-o wide` only. */
  readonly wide?: true;
  readonly doc?: string;
  /** `nowMs` is for ages. */
  readonly cell: (object: T, nowMs: number) => Cell;
}
export type Cell = string | number | boolean | null;

/** Where the object lives in the store. */
export interface StorageTrait {
  /** As in etcd: `/registry/pods`; the namespace and the name follow. */
  readonly prefix: string;
  /** Published in discovery. */
  readonly hash: string;
  /** Losing the last moments in a power cut is harmless (leases, events): commits may be lazy. */
  readonly lazy?: true;
  /** Objects go by themselves so long after they were last written (events: an hour). */
  readonly ttlSeconds?: number;
}

/** The `status` subresource: the part of the object that only it may change. */
export interface StatusTrait<T> {
  /** A new object may bring its status (Node); else it starts empty. */
  readonly isKeptOnCreate?: true;
  /** Of the metadata, what only writes to the object itself may change. */
  readonly keeps?: readonly (keyof ObjectMeta)[];
  /** Further resets after the generic rule (all but `status` and metadata comes from the old object). */
  readonly prepare?: (draft: Draft<T>, old: T) => void;
  readonly validate?: (object: T, old: T) => Iterable<FieldError>;
}

/** The `scale` subresource (autoscaling/v1 Scale). */
export interface ScaleTrait<T> {
  readonly replicas: (object: T) => number;
  readonly withReplicas: (draft: Draft<T>, replicas: number) => void;
  readonly statusReplicas: (object: T) => number;
  /** In the string form of a label selector. */
  readonly selector: (object: T) => string;
}

/** The objects of a kind under another group or version: stored once, in the kind's own shape. */
export interface AlsoServed {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly doc?: string;
  /** Published in discovery. */
  readonly hash: string;
  readonly schema: AnyStruct;
  /** Both start from values that nobody else holds, and may keep parts of them. */
  readonly toStored: (draft: never) => object;
  readonly fromStored: (object: never) => object;
  /** Rules for the stored object, beside the kind's, when it is written this way. */
  readonly validateCreate?: (object: never) => Iterable<FieldError>;
  readonly validateUpdate?: (object: never, old: never) => Iterable<FieldError>;
  /** Field selectors beyond metadata.name and metadata.namespace, read from the stored object. */
  readonly selectableFields?: { readonly [path: string]: (object: never) => string };
}

export interface Deprecation {
  /** The version of Kubernetes: `1.33`. */
  readonly since: string;
  /** Version and kind: `discovery.k8s.io/v1 EndpointSlice`. */
  readonly use?: string;
  /** The whole warning, where it is somebody else's; empty: only that it is deprecated. */
  readonly text?: string;
}

/** Objects are stored in several versions, and only somebody outside can turn one into another. */
export interface ConversionTrait {
  /** In the same order, all of that version. Throws InternalError. */
  readonly convert: (
    objects: readonly ApiObject[],
    apiVersion: string,
  ) => Promise<readonly ApiObject[]>;
}

/** What a kind may say about itself beyond its shape. All of it is pure. */
export interface KindTraits<T> {
  readonly columns?: readonly Column<T>[];
  /** Row conditions of the Table (a finished pod). */
  readonly rowConditions?: (object: T) => readonly object[];
  /** Field selectors beyond metadata.name and metadata.namespace. */
  readonly selectableFields?: { readonly [path: string]: (object: T) => string };
  /** Without it the kind has no status subresource. */
  readonly status?: StatusTrait<T>;
  readonly scale?: ScaleTrait<T>;
  /** The server counts changes outside metadata and status in metadata.generation, and those of what it names. */
  readonly hasGeneration?: true | "labels" | "annotations";
  /** Resets what a client may not decide. Runs after defaulting, before admission. */
  readonly prepareForCreate?: (draft: Draft<T>) => void;
  readonly prepareForUpdate?: (draft: Draft<T>, old: T) => void;
  /** Times that the server fills in where a client leaves them out. Runs after preparing. */
  readonly fillTimes?: (draft: Draft<T>, now: string) => void;
  /** What follows from other fields of a new object. Runs after admission, which may change them. */
  readonly completeNew?: (draft: Draft<T>) => void;
  /** Rules for new objects, and, together with validateUpdate, for changed ones. */
  readonly validate?: (object: T) => Iterable<FieldError>;
  /** Rules that new objects must keep, but that changed ones may have outlived. */
  readonly validateCreate?: (object: T) => Iterable<FieldError>;
  readonly validateUpdate?: (object: T, old: T) => Iterable<FieldError>;
  /** Warning headers for accepted but questionable objects. */
  readonly warnings?: (object: T, old?: T) => Iterable<string>;
  /** How metadata.name must look; a DNS subdomain unless said. */
  readonly nameRule?: (name: string, isPrefix: boolean) => readonly string[];
  /** A PUT of an absent object creates it. */
  readonly createsOnUpdate?: true;
  /** A PUT must name the resourceVersion it is based on. */
  readonly needsResourceVersion?: true;
  /** Deletion first only marks the object; it goes when the grace period (seconds) is over. */
  readonly graceSeconds?: (object: T, asked: number | undefined) => number;
  /** Something besides metadata.finalizers keeps a deleted object for now (Namespace: spec.finalizers). */
  readonly isHeld?: (object: T) => boolean;
  /** Changes that come with the mark of deletion (Namespace: status.phase). */
  readonly prepareForDelete?: (draft: Draft<T>) => void;
  /** A DELETE that does not say what becomes of the dependents leaves them (ReplicationController, Job). */
  readonly orphansByDefault?: true;
  /** DELETE answers with the object as it was; else with a Status. */
  readonly deleteReturnsObject?: true;
  /** Every request for it is answered with a Warning: since when, and what to use instead. */
  readonly deprecated?: Deprecation;
  /** Its schema may have changed since objects were stored: they are made to fit when they are read. */
  readonly fitsStored?: true;
  readonly conversion?: ConversionTrait;
  /** The schemas of all there are, served or not, by apiVersion: of any other nobody owns fields any more. */
  readonly versions?: ReadonlyMap<string, AnyStruct>;
  /** Other group versions that serve the same objects. */
  readonly alsoServed?: readonly AlsoServed[];
  /** Served only while this feature gate is on. */
  readonly gate?: string;
}

interface Definition<S> extends KindTraits<TypedOf<S>> {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  /** Lower-case kind unless said. */
  readonly singular?: string;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly scope: "Namespaced" | "Cluster";
  /** All of them unless said. */
  readonly verbs?: readonly Verb[];
  /** One to three sentences for `explain`, discovery and OpenAPI. */
  readonly doc?: string;
  readonly schema: S;
  /** Absent: nothing is stored; the server computes the answer (TokenReview). */
  readonly storage?: StorageTrait;
}

export interface Kind<T extends ApiObject = ApiObject, In = unknown> extends KindTraits<T> {
  readonly group: string;
  readonly version: string;
  /** As objects carry it: `v1`, `apps/v1`. */
  readonly apiVersion: string;
  readonly kind: string;
  readonly listKind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly scope: "Namespaced" | "Cluster";
  readonly verbs: readonly Verb[];
  readonly doc?: string;
  readonly schema: Struct<T, In>;
  readonly storage?: StorageTrait;
}

/** A kind whose object type is not known here. The one place `any` is spelled out. */
// oxlint-disable-next-line typescript/no-explicit-any -- Kind is invariant in T, so no other type accepts every kind.
export type AnyKind = Kind<any, any>;

export type ObjectOf<K> = K extends Kind<infer T, infer _> ? T : never;
/** What a client may send to create one: kind and apiVersion are known already. */
export type ManifestOf<K> = K extends Kind<infer _, infer In> ? In : never;

/** The object as the server returns it: with its type named and its metadata there. */
type TypedOf<S> = Omit<ValueOf<S>, "apiVersion" | "kind" | "metadata"> & ApiObject;

export const allVerbs: readonly Verb[] = [
  "create",
  "delete",
  "deletecollection",
  "get",
  "list",
  "patch",
  "update",
  "watch",
];

export function defineKind<S extends AnyStruct>(
  definition: Definition<S>,
): Kind<TypedOf<S>, InputOf<S>> {
  const { group, version, kind } = definition;
  return Object.freeze({
    ...definition,
    apiVersion: group === "" ? version : `${group}/${version}`,
    listKind: `${kind}List`,
    singular: definition.singular ?? kind.toLowerCase(),
    shortNames: definition.shortNames ?? [],
    categories: definition.categories ?? [],
    verbs: definition.verbs ?? allVerbs,
  }) as never;
}

/** `deployments.apps`, `pods`: how errors, RBAC and CRDs name a kind. */
export const groupResource = ({ group, plural }: AnyKind): string =>
  group === "" ? plural : `${plural}.${group}`;

/** The store's key of one object; without a name, the prefix of all of them. */
export function storageKey(kind: AnyKind, namespace: string, name = ""): string {
  const prefix = kind.storage?.prefix ?? "";
  return kind.scope === "Cluster" ? `${prefix}/${name}` : `${prefix}/${namespace}/${name}`;
}
