/**
 * Which part of the proxy a request is for, by its path.
 * upstream: staging/src/k8s.io/kubectl/pkg/proxy/proxy_server.go#NewServer
 */
import type { HttpHandler, HttpRequest, HttpResponse } from "#base/http.ts";
import type { Filter } from "./filter.ts";
import { notFound, redirect } from "./files.ts";
import { plainText } from "./forwarding.ts";

export interface Routes {
  /** Each ends with a slash. */
  readonly apiPrefix: string;
  readonly api: HttpHandler;
  /** Lets everything through when absent. */
  readonly filter: Filter | undefined;
  readonly files?: {
    readonly prefix: string;
    /** The path begins with a slash. */
    readonly answer: (path: string) => Promise<HttpResponse>;
  };
}

export const routed = (routes: Routes): HttpHandler => {
  const { apiPrefix, files } = routes;
  const isFile = (path: string): boolean =>
    files !== undefined &&
    path.startsWith(files.prefix) &&
    !(apiPrefix.length > files.prefix.length && path.startsWith(apiPrefix));
  return async (request) => {
    const asked = askedOf(request.target);
    if (!asked) return plainText(400, "400 Bad Request");
    const { path, query } = asked;
    // Nothing may look different to the filter than it does to the server.
    const clean = cleaned(path);
    if (clean !== path) return redirect(encodeURI(clean) + query);
    if (isFile(path)) return await files?.answer(path.slice((files?.prefix.length ?? 0) - 1));
    if (path.startsWith(apiPrefix)) return throughFilter(routes, request, asked);
    const isPrefix = [apiPrefix, files?.prefix].includes(`${path}/`);
    return isPrefix ? redirect(`${encodeURI(path)}/${query}`) : notFound();
  };
};

interface Target {
  /** As it came. */
  readonly raw: string;
  /** Decoded. */
  readonly path: string;
  /** With its question mark. */
  readonly query: string;
}

/** What a URL takes for a slash, for its end, or for nothing at all. */
const ambiguous = /[\\#\s]/;

function askedOf(target: string): Target | undefined {
  const mark = target.indexOf("?");
  const raw = mark < 0 ? target : target.slice(0, mark);
  if (!raw.startsWith("/") || ambiguous.test(raw)) return undefined;
  try {
    const path = decodeURIComponent(raw);
    return { raw, path, query: mark < 0 ? "" : target.slice(mark) };
  } catch {
    return undefined; // What is no percent-encoding is no path.
  }
}

/** Without dots and doubled slashes; a slash at the end stays. */
function cleaned(path: string): string {
  const kept: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") kept.pop();
    else if (part !== "" && part !== ".") kept.push(part);
  }
  const isFolder = /\/\.{0,2}$/.test(path);
  return `/${kept.join("/")}${isFolder && kept.length > 0 ? "/" : ""}`;
}

async function throughFilter(
  { apiPrefix, api, filter }: Routes,
  request: HttpRequest,
  asked: Target,
): Promise<HttpResponse | undefined> {
  const isKept = apiPrefix.startsWith("/api");
  if (!isKept && !asked.raw.startsWith(apiPrefix)) return notFound();
  const strip = (path: string): string => (isKept ? path : `/${path.slice(apiPrefix.length)}`);
  const { method, headers } = request;
  const host = headers["host"] ?? "";
  if (filter && !filter({ method, path: strip(asked.path), host }))
    return plainText(403, "Forbidden"); // exact: kubectl
  return api(withTarget(request, strip(asked.raw) + asked.query));
}

const withTarget = (request: HttpRequest, target: string): HttpRequest => ({
  method: request.method,
  target,
  headers: request.headers,
  peer: request.peer,
  get signal() {
    return request.signal;
  },
  body: (bytesMax) => request.body(bytesMax),
  bodyStream: () => request.bodyStream(),
  ...(request.upgrade ? { upgrade: request.upgrade } : {}),
});
