/**
 * What a request asks for, read from its method and path.
 * upstream: staging/src/k8s.io/apiserver/pkg/endpoints/request/requestinfo.go
 */
import { badRequest, isReason } from "#api/errors.ts";
import type { ApiRequest } from "#api/request.ts";
import { parseFieldSelector } from "#api/selectors.ts";
import type { RequestInfo } from "../context.ts";
import { booleanValue } from "../query-values.ts";

const verbs: Readonly<Record<string, string>> = {
  GET: "get",
  HEAD: "get",
  POST: "create",
  PUT: "update",
  PATCH: "patch",
  DELETE: "delete",
  OPTIONS: "",
};

/** Parts of a namespace, not resources in it. */
const namespaceParts: ReadonlySet<string> = new Set(["status", "finalize"]);

export function requestInfoOf(request: ApiRequest): RequestInfo {
  const { path, method } = request;
  const subject = collections.get(path) ?? subjectOf(path);
  if (!subject.isResource) return { ...nothing, verb: method.toLowerCase(), path };
  const { isOldWatch, ...info } = subject;
  const verb = isOldWatch ? "watch" : (verbs[method] ?? "");
  return withVerb(request, { ...info, verb });
}

/** All that the path says. */
interface Subject extends Omit<RequestInfo, "verb"> {
  /** `/api/v1/watch/…`. */
  readonly isOldWatch: boolean;
}

/** What stands in one collection is asked for, or made, again and again. */
const collections = new Map<string, Subject>();
const collectionsMax = 512;
const pathLengthMax = 256;

function subjectOf(path: string): Subject {
  const parts = splitPath(path);
  const home = homeOf(parts);
  if (!home) return { ...nothing, path, isOldWatch: false };
  const { group, version, length } = home;
  const isOldWatch = parts[length] === "watch" && parts.length > length + 1;
  const place = placeOf(parts, isOldWatch ? length + 1 : length);
  const { namespace, resource, subresource, name, more } = place;
  const rest = more === 0 ? "" : afterSegments(path, parts.length - more);
  const at = { path, group, version, namespace, resource, subresource, name, rest };
  const subject = { ...at, isResource: true, isOldWatch };
  if (name === "" && path.length <= pathLengthMax) remember(subject);
  return subject;
}

function remember(subject: Subject): void {
  if (collections.size >= collectionsMax) collections.clear();
  collections.set(subject.path, subject);
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

/** What follows so many segments, as it came: a proxy passes it on. */
function afterSegments(path: string, count: number): string {
  let at = 0;
  for (let i = 0; i < count; i++) {
    while (path[at] === "/") at++;
    at = path.indexOf("/", at);
  }
  return path.slice(at + 1);
}

const nothing: RequestInfo = {
  verb: "",
  isResource: false,
  path: "",
  group: "",
  version: "",
  namespace: "",
  resource: "",
  subresource: "",
  name: "",
  rest: "",
};

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

interface Place extends Pick<RequestInfo, "namespace" | "resource" | "subresource" | "name"> {
  /** Segments behind the subresource. */
  readonly more: number;
}

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

/** Without a name, reading is listing or watching, and deleting is deleting many. */
function withVerb({ query }: ApiRequest, info: RequestInfo): RequestInfo {
  const isRead = info.verb === "get" || info.verb === "watch";
  if (info.verb === "delete" && info.name === "") return { ...info, verb: "deletecollection" };
  if (!isRead || (info.name !== "" && info.verb === "get")) return info;
  if (info.name !== "") return info;
  const verb = info.verb === "watch" || isWatch(query.get("watch")) ? "watch" : "list";
  return { ...info, verb, name: selectedName(query.get("fieldSelector")) };
}

const isWatch = (asked: string | null): boolean => asked !== null && booleanValue(asked);

/** Whoever may read one object may also watch it: authorization sees the name. */
function selectedName(fieldSelector: string | null): string {
  if (!fieldSelector?.includes("metadata.name=")) return "";
  try {
    const terms = parseFieldSelector(fieldSelector);
    return terms.find((term) => term.path === nameField && term.operator === "=")?.value ?? "";
  } catch (cause) {
    // What is wrong with it is told by the list, once the caller may know.
    if (!isReason(cause, "BadRequest")) throw cause;
    return "";
  }
}

const nameField = "metadata.name";
