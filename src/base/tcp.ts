/** Plain connections as a port: probes, port forwarding, DNS over TCP. */
import type { ByteStream } from "./stream.ts";

export interface TcpAddress {
  /** A name or an address. */
  readonly host: string;
  readonly port: number;
}

/** Rejects when nobody answers, or when `signal` aborts; a signal that aborts later does nothing. */
export type Connect = (
  address: TcpAddress | UnixAddress,
  signal: AbortSignal,
) => Promise<ByteStream>;

export interface UnixAddress {
  /** Of a unix socket. */
  readonly path: string;
}

export interface ListenOptions {
  readonly address: string;
  /** 0 picks a free one. */
  readonly port: number;
  readonly connected: (stream: ByteStream, peer: { readonly address: string }) => void;
}

export interface Listener extends AsyncDisposable {
  readonly port: number;
}

export type Listen = (options: ListenOptions) => Promise<Listener>;
