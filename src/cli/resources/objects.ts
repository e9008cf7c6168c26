/** One object on the server: read, made, replaced, patched, deleted. As JSON, of any kind. */
import { ApiError } from "#api/errors.ts";
import type { Resource } from "#client/discovery.ts";
import { pathOf } from "#client/paths.ts";
import type { Session } from "../session.ts";
import type { Manifest, ManifestList } from "./manifest.ts";
import { ask } from "./rest.ts";

/** Where an object stands. */
export interface Place {
  readonly resource: Resource;
  /** Undefined for cluster-scoped kinds. */
  readonly namespace: string | undefined;
  readonly name: string;
}

export interface WriteOptions {
  /** Who is noted as the owner of the fields. */
  readonly manager: string;
  readonly isDryRun?: boolean;
  /** What becomes of unknown fields. */
  readonly validation?: "Strict" | "Warn" | "Ignore";
  readonly subresource?: string;
}

export type PatchKind = "strategic" | "merge" | "json" | "apply";

const patchTypes: { readonly [K in PatchKind]: string } = {
  strategic: "application/strategic-merge-patch+json",
  merge: "application/merge-patch+json",
  json: "application/json-patch+json",
  apply: "application/apply-patch+yaml",
};

/** kubectl sends `subresource` requests to the part of that name. */
export const objectPath = ({ resource, namespace, name }: Place, subresource?: string): string =>
  pathOf(resource.kind, { namespace, name, subresource });

export const getObject = (
  session: Session,
  place: Place,
  subresource?: string,
): Promise<Manifest> => ask(session, { method: "GET", path: objectPath(place, subresource) });

/** Undefined when there is no such object. */
export async function findObject(session: Session, place: Place): Promise<Manifest | undefined> {
  try {
    return await getObject(session, place);
  } catch (cause) {
    if (cause instanceof ApiError && cause.reason === "NotFound") return undefined;
    throw cause;
  }
}

export interface ListQuery {
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  readonly limit?: number | undefined;
}

/** All pages of it. */
export async function listObjects(
  session: Session,
  { kind }: Resource,
  { namespace, ...query }: ListQuery,
): Promise<readonly Manifest[]> {
  const path = pathOf(kind, { namespace });
  const items: Manifest[] = [];
  let token: string | undefined;
  do {
    const list: ManifestList = await ask(session, {
      method: "GET",
      path,
      query: { limit: 500, ...query, continue: token },
    });
    // Items of a list leave out what they are.
    const type = { apiVersion: kind.apiVersion, kind: kind.kind };
    items.push(...(list.items ?? []).map((item) => ({ ...type, ...item })));
    token = list.metadata?.continue;
  } while (token);
  return items;
}

const writeQuery = ({ manager, isDryRun, validation }: WriteOptions) => ({
  fieldManager: manager,
  dryRun: isDryRun ? "All" : undefined,
  fieldValidation: validation,
});

export const createObject = (
  session: Session,
  { resource, namespace }: Omit<Place, "name">,
  { manifest, ...options }: WriteOptions & { readonly manifest: object },
): Promise<Manifest> =>
  ask(session, {
    method: "POST",
    path: pathOf(resource.kind, { namespace }),
    query: writeQuery(options),
    body: manifest,
  });

export const replaceObject = (
  session: Session,
  place: Place,
  { manifest, ...options }: WriteOptions & { readonly manifest: object },
): Promise<Manifest> =>
  ask(session, {
    method: "PUT",
    path: objectPath(place, options.subresource),
    query: writeQuery(options),
    body: manifest,
  });

export interface PatchOptions extends WriteOptions {
  readonly is: PatchKind;
  readonly patch: object;
  /** Apply: take fields from their owners. */
  readonly force?: boolean;
}

export const patchObject = (
  session: Session,
  place: Place,
  { is, patch, force, ...options }: PatchOptions,
): Promise<Manifest> =>
  ask(session, {
    method: "PATCH",
    path: objectPath(place, options.subresource),
    query: { ...writeQuery(options), force },
    body: patch,
    contentType: patchTypes[is],
  });

export interface DeletionOptions {
  readonly gracePeriodSeconds?: number | undefined;
  readonly propagationPolicy?: "Background" | "Foreground" | "Orphan" | undefined;
  readonly isDryRun?: boolean;
  readonly uid?: string | undefined;
}

/** What the server says: the object with its mark of deletion, or a Status. */
export const deleteObject = (
  session: Session,
  place: Place,
  { gracePeriodSeconds, propagationPolicy, isDryRun, uid }: DeletionOptions = {},
): Promise<Manifest> =>
  ask(session, {
    method: "DELETE",
    path: objectPath(place),
    body: {
      kind: "DeleteOptions",
      apiVersion: "v1",
      ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
      ...(propagationPolicy === undefined ? {} : { propagationPolicy }),
      ...(isDryRun ? { dryRun: ["All"] } : {}),
      ...(uid === undefined ? {} : { preconditions: { uid } }),
    },
  });
