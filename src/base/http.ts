/**
 * HTTP as a port: servers and clients are made by `host/`; everybody else gives and takes these.
 * Header names are in lower case.
 */
import type { Soon } from "./soon.ts";
import type { ByteStream } from "./stream.ts";

export type HttpHeaders = Readonly<Record<string, string | undefined>>;

/** Who is at the other end of a connection. */
export interface HttpPeer {
  /** IP address, without a port. */
  readonly address: string;
  /** The client certificate, when one was sent and its chain verified against the server's CAs. */
  readonly certificate?: PeerCertificate | undefined;
}

export interface PeerCertificate {
  readonly commonName: string;
  readonly organizations: readonly string[];
  /** DER. */
  readonly raw: Uint8Array;
  readonly notAfterMs: number;
}

export interface HttpRequest {
  readonly method: string;
  /** Path and query as they came, percent-encoded. */
  readonly target: string;
  readonly headers: HttpHeaders;
  readonly peer: HttpPeer;
  /** Aborts when the peer goes away before the answer is complete. */
  readonly signal: AbortSignal;
  /** The whole body. Fails with `BodyTooLarge` as soon as more than `bytesMax` have come. */
  readonly body: (bytesMax: number) => Soon<Uint8Array>;
  /** The body as it comes, for proxies. */
  readonly bodyStream: () => AsyncIterable<Uint8Array>;
  /** Set when the peer asks to leave HTTP (`connection: upgrade`). */
  readonly upgrade?: HttpUpgrade;
}

export interface HttpUpgrade {
  /** Answers 101 with these headers and hands over the connection. */
  readonly accept: (headers: HttpHeaders) => ByteStream;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: HttpHeaders;
  /** Whole, in pieces to be sent back to back, or as a stream flushed chunk by chunk. */
  readonly body?: Uint8Array | readonly Uint8Array[] | AsyncIterable<Uint8Array>;
}

/** Returns undefined after it accepted an upgrade. What can be answered at once is. */
export type HttpHandler = (request: HttpRequest) => Soon<HttpResponse | undefined>;

export class BodyTooLarge extends Error {
  override readonly name = "BodyTooLarge";
}

/** Key and certificates in PEM. */
export interface TlsIdentity {
  readonly key: string;
  /** The certificate first, then its issuers. */
  readonly certificate: string;
}

export interface HttpServerOptions {
  readonly address: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** Instead of both: the path of a socket that only this user may use. One that is there gives way. */
  readonly unixSocket?: string | undefined;
  /** Absent: plain HTTP. A function, because certificates rotate while running. */
  readonly tls?: { readonly identity: () => TlsIdentity; readonly clientCas: () => string };
  readonly handler: HttpHandler;
  /** Told what a handler threw: a bug, answered with a bare 500. A process warning when absent. */
  readonly onError?: (cause: unknown) => void;
}

export interface HttpServer extends AsyncDisposable {
  /** 0 of a unix socket. */
  readonly port: number;
  /** New certificates from now on, old connections stay. */
  readonly reloadTls: () => void;
}

export interface HttpCall {
  readonly method: string;
  /** Absolute: https://host:port/path?query, or http+unix://%2Fsocket%2Fpath/path. */
  readonly url: string;
  readonly headers?: HttpHeaders;
  /** Besides those: each value is sent as a header of its own. */
  readonly repeated?: Readonly<Record<string, readonly string[]>>;
  readonly body?: Uint8Array | AsyncIterable<Uint8Array>;
  readonly signal?: AbortSignal;
  readonly tls?: HttpCallTls;
  /** A connection that leaves HTTP is felt for when it was silent for so long. */
  readonly keepAliveMs?: number;
}

export interface HttpCallTls {
  /** PEM; the system's roots when absent. */
  readonly ca?: string;
  readonly identity?: TlsIdentity;
  readonly serverName?: string;
  /** Probes and `--insecure-skip-tls-verify` only. */
  readonly insecure?: true;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: HttpHeaders;
  readonly body: AsyncIterable<Uint8Array>;
}

export interface HttpClient {
  readonly call: (call: HttpCall) => Promise<HttpAnswer>;
  /** Asks to leave HTTP. Resolves with the connection on 101, with the refusal otherwise. */
  readonly upgrade: (
    call: HttpCall,
  ) => Promise<{ readonly answer: HttpAnswer; readonly stream?: ByteStream }>;
}
