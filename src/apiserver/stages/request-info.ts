/**
 * What a request asks for, read from its method and path.
 * upstream: staging/src/k8s.io/apiserver/pkg/endpoints/request/requestinfo.go
 */
import { isReason } from "#api/errors.ts";
import type { ApiRequest } from "#api/request.ts";
import { parseFieldSelector } from "#api/selectors.ts";
import type { RequestInfo } from "../context.ts";
import { booleanValue } from "../query-values.ts";
import { type Subject, subjectOf } from "./request-path.ts";

const verbs: Readonly<Record<string, string>> = {
  GET: "get",
  HEAD: "get",
  POST: "create",
  PUT: "update",
  PATCH: "patch",
  DELETE: "delete",
  OPTIONS: "",
};

export function requestInfoOf(request: ApiRequest): RequestInfo {
  const { path, method } = request;
  const subject = subjectOf(path);
  if (!subject) return { ...nothing, verb: method.toLowerCase(), path };
  const { apiVersion, group, version, namespace, resource, subresource, rest } = subject;
  const { verb, name } = wishOf(request, subject);
  return {
    verb,
    isResource: true,
    path,
    apiVersion,
    group,
    version,
    namespace,
    resource,
    subresource,
    name,
    rest,
  };
}

const nothing: RequestInfo = {
  verb: "",
  isResource: false,
  path: "",
  apiVersion: "",
  group: "",
  version: "",
  namespace: "",
  resource: "",
  subresource: "",
  name: "",
  rest: "",
};

/** Without a name, reading is listing or watching, and deleting is deleting many. */
function wishOf({ method, query }: ApiRequest, { name, isOldWatch }: Subject): Wish {
  const verb = isOldWatch ? "watch" : (verbs[method] ?? "");
  if (name !== "") return { verb, name };
  if (verb === "delete") return { verb: "deletecollection", name };
  if (verb !== "get" && verb !== "watch") return { verb, name };
  return {
    verb: isOldWatch || isWatch(query.get("watch")) ? "watch" : "list",
    name: selectedName(query.get("fieldSelector")),
  };
}

type Wish = Pick<RequestInfo, "verb" | "name">;

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
