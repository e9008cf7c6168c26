/** Refusals that only a server makes, in upstream's words. */
import { ApiError } from "#api/errors.ts";
import type { RequestInfo } from "./context.ts";
import type { Attributes } from "./authz/authorizer.ts";

/** Nothing is served under this path. exact: apiserver */
export const noSuchResource = (): ApiError =>
  new ApiError("NotFound", "the server could not find the requested resource", { details: {} });

/** The path is there, for other methods. exact: apiserver */
export const methodNotAllowed = (): ApiError =>
  new ApiError(
    "MethodNotAllowed",
    "the server does not allow this method on the requested resource",
    { details: {} },
  );

/** Of what is served under paths that the server did not have from the beginning. exact: apiserver */
export const methodNotSupported = ({ group, resource, verb }: RequestInfo): ApiError =>
  new ApiError(
    "MethodNotAllowed",
    `${verb} is not supported on resources of kind ${JSON.stringify(qualified(group, resource))}`,
    { details: { ...(group === "" ? {} : { group }), kind: resource } },
  );

export const notAcceptable = (accepted: readonly string[]): ApiError =>
  // exact: apiserver
  new ApiError(
    "NotAcceptable",
    `only the following media types are accepted: ${accepted.join(", ")}`,
  );

export const unsupportedMediaType = (accepted: readonly string[]): ApiError =>
  // exact: apiserver
  new ApiError(
    "UnsupportedMediaType",
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(", ")}`,
  );

/** exact: apiserver */
export const tooLarge = (why: string): ApiError =>
  new ApiError("RequestEntityTooLarge", `Request entity too large: ${why}`);

/** upstream: apiserver/pkg/endpoints/handlers/responsewriters/errors.go */
export function forbiddenRequest(attributes: Attributes, reason: string): ApiError {
  const { group, resource, name } = attributes;
  const why = escapeHtml(deniedText(attributes));
  const text = reason === "" ? why : `${why}: ${reason}`;
  if (!attributes.isResource)
    return new ApiError("Forbidden", `forbidden: ${text}`, { details: {} });
  const plural = qualified(group, resource);
  const subject = name === "" ? plural : `${plural} ${JSON.stringify(name)}`;
  return new ApiError("Forbidden", `${subject} is forbidden: ${text}`, {
    details: {
      ...(name === "" ? {} : { name }),
      ...(group === "" ? {} : { group }),
      kind: resource,
    },
  });
}

const qualified = (group: string, resource: string): string =>
  group === "" ? resource : `${resource}.${group}`;

const quote = (text: string): string => JSON.stringify(text);

function deniedText(attributes: Attributes): string {
  const { user, verb, isResource, path, namespace, group, subresource } = attributes;
  if (!isResource) return `User ${quote(user.name)} cannot ${verb} path ${quote(path)}`;
  const resource = attributes.resource + (subresource === "" ? "" : `/${subresource}`);
  const what = `cannot ${verb} resource ${quote(resource)} in API group ${quote(group)}`;
  const where = namespace === "" ? "at the cluster scope" : `in the namespace ${quote(namespace)}`;
  return `User ${quote(user.name)} ${what} ${where}`;
}

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };

const escapeHtml = (text: string): string => text.replace(/[&<>]/g, (char) => entities[char] ?? "");
