/** Who is at the other end of a connection. */
import { isIP, type Socket } from "node:net";
import { TLSSocket, type PeerCertificate as NodeCertificate } from "node:tls";
import type { HttpPeer, PeerCertificate } from "#base/http.ts";

const peerKey = Symbol("peer");

interface PeerSocket extends Socket {
  [peerKey]?: HttpPeer;
}

/** Worked out once per connection. */
export const peerOf = (socket: PeerSocket): HttpPeer =>
  (socket[peerKey] ??= new SocketPeer(socket));

class SocketPeer implements HttpPeer {
  readonly #socket: PeerSocket;
  readonly address: string;
  #certificate: PeerCertificate | false | undefined;

  constructor(socket: PeerSocket) {
    this.#socket = socket;
    this.address = plainAddress(socket.remoteAddress ?? "");
  }

  get certificate(): PeerCertificate | undefined {
    this.#certificate ??= verifiedCertificate(this.#socket) ?? false;
    return this.#certificate || undefined;
  }
}

/** A dual-stack socket writes IPv4 addresses as IPv6. */
const plainAddress = (address: string): string => {
  const v4 = address.startsWith("::ffff:") ? address.slice("::ffff:".length) : address;
  return isIP(v4) === 4 ? v4 : address;
};

function verifiedCertificate(socket: PeerSocket): PeerCertificate | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined;
  const certificate = socket.getPeerCertificate() as Partial<NodeCertificate>;
  if (!certificate.raw || !certificate.subject) return undefined;
  const { CN, O } = certificate.subject as Record<string, string | string[] | undefined>;
  return {
    commonName: [CN].flat().at(-1) ?? "",
    organizations: O === undefined ? [] : [O].flat(),
    raw: certificate.raw,
    notAfterMs: Date.parse(certificate.valid_to ?? ""),
  };
}
