/** Why a server could not be reached, in the words of Go's client where people look for them. */
import { isIP } from "#api/ip-rules.ts";

const unknownAuthority = "certificate signed by unknown authority";

/** exact: crypto/x509, by the codes of OpenSSL */
const certificateProblems: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: "certificate has expired or is not yet valid",
  CERT_NOT_YET_VALID: "certificate has expired or is not yet valid",
  DEPTH_ZERO_SELF_SIGNED_CERT: unknownAuthority,
  SELF_SIGNED_CERT_IN_CHAIN: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownAuthority,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownAuthority,
};

/** As Node's network functions fail. */
export interface ConnectionFailure extends Error {
  readonly code?: string;
  readonly address?: string;
  readonly port?: number;
  readonly hostname?: string;
  /** The name that the certificate was to be for, and the certificate. */
  readonly host?: string;
  readonly cert?: { readonly subjectaltname?: string };
}

/** exact: Go's net and net/http, by the codes of Node */
const words: Readonly<Record<string, (failure: ConnectionFailure) => string>> = {
  ERR_TLS_CERT_ALTNAME_INVALID: (failure) => unverified(wrongName(failure)),
  ECONNREFUSED: ({ address, port }) => `dial tcp ${address}:${port}: connect: connection refused`,
  EHOSTUNREACH: ({ address, port }) => `dial tcp ${address}:${port}: connect: no route to host`,
  ETIMEDOUT: ({ address, port }) => `dial tcp ${address}:${port}: i/o timeout`,
  ECONNRESET: ({ message }) => (message === "socket hang up" ? "EOF" : message),
  ERR_SSL_WRONG_VERSION_NUMBER: () => notTls,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: () => notTls,
  ENOTFOUND: ({ hostname }) => `dial tcp: lookup ${hostname}: no such host`,
};

const notTls = "http: server gave HTTP response to HTTPS client";

const unverified = (why: string): string => `tls: failed to verify certificate: x509: ${why}`;

/** What is not known comes as it was. */
export function reasonOf(failure: ConnectionFailure): string {
  const { code = "", message } = failure;
  const certificate = certificateProblems[code];
  return certificate ? unverified(certificate) : (words[code]?.(failure) ?? message);
}

/** exact: crypto/x509 */
function wrongName({ host = "", cert }: ConnectionFailure): string {
  const alternatives = (cert?.subjectaltname ?? "").split(", ").filter((one) => one !== "");
  const named = (prefix: string): string[] =>
    alternatives.flatMap((one) => (one.startsWith(prefix) ? [one.slice(prefix.length)] : []));
  if (alternatives.length === 0) {
    return "certificate relies on legacy Common Name field, use SANs instead";
  }
  const isAddress = isIP(host);
  const names = isAddress ? named("IP Address:") : named("DNS:");
  if (names.length > 0) return `certificate is valid for ${names.join(", ")}, not ${host}`;
  return isAddress
    ? `cannot validate certificate for ${host} because it doesn't contain any IP SANs`
    : `certificate is not valid for any names, but wanted to match ${host}`;
}
