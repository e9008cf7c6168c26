/**
 * Who asks, in headers that a front proxy vouches for: written for extension servers, and read from
 * whoever has a certificate of the front proxy's authority.
 * upstream: apiserver/pkg/authentication/request/headerrequest, client-go/transport/round_trippers.go
 */
import { X509Certificate } from "node:crypto";
import { ApiError } from "#api/errors.ts";
import type { ApiRequest, User } from "#api/request.ts";
import type { PeerCertificate } from "#base/http.ts";
import { authenticated } from "./groups.ts";

const extraPrefix = "x-remote-extra-";

type RemoteHeaders = Readonly<Record<string, readonly string[]>>;

/** By what the user is known elsewhere. Each value is a header of its own. */
export function remoteHeaders({ name, uid, groups, extra = {} }: User): RemoteHeaders {
  const extras = Object.entries(extra).map(
    ([key, values]) => [`${extraPrefix}${escaped(key)}`, values] as const,
  );
  return {
    "x-remote-user": [name],
    ...(uid ? { "x-remote-uid": [uid] } : {}),
    ...(groups.length > 0 ? { "x-remote-group": groups } : {}),
    ...Object.fromEntries(extras),
  };
}

/** Header names take few characters. */
const escaped = (key: string): string =>
  key.replace(/[^a-zA-Z0-9!#$&'*+.^_`|~-]/g, (text) => encodeURIComponent(text)).toLowerCase();

export interface FrontProxy {
  /** PEM: who signs the certificates of front proxies. */
  readonly ca: () => string;
  /** Any when there are none. */
  readonly names: readonly string[];
}

/** Of our own. exact: kubeadm */
export const frontProxyNames: readonly string[] = ["front-proxy-client"];

/** Whether the certificate is a front proxy's: then it speaks for nobody but whom its headers name. */
function isFrontProxy({ ca }: FrontProxy, certificate: PeerCertificate): boolean {
  const known = issued.get(certificate);
  if (known?.ca === ca()) return known.isOurs;
  const authority = new X509Certificate(ca());
  const leaf = new X509Certificate(certificate.raw);
  const isOurs = leaf.checkIssued(authority) && leaf.verify(authority.publicKey);
  issued.set(certificate, { ca: ca(), isOurs });
  return isOurs;
}

const issued = new WeakMap<PeerCertificate, { readonly ca: string; readonly isOurs: boolean }>();

/** Undefined when it is no front proxy that asks. Throws Unauthorized when it may not, or names nobody. */
export function proxiedUser(proxy: FrontProxy, request: ApiRequest): User | undefined {
  const { caller, headers } = request;
  const certificate = caller.is === "peer" ? caller.peer.certificate : undefined;
  if (!certificate || !isFrontProxy(proxy, certificate)) return undefined;
  const { names } = proxy;
  const { commonName } = certificate;
  if (names.length > 0 && !names.includes(commonName)) {
    throw new ApiError("Unauthorized", `x509: subject with cn=${commonName} is not allowed`);
  }
  const name = headers["x-remote-user"] ?? "";
  // Its certificate speaks for nobody by itself.
  if (name === "") throw new ApiError("Unauthorized", "the front proxy names nobody");
  const uid = headers["x-remote-uid"] ?? "";
  return authenticated({
    name,
    ...(uid === "" ? {} : { uid }),
    groups: valuesOf(headers["x-remote-group"]),
    ...extraOf(headers),
  });
}

/** Repeated headers come joined by commas. */
const valuesOf = (header: string | undefined): readonly string[] =>
  header === undefined || header === "" ? [] : header.split(",").map((value) => value.trim());

function extraOf(headers: ApiRequest["headers"]): Pick<User, "extra"> {
  const found = Object.entries(headers).filter(([header]) => header.startsWith(extraPrefix));
  if (found.length === 0) return {};
  const entries = found.map(
    ([header, value]) => [unescaped(header.slice(extraPrefix.length)), valuesOf(value)] as const,
  );
  return { extra: Object.fromEntries(entries) };
}

function unescaped(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch (cause) {
    if (!(cause instanceof URIError)) throw cause;
    return key;
  }
}
