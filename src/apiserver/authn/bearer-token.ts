/**
 * The token that a request brings: in the Authorization header, or, as browsers cannot set that on
 * a WebSocket, among the subprotocols it offers.
 * upstream: staging/src/k8s.io/apiserver/pkg/authentication/request/{bearertoken,websocket}
 */
import { ApiError } from "#api/errors.ts";
import { byHeaders } from "#base/by-headers.ts";

const protocolPrefix = "base64url.bearer.authorization.k8s.io.";

/** Of the same headers the same text: then looking it up takes no reading of it. */
export const bearerToken = byHeaders((headers): string | undefined => {
  const [scheme = "", ...rest] = (headers["authorization"] ?? "").trim().split(" ");
  const token = scheme.toLowerCase() === "bearer" ? rest.join(" ").trim() : "";
  return token === "" ? protocolToken(headers["sec-websocket-protocol"]) : token;
});

/** Throws Unauthorized when it cannot be read, or is not alone. */
function protocolToken(header: string | undefined): string | undefined {
  const [first, ...others] = offered(header).filter((name) => name.startsWith(protocolPrefix));
  if (first === undefined) return undefined;
  const encoded = first.slice(protocolPrefix.length);
  if (others.length > 0 || !/^[A-Za-z0-9_-]+$/.test(encoded))
    throw new ApiError("Unauthorized", "invalid bearer token in the WebSocket protocols");
  return Buffer.from(encoded, "base64url").toString();
}

const offered = (header: string | undefined): readonly string[] =>
  header === undefined ? [] : header.split(",").map((name) => name.trim());

/** The subprotocols without the token: what others may see. */
export const withoutToken = (header: string): string =>
  offered(header)
    .filter((name) => !name.startsWith(protocolPrefix))
    .join(", ");
