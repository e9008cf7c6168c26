/**
 * What is answered where nothing is served. Paths of the server's own groups are its own to refuse, with a Status;
 * what else nobody knows gets the page of Go's HTTP server, as do groups of custom resources.
 * upstream: apiserver/pkg/server/handler.go, kube-aggregator and apiextensions-apiserver as its delegates
 */
import { type ApiError, notFound } from "#api/errors.ts";
import type { ApiResponse } from "#api/request.ts";
import type { Context } from "./context.ts";
import { methodNotAllowed, methodNotSupported, noSuchResource } from "./refusals.ts";
import { plainError } from "./responses.ts";

/** Throws NotFound where a Status is due. */
export function nothingAt({ info, kinds }: Pick<Context, "info" | "kinds">): ApiResponse {
  const [root, group = "", ...more] = info.path.split("/").slice(1);
  const isOwn = root === "apis" && more.length > 0 && kinds.isOwnGroup(group);
  if (isOwn || root === "api" || root === "version") throw noSuchResource();
  return pageNotFound();
}

/** exact: net/http */
export const pageNotFound = (): ApiResponse => plainError("404 page not found\n", 404);

/** A part that objects of the kind do not have. */
export function noSuchPart({ info, kinds, kind }: Context): ApiError {
  if (!kind || kinds.isOwnGroup(info.group)) return noSuchResource();
  return notFound(kind, info.name);
}

/** The kind is served, but not in this way. */
export const notAllowed = ({ info, kinds }: Context): ApiError =>
  kinds.isOwnGroup(info.group) ? methodNotAllowed() : methodNotSupported(info);
