/**
 * `web:/tmp/a`, `default/web:/tmp/a`, `./a`: one end of a copy, and how its paths are joined.
 * upstream: staging/src/k8s.io/kubectl/pkg/cmd/cp/filespec.go
 */
import { posix } from "node:path";

export interface FileSpec {
  /** Absent: on this machine. */
  readonly pod?: string;
  readonly namespace?: string;
  readonly path: string;
}

/** exact: kubectl, the message */
export function parseFileSpec(text: string): FileSpec {
  const at = text.indexOf(":");
  if (at < 0) return { path: withoutTrailingSlash(text) };
  const [first = "", second, ...more] = text.slice(0, at).split("/");
  const path = withoutTrailingSlash(text.slice(at + 1));
  if (at === 0 || more.length > 0)
    throw new Error("filespec must match the canonical format: [[namespace/]pod:]file/path");
  return second === undefined ? { pod: first, path } : { namespace: first, pod: second, path };
}

const withoutTrailingSlash = (path: string): string =>
  path !== "/" && path.endsWith("/") ? path.slice(0, -1) : path;

/** What `tar` puts before every name when it is asked for this path. */
export function archivePrefix(path: string): string {
  const clean = posix.normalize(path.replace(/^\/+/, "") || ".");
  return withoutTrailingSlash(clean)
    .replace(/^(?:\.\.\/)+/, "")
    .replace(/^\.\.?$/, "");
}

/** Below `folder`, or `folder` itself; undefined when `name` leads out of it. */
export function inside(folder: string, name: string): string | undefined {
  const path = withoutTrailingSlash(posix.join(folder, name));
  const relative = posix.relative(folder, path);
  return relative === ".." || relative.startsWith("../") ? undefined : path;
}
