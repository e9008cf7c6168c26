/** URLs as Go's `url.ParseRequestURI` reads them. upstream: staging/src/k8s.io/apiserver/pkg/cel/library/urls.go */
import { sameSize, traversal } from "#cel/cost/call-cost.ts";
import { Boxed, fail, type Value } from "#cel/values.ts";
import { overload, type Overload } from "./overload.ts";

interface Url {
  readonly scheme: string;
  readonly host: string;
  readonly path: string;
  readonly query: string;
}

class UrlValue extends Boxed {
  readonly typeName = "kubernetes.URL";
  readonly url: Url;
  readonly text: string;
  constructor(url: Url, text: string) {
    super();
    this.url = url;
    this.text = text;
  }
  equals(other: Boxed): boolean {
    return other instanceof UrlValue && other.text === this.text;
  }
}

/** Or what is wrong with it. exact: Go */
export function readUrl(text: string): Url | string {
  const url = split(text);
  const problem = (why: string): string => `parse ${JSON.stringify(text)}: ${why}`;
  if (typeof url === "string") return problem(url);
  const why = hostProblem(url.host) ?? escapeProblem(url.path);
  return why === undefined ? url : problem(why);
}

const whole = /^(?:([A-Za-z][A-Za-z\d+.-]*):)?([^?]*)(?:\?([^]*))?$/;
const withHost = /^\/\/(?:[^/]*@)?([^/@]*)([^]*)$/;

function split(text: string): Url | string {
  if (text === "") return "empty url";
  // oxlint-disable-next-line no-control-regex -- these are what must not be there
  if (/[\u0000-\u001f\u007f]/.test(text)) return "net/url: invalid control character in URL";
  const [, scheme, before = "", query = ""] = whole.exec(text) ?? [];
  if (scheme === undefined)
    return before.startsWith("/")
      ? { scheme: "", host: "", path: before, query }
      : "invalid URI for request";
  const opaque = { scheme: scheme.toLowerCase(), host: "", path: "", query };
  if (!before.startsWith("/")) return opaque;
  const [, host = "", path = before] = withHost.exec(before) ?? [];
  return { ...opaque, host, path };
}

function hostProblem(host: string): string | undefined {
  if (host.startsWith("[")) {
    const [, port] = /^\[[^\]]*\](.*)$/.exec(host) ?? [];
    if (port === undefined) return "missing ']' in host";
    if (!/^(?::\d*)?$/.test(port)) return `invalid port ${JSON.stringify(port)} after host`;
    return undefined;
  }
  const colon = host.indexOf(":");
  if (colon >= 0 && !/^:\d*$/.test(host.slice(colon)))
    return `invalid port ${JSON.stringify(host.slice(colon))} after host`;
  const bad = /[ "<>\\^`{}|]/.exec(host)?.[0];
  return bad === undefined ? undefined : `invalid character ${JSON.stringify(bad)} in host name`;
}

function escapeProblem(path: string): string | undefined {
  const bad = /%(?![\dA-Fa-f]{2}).{0,2}/s.exec(path)?.[0];
  return bad === undefined ? undefined : `invalid URL escape ${JSON.stringify(bad)}`;
}

/** Characters that may not stand in a path are escaped; what is escaped stays so. */
const escapedPath = (path: string): string =>
  path.toWellFormed().replaceAll(/[^\w!$&'()*+,;=:@/\-.~%[\]]/gu, encodeURIComponent);

function queryMap(query: string): Value {
  const map = new Map<string, string[]>();
  for (const part of query.split("&")) {
    if (part === "" || part.includes(";")) continue;
    const [, name = "", value = ""] = /^([^=]*)=?([^]*)$/.exec(part) ?? [];
    const [key, text] = [unescape(name), unescape(value)];
    if (key === undefined || text === undefined) continue;
    map.set(key, [...(map.get(key) ?? []), text]);
  }
  return map;
}

/** Undefined when an escape is wrong. Bytes that are no UTF-8 are replaced. */
const unescape = (text: string): string | undefined => {
  if (escapeProblem(text) !== undefined) return undefined;
  const bytes = text
    .replaceAll("+", " ")
    .split(/(%[\dA-Fa-f]{2})/)
    .map((part, i) => (i % 2 === 1 ? Buffer.from(part.slice(1), "hex") : Buffer.from(part)));
  return Buffer.concat(bytes).toString();
};

const hostname = (host: string): string =>
  /^\[([^\]]*)\]/.exec(host)?.[1] ?? host.replace(/:\d*$/, "");

const accessors: Readonly<Record<string, (url: Url) => string>> = {
  getScheme: ({ scheme }) => scheme,
  getHost: ({ host }) => host,
  getHostname: ({ host }) => hostname(host),
  getPort: ({ host }) => /:(\d*)$/.exec(host)?.[1] ?? "",
  getEscapedPath: ({ path }) => escapedPath(path),
};

const reading = { cost: traversal(0, { size: sameSize }) };

export const urlFunctions: readonly Overload[] = [
  overload(
    "url",
    "(string): kubernetes.URL",
    (text: string) => {
      const url = readUrl(text);
      return typeof url === "string"
        ? fail(`URL parse error during conversion from string: ${url}`)
        : new UrlValue(url, text);
    },
    reading,
  ),
  overload("isURL", "(string): bool", (text: string) => typeof readUrl(text) !== "string"),
  ...Object.entries(accessors).map(([name, read]) =>
    overload(name, "kubernetes.URL.(): string", ({ url }: UrlValue) => read(url)),
  ),
  overload("getQuery", "kubernetes.URL.(): map(string, list(string))", ({ url }: UrlValue) =>
    queryMap(url.query),
  ),
];
