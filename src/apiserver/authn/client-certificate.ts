/**
 * Who a verified client certificate speaks for: the common name is the user, the organizations are
 * the groups. TLS verified the chain at the handshake; connections outlive certificates, so the
 * expiry is looked at again with every request.
 * upstream: staging/src/k8s.io/apiserver/pkg/authentication/request/x509/x509.go
 */
import { createHash } from "node:crypto";
import type { ApiRequest, User } from "#api/request.ts";
import type { Clock } from "#base/clock.ts";
import type { PeerCertificate } from "#base/http.ts";
import { ApiError } from "#api/errors.ts";
import { authenticated, credentialId } from "./groups.ts";

/** One user per certificate object, so that what is derived from a user can be remembered by it. */
const users = new WeakMap<PeerCertificate, User>();

export function certificateUser({ caller }: ApiRequest, clock: Clock): User | undefined {
  const certificate = caller.is === "peer" ? caller.peer.certificate : undefined;
  if (!certificate || certificate.commonName === "") return undefined;
  if (certificate.notAfterMs < clock.now())
    throw new ApiError("Unauthorized", "x509: certificate has expired");
  const known = users.get(certificate);
  if (known) return known;
  const user = userOf(certificate);
  users.set(certificate, user);
  return user;
}

const userOf = ({ commonName, organizations, raw }: PeerCertificate): User =>
  authenticated({
    name: commonName,
    groups: organizations,
    extra: { [credentialId]: [`X509SHA256=${createHash("sha256").update(raw).digest("hex")}`] },
  });
