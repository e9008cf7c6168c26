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

/** What is not known comes as it was. */
export function reasonOf(cause: ConnectionFailure): string {
  const { code = "", message, address = "", port = "", hostname = "" } = cause;
  const certificate = certificateProblems[code];
  if (certificate) return `tls: failed to verify certificate: x509: ${certificate}`;
  switch (code) {
    case "ERR_TLS_CERT_ALTNAME_INVALID":
      return `tls: failed to verify certificate: x509: ${wrongName(cause)}`;
    case "ECONNREFUSED":
      return `dial tcp ${address}:${port}: connect: connection refused`;
    case "EHOSTUNREACH":
      return `dial tcp ${address}:${port}: connect: no route to host`;
    case "ETIMEDOUT":
      return `dial tcp ${address}:${port}: i/o timeout`;
    case "ECONNRESET":
      return message === "socket hang up" ? "EOF" : message;
    case "ERR_SSL_WRONG_VERSION_NUMBER":
    case "ERR_SSL_PACKET_LENGTH_TOO_LONG":
      return "http: server gave HTTP response to HTTPS client";
    case "ENOTFOUND":
      return `dial tcp: lookup ${hostname}: no such host`;
    default:
      return message;
  }
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
