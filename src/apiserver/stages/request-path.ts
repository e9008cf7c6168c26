/**
 * What a path says. Most requests are for a collection that somebody asked for before, or for one object of it: of
 * their paths only the last segment has to be read. Splitting them and looking up every part cost more than any stage.
 */
import { badRequest } from "#api/errors.ts";
import type { RequestInfo } from "../context.ts";

/** All that the path says of a resource. */
export interface Subject extends Omit<RequestInfo, "verb" | "path" | "isResource"> {
  /** `/api/v1/watch/…`. */
  readonly isOldWatch: boolean;
}

/** What paths that go on from one place have in common. */
interface Folder {
  /** Of `/api/v1/namespaces/default/pods`: what is said of the object whose name follows, but for that name. */
  object?: Subject;
  /** Of `/api/v1/namespaces/default`: the collections that were asked for. */
  readonly collections: Map<string, Subject>;
}

/** By the path up to the last slash. Anybody may ask for anything, so there are so many at most. */
const folders = new Map<string, Folder>();
const foldersMax = 512;
const collectionsMax = 128;
const pathLengthMax = 256;

/** Undefined for `/healthz`, `/version`… Throws BadRequest on broken percent-encoding. */
export function subjectOf(path: string): Subject | undefined {
  const cut = path.lastIndexOf("/");
  if (cut <= 0) return undefined;
  const last = path.slice(cut + 1);
  const folder = folders.get(path.slice(0, cut));
  if (folder?.object && isWhole(last)) return { ...folder.object, name: last };
  const known = folder?.collections.get(last);
  if (known) return known;
  const subject = parsed(path);
  if (subject && path.length <= pathLengthMax) remember(path.slice(0, cut), last, subject);
  return subject;
}

/** A segment that is what it says. */
const isWhole = (segment: string): boolean => segment !== "" && !segment.includes("%");

function remember(place: string, last: string, subject: Subject): void {
  const { name, resource, subresource, rest } = subject;
  // The name of a namespace says where it is as well.
  const isObject = name !== "" && resource !== "namespaces" && subresource === "" && rest === "";
  if (name !== "" && !(isObject && name === last)) return;
  if (folders.size >= foldersMax) folders.clear();
  const folder = folders.get(place) ?? { collections: new Map<string, Subject>() };
  folders.set(place, folder);
  if (folder.collections.size >= collectionsMax) folder.collections.clear();
  if (isObject) folder.object = { ...subject, name: "" };
  else folder.collections.set(last, subject);
}

function parsed(path: string): Subject | undefined {
  const parts = splitPath(path);
  const home = homeOf(parts);
  if (!home) return undefined;
  const { group, version, length } = home;
  const isOldWatch = parts[length] === "watch" && parts.length > length + 1;
  const { more, ...place } = placeOf(parts, isOldWatch ? length + 1 : length);
  const rest = more === 0 ? "" : afterSegments(path, parts.length - more);
  const apiVersion = group === "" ? version : `${group}/${version}`;
  return { apiVersion, group, version, ...place, rest, isOldWatch };
}

interface Home {
  readonly group: string;
  readonly version: string;
  /** In segments. */
  readonly length: number;
}

/** `/api/v1` or `/apis/apps/v1`, when something follows. */
function homeOf(parts: readonly string[]): Home | undefined {
  const [root, first = "", second = ""] = parts;
  if (root === "api" && parts.length > 2) return { group: "", version: first, length: 2 };
  if (root === "apis" && parts.length > 3) return { group: first, version: second, length: 3 };
  return undefined;
}

/** Throws BadRequest on broken percent-encoding. */
function splitPath(path: string): readonly string[] {
  const parts = path.split("/").filter((part) => part !== "");
  if (!path.includes("%")) return parts;
  try {
    return parts.map(decodeURIComponent);
  } catch (cause) {
    if (!(cause instanceof URIError)) throw cause;
    throw badRequest("the path is not encoded properly");
  }
}

interface Place extends Pick<Subject, "namespace" | "resource" | "subresource" | "name"> {
  /** Segments behind the subresource. */
  readonly more: number;
}

/** Parts of a namespace, not resources in it. */
const namespaceParts: ReadonlySet<string> = new Set(["status", "finalize"]);

/** From the segment at `start` on. */
function placeOf(parts: readonly string[], start: number): Place {
  let namespace = "";
  let at = start;
  if (parts[at] === "namespaces" && parts.length > at + 1) {
    namespace = parts[at + 1] ?? "";
    if (parts.length > at + 2 && !namespaceParts.has(parts[at + 2] ?? "")) at += 2;
  }
  return {
    namespace,
    resource: parts[at] ?? "",
    name: parts[at + 1] ?? "",
    subresource: parts[at + 2] ?? "",
    more: Math.max(0, parts.length - at - 3),
  };
}

/** What follows so many segments, as it came: a proxy passes it on. */
function afterSegments(path: string, count: number): string {
  let at = 0;
  for (let i = 0; i < count; i++) {
    while (path[at] === "/") at++;
    at = path.indexOf("/", at);
  }
  return path.slice(at + 1);
}
