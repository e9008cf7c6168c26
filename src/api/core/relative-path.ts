/** Rules for paths that must stay inside a volume. upstream: validation.go#validateLocalDescendingPath */
import { type FieldError, invalid } from "#schema/field-error.ts";

export const isAbsolute = (path: string): boolean => path.startsWith("/");

const hasBackstep = (path: string): boolean => path.split("/").includes("..");

export function* noBacksteps(path: string, at: string): Iterable<FieldError> {
  if (hasBackstep(path)) yield invalid(at, path, "must not contain '..'");
}

/** Neither absolute nor leading out. */
export function* descendingPath(path: string, at: string): Iterable<FieldError> {
  if (isAbsolute(path)) yield invalid(at, path, "must be a relative path");
  yield* noBacksteps(path, at);
}

/** Names that start with two dots are the kubelet's own. */
export function* unreservedPath(path: string, at: string): Iterable<FieldError> {
  yield* descendingPath(path, at);
  if (path.startsWith("..") && !path.startsWith("../")) {
    yield invalid(at, path, "must not start with '..'");
  }
}
